#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "common/base/error.h"
#include "common/brevo/decode.h"
#include "common/brevo/errors.h"
#include "common/json/parse.h"
#include "common/json/reader.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::brevo {
namespace {

namespace v1 = ::tajo::jira::v1;
using json::Reader;

// `{"errors":[{"eventIndex":[0,4],"message":"..."}]}`: indexes are grouped by message.
std::vector<EventError> ReadErrors(const Reader& reader, std::size_t sent) {
  std::vector<EventError> errors;
  std::set<std::size_t> seen;
  for (const Reader& group : reader.Items("errors")) {
    const std::string message = group.String("message").value_or("");
    for (const Reader& item : group.Items("eventIndex")) {
      const auto index = item.Int64();
      if (!index || *index < 0 || static_cast<std::size_t>(*index) >= sent) continue;
      if (seen.insert(static_cast<std::size_t>(*index)).second) {
        errors.push_back({static_cast<std::size_t>(*index), message});
      }
    }
  }
  std::sort(errors.begin(), errors.end(), [](const auto& a, const auto& b) { return a.index < b.index; });
  return errors;
}

std::vector<std::size_t> AllBut(const std::vector<EventError>& rejected, std::size_t sent) {
  std::vector<std::size_t> rest;
  auto next = rejected.begin();
  for (std::size_t i = 0; i < sent; ++i) {
    if (next != rejected.end() && next->index == i) {
      ++next;
    } else {
      rest.push_back(i);
    }
  }
  return rest;
}

}  // namespace

absl::StatusOr<EventsOutcome> DecodeBatch(const net::HttpResponse& response, std::size_t sent) {
  if (response.status != 202 && response.status != 207 && response.status != 400) {
    return ErrorFrom(response, "send events");
  }
  const auto document = json::ParseJson(response.body, v1::BREVO_RESPONSE_INVALID);
  if (!document.ok()) {
    return response.status == 400 ? ErrorFrom(response, "send events") : document.status();
  }
  const Reader reader(*document, v1::BREVO_RESPONSE_INVALID);
  EventsOutcome outcome;
  outcome.rejected = ReadErrors(reader, sent);
  if (response.status == 400) {
    // Two shapes: about the events, or {code, message} about the call as a whole.
    if (outcome.rejected.empty()) return ErrorFrom(response, "send events");
    if (const int64_t taken = reader.Int64("successful_events").value_or(0); taken > 0) {
      outcome.accepted = static_cast<std::size_t>(taken);
      outcome.count_differs = outcome.accepted + outcome.rejected.size() != sent;
    } else {
      outcome.not_taken = AllBut(outcome.rejected, sent);
    }
    return outcome;
  }
  const auto count = response.status == 202 ? reader.Int64("count") : reader.Int64("successful_events");
  if (!count || *count < 0) {
    return base::Error(v1::BREVO_RESPONSE_INVALID,
                       fmt::format("send events: Brevo answered {} without a count", response.status));
  }
  outcome.accepted = static_cast<std::size_t>(*count);
  outcome.count_differs = outcome.accepted + outcome.rejected.size() != sent;
  return outcome;
}

}  // namespace tajo::brevo
