#include "simulators/jira/limits.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

namespace tajo::jira_sim {
namespace {

constexpr Millis kHour = 3'600'000;
// What was on its way when the 429 was given.
constexpr Millis kGrace = 250;
constexpr std::string_view kBurst = "jira-burst-based";
constexpr std::string_view kQuota = "jira-quota-global-based";
constexpr std::string_view kPerIssue = "jira-per-issue-on-write";

int RatePerSecond(std::string_view method, std::string_view pattern) {
  constexpr std::array<std::pair<std::string_view, int>, 4> kSpecial{{{"GET /api/issue/{}", 150},
                                                                      {"GET /api/issue/{}/changelog", 200},
                                                                      {"GET /api/user", 150},
                                                                      {"POST /api/search/approximate-count", 150}}};
  const std::string name = fmt::format("{} {}", method, pattern);
  for (const auto& [special, rate] : kSpecial) {
    if (name == special) return rate;
  }
  return method == "PUT" || method == "DELETE" ? 50 : 100;
}

std::string KeyOf(std::string_view reason, const Call& call, std::string_view pattern) {
  if (reason.starts_with("jira-quota")) return "app";
  return fmt::format("{} {}", call.method, pattern);
}

std::string IsoTime(Millis time) {
  return fmt::format("{}T{:02}:{:02}Z", FormatDate(time), time / kHour % 24, time / 60'000 % 60);
}

Answer TooMany(std::string_view reason, int64_t retry_after_s, int64_t limit, Millis reset) {
  Answer answer = Refusal(429, "Rate limit exceeded.");
  answer.headers.Add("Retry-After", std::to_string(retry_after_s));
  answer.headers.Add("RateLimit-Reason", std::string(reason));
  answer.headers.Add("X-RateLimit-Limit", std::to_string(limit));
  answer.headers.Add("X-RateLimit-Remaining", "0");
  answer.headers.Add("X-RateLimit-Reset", IsoTime(reset));
  return answer;
}

}  // namespace

void Limits::RollHour(Millis now) {
  if (now / kHour == hour_) return;
  hour_ = now / kHour;
  used_ = 0;
}

void Limits::SetUsed(int64_t used, Millis now) {
  RollHour(now);
  used_ = used;
}

void Limits::Pause(std::string_view reason, const Call& call, std::string_view pattern, int64_t retry_after_s,
                   Millis now) {
  if (retry_after_s <= 0) return;
  Silence& silence = silences_[KeyOf(reason, call, pattern)];
  // A later 429 within the silence doesn't excuse those who are early.
  if (silence.until <= now) silence.since = now;
  silence.until = std::max(silence.until, now + retry_after_s * 1000);
}

void Limits::CountEarly(const std::string& key, const Call& call, Millis now) {
  const auto found = silences_.find(key);
  if (found == silences_.end() || now >= found->second.until || now <= found->second.since + kGrace) return;
  violations_.Count("request_before_retry_after",
                    fmt::format("{} {}: {} ms early, {} ms after the 429", call.method, call.path,
                                found->second.until - now, now - found->second.since));
}

std::optional<Answer> Limits::AdmitWrite(const Call& call, Millis now) {
  if (call.parameters.empty() || (call.method != "PUT" && call.method != "DELETE" && call.method != "POST")) {
    return std::nullopt;
  }
  std::deque<Millis>& writes = issue_writes_[call.parameters[0]];
  while (!writes.empty() && writes.front() <= now - 30'000) writes.pop_front();
  const auto recent = std::count_if(writes.begin(), writes.end(), [now](Millis time) { return time > now - 2000; });
  if (recent < 20 && writes.size() < 100) {
    writes.push_back(now);
    return std::nullopt;
  }
  violations_.Count("issue_writes_exceeded", call.method + " " + call.path);
  return TooMany(kPerIssue, recent >= 20 ? 2 : 30, 20, now + 2000);
}

std::optional<Answer> Limits::Admit(const Call& call, std::string_view pattern, Millis now) {
  const std::string key = KeyOf(kBurst, call, pattern);
  CountEarly(key, call, now);
  RollHour(now);
  const bool oauth = call.principal.credential == Credential::kOauth;
  if (oauth) CountEarly("app", call, now);
  if (!enforced_) return std::nullopt;

  if (oauth && used_ >= points_limit_) {
    const Millis reset = (hour_ + 1) * kHour;
    const int64_t wait_s = (reset - now + 999) / 1000;
    violations_.Count("points_exceeded",
                      fmt::format("{} {}: {} of {} used", call.method, call.path, used_, points_limit_));
    Pause(kQuota, call, pattern, wait_s, now);
    return TooMany(kQuota, wait_s, points_limit_, reset);
  }
  const int rate = RatePerSecond(call.method, pattern);
  Bucket& bucket = buckets_[key];
  if (bucket.filled == 0) bucket = {static_cast<double>(rate), now};
  bucket.tokens = std::min<double>(rate, bucket.tokens + static_cast<double>(now - bucket.filled) * rate / 1000.0);
  bucket.filled = now;
  if (bucket.tokens < 1) {
    violations_.Count("burst_exceeded", fmt::format("{}: more than {} a second", key, rate));
    Pause(kBurst, call, pattern, 1, now);
    return TooMany(kBurst, 1, rate, now + 1000);
  }
  bucket.tokens -= 1;
  return pattern.starts_with("/api/issue/{}/") ? AdmitWrite(call, now) : std::nullopt;
}

void Limits::Charge(const Call& call, Answer& answer, Millis now) {
  if (call.principal.credential != Credential::kOauth) return;
  RollHour(now);
  used_ += call.points;
  const int64_t left = std::max<int64_t>(0, points_limit_ - used_);
  const Millis reset = (hour_ + 1) * kHour;
  answer.headers.Add("X-RateLimit-Limit", std::to_string(points_limit_));
  answer.headers.Add("X-RateLimit-Remaining", std::to_string(left));
  answer.headers.Add("X-RateLimit-Reset", IsoTime(reset));
  answer.headers.Add("RateLimit-Policy", fmt::format("\"global-app-quota\";q={};w=3600", points_limit_));
  if (left * 5 < points_limit_) {
    answer.headers.Add("X-RateLimit-NearLimit", "true");
    answer.headers.Add("RateLimit", fmt::format("\"global-app-quota\";r={};t={}", left, (reset - now) / 1000));
  }
}

}  // namespace tajo::jira_sim
