#include "common/redis/refusal.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "absl/strings/cord.h"
#include "common/base/error.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::redis {
namespace {

namespace v1 = ::tajo::jira::v1;

constexpr char kWordUrl[] = "tajo.io/redis-word";
constexpr char kRedirectUrl[] = "tajo.io/redis-redirect";
constexpr std::size_t kMaxWord = 64;
constexpr std::size_t kMaxDetail = 120;

constexpr std::array<std::string_view, 7> kPassing = {"LOADING",     "BUSY",     "READONLY",  "MASTERDOWN",
                                                      "CLUSTERDOWN", "TRYAGAIN", "NOREPLICAS"};

absl::Cord ToCord(std::string_view text) {
  return absl::Cord(absl::string_view(text.data(), text.size()));
}

std::string Payload(const absl::Status& status, const char* url) {
  const auto payload = status.GetPayload(url);
  return payload ? std::string(*payload) : std::string();
}

// "ERR" alone tells nothing, but the text after it may quote arguments: what stands before the
// first quote doesn't.
std::string_view Harmless(std::string_view detail) {
  detail = detail.substr(0, std::min(detail.find_first_of("'`\""), kMaxDetail));
  while (!detail.empty() && (detail.back() == ' ' || detail.back() == ':')) detail.remove_suffix(1);
  return detail;
}

}  // namespace

absl::Status Refusal(std::string_view command_name, std::string_view error) {
  const std::size_t space = error.find(' ');
  const std::string_view word = error.substr(0, std::min(space, kMaxWord));
  const std::string_view rest = space == std::string_view::npos ? std::string_view() : error.substr(space + 1);

  absl::Status status;
  if (std::find(kPassing.begin(), kPassing.end(), word) != kPassing.end()) {
    status =
        base::Error(v1::REDIS_UNAVAILABLE, fmt::format("Redis can't run {} now: {}; try again", command_name, word));
  } else if (const std::string_view detail = Harmless(rest); word == "ERR" && !detail.empty()) {
    status = base::Error(v1::REDIS_REFUSED, fmt::format("Redis refused {}: ERR {}", command_name, detail));
  } else {
    status = base::Error(v1::REDIS_REFUSED, fmt::format("Redis refused {}: {}", command_name, word));
  }
  status = WithRefusalWord(std::move(status), word);
  if (word == "MOVED" || word == "ASK") status.SetPayload(kRedirectUrl, ToCord(rest));
  return status;
}

absl::Status WithRefusalWord(absl::Status status, std::string_view word) {
  status.SetPayload(kWordUrl, ToCord(word));
  return status;
}

std::string RefusalWord(const absl::Status& status) {
  return Payload(status, kWordUrl);
}

std::string RedirectOf(const absl::Status& status) {
  return Payload(status, kRedirectUrl);
}

}  // namespace tajo::redis
