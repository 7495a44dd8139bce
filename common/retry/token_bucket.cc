#include "common/retry/token_bucket.h"

#include <algorithm>
#include <cmath>

namespace tajo::retry {
namespace {

constexpr base::Duration kHeaderGranularity = std::chrono::seconds(1);
// Whoever waits as long as it was told must not fail by a rounding error.
constexpr double kEpsilon = 1e-6;
constexpr base::Duration kForever = std::chrono::hours(24 * 365);

base::Duration FromSeconds(double seconds) {
  if (seconds >= base::InSeconds(kForever)) return kForever;
  return base::Duration(static_cast<base::Duration::rep>(std::ceil(seconds * 1e9)));
}

}  // namespace

TokenBucket::TokenBucket(double rate_per_second, double burst, base::MonotonicTime now)
    : rate_(rate_per_second), burst_(burst), tokens_(burst), updated_(now) {}

base::Duration TokenBucket::TryTake(double n, base::MonotonicTime now) {
  Refill(now);
  const double needed = std::min(n, burst_);
  base::Duration wait = std::max(paused_until_ - updated_, base::Duration::zero());
  if (tokens_ + kEpsilon < needed) wait = std::max(wait, TimeToGain(needed - tokens_));
  if (wait == base::Duration::zero()) tokens_ -= n;
  return wait;
}

void TokenBucket::Return(double n, base::MonotonicTime now) {
  Refill(now);
  tokens_ = std::min(tokens_ + n, burst_);
}

void TokenBucket::Correct(double remaining, base::Duration resets_in, base::MonotonicTime now) {
  Refill(now);
  remaining = std::max(remaining, 0.0);
  tokens_ = std::min(tokens_, remaining);
  if (resets_in <= kHeaderGranularity) {
    slow_until_ = {};
    return;
  }
  slow_rate_ = std::min(rate_, (remaining - std::max(tokens_, 0.0)) / base::InSeconds(resets_in));
  slow_until_ = updated_ + resets_in;
}

void TokenBucket::PauseUntil(base::MonotonicTime until) {
  paused_until_ = std::max(paused_until_, until);
}

double TokenBucket::Available(base::MonotonicTime now) {
  Refill(now);
  return paused_until_ > updated_ ? 0.0 : std::max(tokens_, 0.0);
}

void TokenBucket::Refill(base::MonotonicTime now) {
  if (now <= updated_) return;
  const base::MonotonicTime slow_end = std::clamp(slow_until_, updated_, now);
  tokens_ += slow_rate_ * base::InSeconds(slow_end - updated_) + rate_ * base::InSeconds(now - slow_end);
  tokens_ = std::min(tokens_, burst_);
  updated_ = now;
}

base::Duration TokenBucket::TimeToGain(double tokens) const {
  const base::Duration slow_left = std::max(slow_until_ - updated_, base::Duration::zero());
  const double gained_slowly = slow_rate_ * base::InSeconds(slow_left);
  if (slow_rate_ > 0 && gained_slowly >= tokens) return FromSeconds(tokens / slow_rate_);
  if (rate_ <= 0) return kForever;
  return slow_left + FromSeconds((tokens - gained_slowly) / rate_);
}

}  // namespace tajo::retry
