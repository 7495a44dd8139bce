#include "common/brevo/local_governor.h"

#include <algorithm>

#include "common/retry/limiter.h"

namespace tajo::brevo {
namespace {

retry::Lane LaneOf(Lane lane) {
  return lane == Lane::kLive ? retry::Lane::kLive : retry::Lane::kBackfill;
}

std::shared_ptr<retry::Limiter> MakeLimiter(base::Clock& clock, const Limit& limit) {
  const Pace pace = PaceFor(limit);
  return std::make_shared<retry::Limiter>(clock, pace.per_second, pace.burst);
}

}  // namespace

struct LocalGovernor::Bucket {
  Limit limit;
  bool measured = false;
  // Shared with the calls that wait in it: a new limit makes a new one, into which they move.
  std::shared_ptr<retry::Limiter> limiter;
  base::MonotonicTime silent_until{};
};

LocalGovernor::LocalGovernor(base::Clock& clock) : clock_(clock) {
  for (std::size_t i = 0; i < kFamilies; ++i) {
    const Limit limit = GeneralPlan(static_cast<Family>(i));
    buckets_[i] = std::make_unique<Bucket>(Bucket{limit, false, MakeLimiter(clock, limit), {}});
  }
}

LocalGovernor::~LocalGovernor() = default;

LocalGovernor::Bucket& LocalGovernor::Of(Family family) const {
  return *buckets_.at(static_cast<std::size_t>(family));
}

LocalGovernor::Bucket& LocalGovernor::DrawnFrom(Family family) const {
  Bucket& own = Of(family);
  if (family != Family::kEventBatches) return own;
  Bucket& events = Of(Family::kEvents);
  const bool same = own.limit.calls == events.limit.calls && own.limit.period == events.limit.period;
  return same ? events : own;
}

base::Task<absl::Status> LocalGovernor::Acquire(Family family, Lane lane) {
  while (true) {
    const std::shared_ptr<retry::Limiter> limiter = DrawnFrom(family).limiter;
    co_await limiter->Acquire(1, LaneOf(lane));
    if (limiter == DrawnFrom(family).limiter) co_return absl::OkStatus();
  }
}

void LocalGovernor::Observe(Family family, double limit, double remaining, double reset_seconds) {
  if (limit <= 0) return;
  Bucket& bucket = Of(family);
  const Limit seen = InferLimit(limit, reset_seconds, bucket.limit);
  bucket.measured = true;
  if (seen.calls != bucket.limit.calls || seen.period != bucket.limit.period) {
    bucket.limit = seen;
    bucket.limiter = MakeLimiter(clock_, seen);
    if (const base::Duration rest = bucket.silent_until - clock_.Monotonic(); rest > base::Duration::zero()) {
      bucket.limiter->PauseFor(rest);
    }
  }
  if (remaining >= 0 && reset_seconds >= 0) {
    DrawnFrom(family).limiter->Correct(
        remaining, std::chrono::duration_cast<base::Duration>(std::chrono::duration<double>(reset_seconds)));
  }
}

void LocalGovernor::Pause(Family family, std::chrono::milliseconds duration) {
  Bucket& bucket = DrawnFrom(family);
  bucket.silent_until = std::max(bucket.silent_until, clock_.Monotonic() + duration);
  bucket.limiter->PauseFor(duration);
}

std::optional<Limit> LocalGovernor::Measured(Family family) const {
  const Bucket& bucket = Of(family);
  if (!bucket.measured) return std::nullopt;
  return bucket.limit;
}

}  // namespace tajo::brevo
