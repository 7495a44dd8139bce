#include "services/webhook-ingest/answer.h"

#include <fmt/format.h>

#include <array>
#include <utility>

namespace tajo::ingest {
namespace {

struct Line {
  std::string_view name;
  int status;
  std::string_view error;        // empty: accepted
  std::string_view retry_after;  // seconds; empty: not said
};

// In the order of the enum.
constexpr std::array<Line, kOutcomes> kLines{{
    {"stored", 202, "", ""},
    {"duplicate", 200, "", ""},
    {"ignored", 202, "", ""},
    {"quarantined", 202, "", ""},
    {"unauthenticated", 401, "not authentic, or no such connection", ""},
    {"unreadable", 400, "the body isn't a JSON object", ""},
    {"too_large", 413, "the body is larger than 25 MB", ""},
    {"unavailable", 503, "can't be stored now; send it again", "5"},
    {"full", 503, "the connection's backlog is full; send it again later", "60"},
}};

const Line& LineOf(Outcome outcome) {
  return kLines.at(static_cast<std::size_t>(outcome));
}

}  // namespace

std::string_view NameOf(Outcome outcome) {
  return LineOf(outcome).name;
}

net::ServerResponse AnswerTo(Outcome outcome) {
  const Line& line = LineOf(outcome);
  if (!line.error.empty()) {
    net::ServerResponse response = Refusal(line.status, line.error);
    if (!line.retry_after.empty()) response.headers.Add("Retry-After", std::string(line.retry_after));
    return response;
  }
  net::ServerResponse response;
  response.status = line.status;
  response.headers.Add("Content-Type", "application/json");
  response.body.append(R"({"status":")").append(line.name).append(R"("})");
  return response;
}

net::ServerResponse Refusal(int status, std::string_view error) {
  net::ServerResponse response;
  response.status = status;
  response.headers.Add("Content-Type", "application/json");
  response.body = fmt::format(R"({{"error":"{}"}})", error);
  return response;
}

net::ServerResponse Text(int status, std::string body) {
  net::ServerResponse response;
  response.status = status;
  response.headers.Add("Content-Type", "text/plain; charset=utf-8");
  response.headers.Add("Cache-Control", "no-store");
  response.body = std::move(body);
  return response;
}

}  // namespace tajo::ingest
