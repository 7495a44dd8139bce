#include "common/jira/limits.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <string>
#include <string_view>
#include <vector>

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

// One item of RateLimit or RateLimit-Policy: "global-app-quota";r=11000;t=600
struct Policy {
  std::string_view name;
  std::map<char, double> values;
  bool IsQuota() const { return name.find("quota") != std::string_view::npos; }
  bool IsGlobal() const { return IsQuota() && name.find("global") != std::string_view::npos; }
};

std::string_view CutAt(std::string_view& rest, char separator) {
  const std::size_t at = rest.find(separator);
  const std::string_view part = rest.substr(0, at);
  rest = at == std::string_view::npos ? std::string_view() : rest.substr(at + 1);
  return part;
}

std::vector<Policy> ReadPolicies(std::optional<std::string_view> header) {
  std::vector<Policy> policies;
  std::string_view rest = header.value_or("");
  while (!rest.empty()) {
    std::string_view items = CutAt(rest, ',');
    Policy& policy = policies.emplace_back();
    policy.name = CutAt(items, ';');
    while (!items.empty()) {
      std::string_view item = CutAt(items, ';');
      while (item.starts_with(' ')) item.remove_prefix(1);
      if (item.size() < 3 || item[1] != '=') continue;
      const auto number = WholeNumber(item.substr(2));
      if (number && *number >= 0) policy.values[item[0]] = static_cast<double>(*number);
    }
  }
  return policies;
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
  std::optional<PointsLeft> least;
  for (const Policy& policy : ReadPolicies(headers.Find("RateLimit"))) {
    const auto remaining = policy.values.find('r');
    if (remaining == policy.values.end() || !policy.IsQuota()) continue;
    PointsLeft left;
    left.whole_app = policy.IsGlobal();
    left.remaining = remaining->second;
    if (const auto resets = policy.values.find('t'); resets != policy.values.end()) {
      left.resets_in = seconds(static_cast<int64_t>(std::min(resets->second, 86'400.0)));
    }
    if (!least || left.remaining < least->remaining) least = left;
  }
  return least;
}

PointsWord ReadPointsWord(int status, const net::Headers& headers) {
  PointsWord word;
  for (const char* prefix : {"", "Beta-"}) {
    for (const Policy& policy : ReadPolicies(headers.Find(std::string(prefix) + "RateLimit-Policy"))) {
      const auto quota = policy.values.find('q');
      if (policy.IsGlobal() && quota != policy.values.end() && !word.quota) word.quota = quota->second;
    }
    for (const Policy& policy : ReadPolicies(headers.Find(std::string(prefix) + "RateLimit"))) {
      const auto remaining = policy.values.find('r');
      if (policy.IsGlobal() && remaining != policy.values.end() && !word.remaining) word.remaining = remaining->second;
    }
  }
  // These tell of whatever was nearest to its limit: bursts are below this. On a 429 they may be of anything.
  constexpr int64_t kLeastQuota = 1000;
  for (const std::string prefix : {"X-RateLimit-", "X-Beta-RateLimit-"}) {
    if (word.remaining || status == 429) break;
    const auto limit = headers.Find(prefix + "Limit");
    const auto left = headers.Find(prefix + "Remaining");
    const auto quota = limit ? WholeNumber(*limit) : std::nullopt;
    const auto remaining = left ? WholeNumber(*left) : std::nullopt;
    if (!quota || !remaining || *quota < kLeastQuota || *remaining < 0) continue;
    if (!word.quota) word.quota = static_cast<double>(*quota);
    word.remaining = static_cast<double>(*remaining);
  }
  return word;
}

}  // namespace tajo::jira
