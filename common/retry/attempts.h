#pragma once

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "common/base/clock.h"
#include "common/base/random.h"
#include "common/retry/policy.h"

namespace tajo::retry {

// The decisions of one retry loop, without its waiting.
class Attempts {
 public:
  Attempts(RetryPolicy policy, Idempotency idempotency, std::string operation, base::MonotonicTime start);

  struct Verdict {
    std::optional<base::Duration> wait;  // try again after this long; nothing: give up
    absl::Status status;                 // when giving up: the last error, with operation, tries and why it ended
  };
  // After a try failed with `status`. A Retry-After in it is the least that is waited.
  Verdict OnFailure(const absl::Status& status, base::MonotonicTime now, base::Random& random);

 private:
  Verdict GiveUp(const absl::Status& status, base::MonotonicTime now, std::string_view why) const;

  RetryPolicy policy_;
  Idempotency idempotency_;
  std::string operation_;
  base::MonotonicTime start_;
  int tries_ = 0;     // all calls
  int attempts_ = 0;  // calls that count against max_attempts
  int refusals_ = 0;  // by a quota, in a row
  base::Duration quota_waited_{};
};

}  // namespace tajo::retry
