#include "common/jira/limits.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>

#include "common/json/time.h"

namespace tajo::jira {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr milliseconds kShortest{1000};
constexpr milliseconds kLongest = std::chrono::hours(24);
constexpr milliseconds kDefaultBurstWait{2000};

struct Override {
  std::string_view endpoint;
  net::Method method;
  double per_second;
};
constexpr std::array<Override, 5> kOverrides{{
    {"issue/{id}", net::Method::kGet, 150},
    {"issue/{id}/changelog", net::Method::kGet, 200},
    {"user", net::Method::kGet, 150},
    {"search/approximate-count", net::Method::kPost, 150},
    {"servicedesk/{id}/customer", net::Method::kGet, 5},
}};

std::optional<int64_t> WholeNumber(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  int64_t value = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || result.ec != std::errc() || result.ptr != text.data() + text.size()) return std::nullopt;
  return value;
}

milliseconds UntilNextHour(base::WallTime now) {
  const auto next = std::chrono::floor<std::chrono::hours>(now) + std::chrono::hours(1);
  return std::chrono::ceil<milliseconds>(next - now);
}

RateVerdict::Scope ScopeOf(std::string_view reason) {
  if (reason.find("quota-global") != std::string_view::npos) return RateVerdict::Scope::kApp;
  if (reason.find("quota") != std::string_view::npos || reason.find("cost-based") != std::string_view::npos) {
    return RateVerdict::Scope::kSite;
  }
  if (reason.find("per-issue") != std::string_view::npos) return RateVerdict::Scope::kIssue;
  return RateVerdict::Scope::kEndpoint;
}

// Retry-After is in seconds, never a date; X-RateLimit-Reset is a time, often without its seconds.
std::optional<milliseconds> StatedWait(const net::Headers& headers, base::WallTime now) {
  if (const auto after = headers.Find("Retry-After")) {
    if (const auto number = WholeNumber(*after); number && *number >= 0) {
      return seconds(std::min<int64_t>(*number, std::chrono::duration_cast<seconds>(kLongest).count()));
    }
  }
  if (const auto reset = headers.Find("X-RateLimit-Reset")) {
    if (const auto at = json::ParseJiraTime(*reset)) {
      const int64_t wait = *at - base::ToMillis(now);
      if (wait > 0) return milliseconds(wait);
    }
  }
  return std::nullopt;
}

}  // namespace

BurstLimit PublishedBurst(const Call& call) {
  for (const Override& entry : kOverrides) {
    if (entry.endpoint == call.endpoint && entry.method == call.method) return {entry.per_second};
  }
  const bool is_slow = call.method == net::Method::kPut || call.method == net::Method::kDelete;
  return {is_slow ? 50.0 : 100.0};
}

std::optional<RateVerdict> ReadRateLimit(int status, const net::Headers& headers, base::WallTime now) {
  const std::optional<milliseconds> stated = StatedWait(headers, now);
  if (status != 429 && !(status == 503 && headers.Find("Retry-After"))) return std::nullopt;
  RateVerdict verdict;
  const auto reason = headers.Find("RateLimit-Reason");
  if (reason) verdict.scope = ScopeOf(*reason);
  const bool is_points = verdict.scope == RateVerdict::Scope::kApp || verdict.scope == RateVerdict::Scope::kSite;
  verdict.wait = stated.value_or(is_points ? UntilNextHour(now) : kDefaultBurstWait);
  verdict.wait = std::clamp(verdict.wait, kShortest, kLongest);
  return verdict;
}

std::optional<PointsLeft> ReadPointsLeft(const net::Headers& headers) {
  const auto header = headers.Find("RateLimit");
  if (!header) return std::nullopt;
  // "global-app-quota";r=11000;t=600,"jira-burst-based";r=3;t=1
  std::string_view rest = *header;
  std::optional<PointsLeft> least;
  while (!rest.empty()) {
    const std::size_t comma = rest.find(',');
    std::string_view policy = rest.substr(0, comma);
    rest = comma == std::string_view::npos ? std::string_view() : rest.substr(comma + 1);
    if (policy.find("quota") == std::string_view::npos) continue;
    PointsLeft left;
    left.whole_app = policy.find("global") != std::string_view::npos;
    bool has_remaining = false;
    while (!policy.empty()) {
      const std::size_t semicolon = policy.find(';');
      std::string_view item = policy.substr(0, semicolon);
      policy = semicolon == std::string_view::npos ? std::string_view() : policy.substr(semicolon + 1);
      while (!item.empty() && item.front() == ' ') item.remove_prefix(1);
      if (item.size() < 3 || item[1] != '=') continue;
      const auto number = WholeNumber(item.substr(2));
      if (!number || *number < 0) continue;
      if (item[0] == 'r') {
        left.remaining = static_cast<double>(*number);
        has_remaining = true;
      } else if (item[0] == 't') {
        left.resets_in = seconds(std::min<int64_t>(*number, 86'400));
      }
    }
    if (has_remaining && (!least || left.remaining < least->remaining)) least = left;
  }
  return least;
}

}  // namespace tajo::jira
