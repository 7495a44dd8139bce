#include "common/retry/policy.h"

#include <algorithm>

#include "common/base/error.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::retry {

namespace v1 = ::tajo::jira::v1;

Fault Classify(const absl::Status& status, Idempotency idempotency) {
  switch (base::ReasonOf(status)) {
    case v1::JIRA_RATE_LIMITED:
    case v1::BREVO_RATE_LIMITED:
      return Fault::kWaitQuota;
    // Nothing was sent, or it was refused before it was looked at.
    case v1::UPSTREAM_UNREACHABLE:
    case v1::REDIS_UNAVAILABLE:
    case v1::BREVO_TOO_EARLY:
    case v1::BACKLOG_FULL:
      return Fault::kTransient;
    // It may have had its effect.
    case v1::UPSTREAM_AMBIGUOUS:
    case v1::REDIS_AMBIGUOUS:
    case v1::JIRA_UNAVAILABLE:
    case v1::BREVO_UNAVAILABLE:
      return idempotency == Idempotency::kIdempotent ? Fault::kTransient : Fault::kPermanent;
    default:
      return Fault::kPermanent;
  }
}

base::Duration BackoffPolicy::Delay(int failures, base::Random& random) const {
  double delay = static_cast<double>(base.count());
  const double limit = static_cast<double>(max.count());
  for (int i = 1; i < failures && delay < limit; ++i) delay *= factor;
  delay = std::min(delay, limit) * (jitter_low + (jitter_high - jitter_low) * random.Fraction());
  return base::Duration(static_cast<base::Duration::rep>(delay));
}

}  // namespace tajo::retry
