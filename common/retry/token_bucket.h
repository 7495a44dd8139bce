#pragma once

#include "common/base/clock.h"

namespace tajo::retry {

// A token bucket as a value: no clock, no waiting. `now` must not go back; where it does, no time passed.
class TokenBucket {
 public:
  // Full at first. `burst` is what can be taken at once after a rest.
  TokenBucket(double rate_per_second, double burst, base::MonotonicTime now);

  // Takes `n` and returns zero; or takes nothing and returns how long to wait before it can succeed.
  // More than `burst` is taken from a full bucket, which then owes the rest.
  base::Duration TryTake(double n, base::MonotonicTime now);
  // Gives back what was taken and not used.
  void Return(double n, base::MonotonicTime now);

  // The server's own count: `remaining` calls until its window resets in `resets_in`. Slows down so as
  // not to pass it; never speeds up, since calls in flight aren't counted yet. Servers round the
  // reset to whole seconds, so a window of up to one second only caps what can be taken at once.
  void Correct(double remaining, base::Duration resets_in, base::MonotonicTime now);

  // Nothing before `until` (a 429). A later pause isn't shortened.
  void PauseUntil(base::MonotonicTime until);

  double Available(base::MonotonicTime now);

 private:
  void Refill(base::MonotonicTime now);
  base::Duration TimeToGain(double tokens) const;

  double rate_;
  double burst_;
  double tokens_;
  base::MonotonicTime updated_;
  base::MonotonicTime paused_until_{};
  // The rate up to `slow_until_`, as the last correction has it.
  double slow_rate_ = 0;
  base::MonotonicTime slow_until_{};
};

}  // namespace tajo::retry
