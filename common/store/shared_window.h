#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "common/base/clock.h"
#include "common/base/task.h"
#include "common/redis/client.h"
#include "common/retry/token_bucket.h"
#include "common/store/grant.h"

namespace tajo::store {

// So many calls in any window of a long period, whenever that begins, counted in Redis for several
// processes. The first half may go at once, the others are spread. Used from one loop.
class SharedWindow {
 public:
  // `period` at least a minute.
  SharedWindow(redis::Client& redis, base::Clock& clock, std::string key, double calls, std::chrono::seconds period);

  // Who may go on when others must stop.
  struct Share {
    double left_to_others = 0;  // of the calls; this caller doesn't touch them
    bool spread = true;
  };
  // Asks for one call.
  base::Task<absl::StatusOr<Grant>> Draw(Share share);
  // The server's count: what it has beyond ours was used by others. Asks Redis only if there is news.
  base::Task<absl::Status> Tell(double remaining, std::chrono::milliseconds resets_in);
  // Nobody draws until then (429).
  base::Task<absl::Status> Pause(std::chrono::milliseconds duration);

  double Calls() const { return calls_; }
  bool StillGood() const { return clock_.Monotonic() >= paused_until_; }

 private:
  Grant DrawAlone();

  redis::Client& redis_;
  base::Clock& clock_;
  std::string key_;
  double calls_;
  std::chrono::seconds period_;
  double counted_ = 0;  // by Redis, as last seen
  base::MonotonicTime paused_until_{};
  std::optional<retry::TokenBucket> alone_;  // while Redis is away
};

}  // namespace tajo::store
