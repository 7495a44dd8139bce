#pragma once

#include <functional>
#include <string_view>

#include "absl/status/status.h"
#include "common/base/clock.h"
#include "common/base/random.h"

namespace tajo::retry {

enum class Fault {
  kPermanent,  // the same call will fail the same way, or may not be repeated
  kTransient,  // may pass: back off, spend an attempt
  kWaitQuota,  // the other side has set us a limit: wait for it, spend no attempt
};

// Does a second call have the effect of one?
enum class Idempotency { kIdempotent, kNotIdempotent };

// The fault that the status' reason stands for. What may already have had its effect (a lost answer,
// a 5xx) is transient only for an idempotent operation.
Fault Classify(const absl::Status& status, Idempotency idempotency);

// Exponential delays with proportional jitter; the defaults are those that Atlassian recommends.
struct BackoffPolicy {
  base::Duration base = std::chrono::seconds(2);
  double factor = 2.0;
  base::Duration max = std::chrono::seconds(30);  // before jitter
  double jitter_low = 0.7;
  double jitter_high = 1.3;

  // The delay after the `failures`-th failure in a row, counted from 1.
  base::Duration Delay(int failures, base::Random& random) const;
};

// What is about to be waited for; given to RetryPolicy::on_retry for logs and metrics.
struct RetryNotice {
  std::string_view operation;
  const absl::Status& status;
  Fault fault;
  int attempts;  // so far
  base::Duration wait;
};

struct RetryPolicy {
  int max_attempts = 5;
  // From the first try on, without what was spent waiting for quotas. A wait that would pass it isn't begun.
  base::Duration max_elapsed = std::chrono::minutes(2);
  // All waits for quotas together.
  base::Duration max_quota_wait = std::chrono::minutes(10);
  BackoffPolicy backoff = {};
  std::function<Fault(const absl::Status&, Idempotency)> classify = Classify;
  std::function<void(const RetryNotice&)> on_retry = nullptr;
};

}  // namespace tajo::retry
