#pragma once

#include <cstddef>
#include <memory>

#include "common/base/clock.h"
#include "common/base/task.h"
#include "common/retry/token_bucket.h"

namespace tajo::retry {

// Whoever waits in kLive goes before all of kBackfill; within a lane, first come, first served.
enum class Lane { kLive, kBackfill };

// A token bucket that one can wait for. Used from one loop; `clock` outlives it. May die while
// somebody still waits, if that task is destroyed without being resumed (the loop has ended).
class Limiter {
 public:
  Limiter(base::Clock& clock, double rate_per_second, double burst);
  ~Limiter();
  Limiter(const Limiter&) = delete;
  Limiter& operator=(const Limiter&) = delete;

  // Returns when `n` tokens are taken. Cancelled, it takes none and makes way for the next.
  base::Task<void> Acquire(double n = 1, Lane lane = Lane::kLive);
  void Return(double n);

  // See TokenBucket.
  void Correct(double remaining, base::Duration resets_in);
  void PauseFor(base::Duration duration);

  std::size_t Waiting(Lane lane) const;

 private:
  struct State;
  class Place;

  base::Clock& clock_;
  // Shared with the tasks that wait: a task that is destroyed gives its place up.
  std::shared_ptr<State> state_;
};

}  // namespace tajo::retry
