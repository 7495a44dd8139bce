#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "common/base/clock.h"
#include "common/base/task.h"
#include "common/redis/client.h"

namespace tajo::store {

// One token bucket that several processes draw on: a hash in a shared key, refilled by Redis' own
// clock. Draws are small chunks; what a process drew and doesn't use within a second is lost, which
// costs a second's share at most and never exceeds the limit.
class SharedBucket {
 public:
  // `key` has a hash tag of its own, e.g. "tajo:{brevo:<account>}:contacts".
  SharedBucket(redis::Client& redis, base::Clock& clock, std::string key, double rate_per_second, double burst);

  // Waits until `tokens` are ours; at most `burst` at once. While Redis is away it falls back to a
  // quarter of the rate, from memory.
  base::Task<absl::Status> Acquire(double tokens = 1);
  // The server's word: what the limit is, how much remains, until when (seconds). Never raises above it.
  base::Task<absl::Status> Correct(double limit_per_second, double remaining, std::chrono::milliseconds resets_in);
  // Nobody draws until then (429).
  base::Task<absl::Status> Pause(std::chrono::milliseconds duration);

 private:
  // Draws without Redis; how long to wait if there is too little.
  std::chrono::milliseconds DrawAlone(double tokens);
  bool DrawFromHand(double tokens);
  std::string LifeSeconds() const;

  redis::Client& redis_;
  base::Clock& clock_;
  std::string key_;
  double rate_per_second_;
  double burst_;
  double in_hand_ = 0;
  base::MonotonicTime in_hand_until_{};
  double alone_ = 0;  // tokens of the fall-back
  base::MonotonicTime alone_since_{};
  base::MonotonicTime paused_until_{};  // as far as this process was told
};

}  // namespace tajo::store
