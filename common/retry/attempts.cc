#include "common/retry/attempts.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "common/base/error.h"

namespace tajo::retry {
Attempts::Attempts(RetryPolicy policy, Idempotency idempotency, std::string operation, base::MonotonicTime start)
    : policy_(std::move(policy)), idempotency_(idempotency), operation_(std::move(operation)), start_(start) {}

Attempts::Verdict Attempts::OnFailure(const absl::Status& status, base::MonotonicTime now, base::Random& random) {
  ++tries_;
  const Fault fault = policy_.classify(status, idempotency_);
  const base::Duration asked = std::chrono::milliseconds(base::RetryAfterMillis(status));

  if (fault == Fault::kPermanent) {
    const bool would_repeat = policy_.classify(status, Idempotency::kIdempotent) != Fault::kPermanent;
    return GiveUp(status, now, would_repeat ? "it may have taken effect and must not be repeated" : "permanent error");
  }

  base::Duration wait;
  if (fault == Fault::kWaitQuota) {
    wait = std::max(asked, policy_.backoff.Delay(++refusals_, random));
    if (quota_waited_ + wait > policy_.max_quota_wait) {
      return GiveUp(status, now,
                    fmt::format("a further wait of {:.1f}s for the quota would pass the limit of {:.1f}s",
                                base::InSeconds(wait), base::InSeconds(policy_.max_quota_wait)));
    }
    quota_waited_ += wait;
  } else {
    refusals_ = 0;
    if (++attempts_ >= policy_.max_attempts) return GiveUp(status, now, "no attempt is left");
    wait = std::max(asked, policy_.backoff.Delay(attempts_, random));
    if (now - start_ - quota_waited_ + wait > policy_.max_elapsed) {
      return GiveUp(status, now,
                    fmt::format("a further wait of {:.1f}s would pass the limit of {:.1f}s", base::InSeconds(wait),
                                base::InSeconds(policy_.max_elapsed)));
    }
  }
  if (policy_.on_retry) policy_.on_retry({operation_, status, fault, tries_, wait});
  return {wait, absl::OkStatus()};
}

Attempts::Verdict Attempts::GiveUp(const absl::Status& status, base::MonotonicTime now, std::string_view why) const {
  return {std::nullopt,
          base::Annotate(status, fmt::format("{} failed after {} {} in {:.1f}s ({})", operation_, tries_,
                                             tries_ == 1 ? "try" : "tries", base::InSeconds(now - start_), why))};
}

}  // namespace tajo::retry
