#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/base/clock.h"
#include "common/base/task.h"
#include "common/redis/client.h"
#include "common/retry/line.h"
#include "common/retry/token_bucket.h"
#include "common/store/grant.h"

namespace tajo::store {

// How often something may happen, and how exactly that must be kept.
struct Pace {
  double per_second = 1;
  base::Duration credit{};    // unused slots are good for so long: the burst after a rest
  base::Duration lateness{};  // a slot is void when it is used later than this
};

// A pace that several processes keep together: slots on a time line in Redis, reserved some ahead for
// those who wait, so that calls of Redis are few and no slot is lost between two of them. The time
// line is Redis' clock; ours is set by it. Used from one loop.
class SharedPace {
 public:
  // `key` has a hash tag of its own, e.g. "tajo:{brevo:<account>}:contacts".
  SharedPace(redis::Client& redis, base::Clock& clock, std::string key, Pace pace);

  // Asks for one slot; `waiting`: how many stand in line for one, this one included.
  base::Task<absl::StatusOr<Grant>> Draw(std::size_t waiting, retry::Lane lane);
  // False where the slot that began `at` was overslept or a pause came: draw again. Asks Redis where it hasn't
  // said for some time whether others were told to pause, and books ahead on the way.
  base::Task<bool> Confirm(base::MonotonicTime at, retry::Lane lane);
  // Nobody draws until then (429).
  base::Task<absl::Status> Pause(std::chrono::milliseconds duration);
  // From the next draw on.
  void Set(Pace pace);

 private:
  bool StillGood(base::MonotonicTime at) const;
  // Beyond those who wait: as many again as were used since the last draw, if that is recent.
  double Surplus() const;
  base::Task<absl::StatusOr<redis::Reply>> Ask(double want, retry::Lane lane);
  void Reserve(int64_t count, int64_t first_us);
  std::optional<base::MonotonicTime> TakeReserved();
  void PauseUntil(base::MonotonicTime until);
  // Redis' word: its time, and how long its pause lasts from then on.
  void Hear(int64_t redis_us, int64_t pause_us);
  base::MonotonicTime LocalTime(int64_t redis_us) const;
  void SetClock(int64_t redis_us);
  Grant DrawAlone();

  redis::Client& redis_;
  base::Clock& clock_;
  std::string key_;
  Pace pace_;
  std::vector<base::MonotonicTime> reserved_;  // earliest first
  std::size_t used_ = 0;                       // slots since the last draw
  bool wasted_ = false;                        // a slot since the last draw, for nobody asked for it in time
  base::MonotonicTime paused_until_{};         // as far as this process was told
  base::MonotonicTime heard_{};                // when Redis last said so
  // Our clock less Redis'; the least that was seen, since what is above it is the answer's way.
  std::optional<base::Duration> ahead_;
  std::optional<retry::TokenBucket> alone_;  // while Redis is away
};

}  // namespace tajo::store
