#include "common/jira/local_governor.h"

#include <algorithm>

#include "common/jira/limits.h"

namespace tajo::jira {

LocalGovernor::LocalGovernor(base::Clock& clock) : clock_(clock) {}
LocalGovernor::~LocalGovernor() = default;

retry::Limiter& LocalGovernor::Bucket(const Call& call) {
  auto& bucket = buckets_[{std::string(call.endpoint), call.method}];
  if (!bucket) {
    const double rate = PublishedBurst(call).per_second;
    bucket = std::make_unique<retry::Limiter>(clock_, rate, rate);
  }
  return *bucket;
}

base::Task<absl::Status> LocalGovernor::Acquire(const Call& call) {
  const retry::Lane lane = call.lane == Lane::kLive ? retry::Lane::kLive : retry::Lane::kBackfill;
  retry::Limiter& bucket = Bucket(call);
  co_await bucket.Acquire(1, lane);
  // Also those who waited in a bucket when the quota ran out.
  while (true) {
    const base::Duration pause = PausedFor();
    if (pause == base::Duration::zero()) break;
    co_await clock_.Sleep(pause);
  }
  co_return absl::OkStatus();
}

void LocalGovernor::Observe(const Call& call, int status, const net::Headers& headers) {
  base::Duration pause_all{};
  if (const auto verdict = ReadRateLimit(status, headers, clock_.Now())) {
    switch (verdict->scope) {
      case RateVerdict::Scope::kApp:
      case RateVerdict::Scope::kSite:
        pause_all = verdict->wait;
        break;
      case RateVerdict::Scope::kEndpoint:
        Bucket(call).PauseFor(verdict->wait);
        break;
      case RateVerdict::Scope::kIssue:
        break;  // its own call waits; other issues may go on
    }
  }
  if (const auto left = ReadPointsLeft(headers); left && left->remaining <= 0) {
    pause_all = std::max<base::Duration>(pause_all, left->resets_in);
  }
  if (pause_all > base::Duration::zero()) {
    all_paused_until_ = std::max(all_paused_until_, clock_.Monotonic() + pause_all);
  }
}

base::Duration LocalGovernor::PausedFor() const {
  return std::max(all_paused_until_ - clock_.Monotonic(), base::Duration::zero());
}

}  // namespace tajo::jira
