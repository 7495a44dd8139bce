#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

#include "common/base/clock.h"
#include "common/base/task.h"

namespace tajo::worker {

// Whether webhooks are being worked on anywhere in this process. What reads a tenant's history lets them go first:
// its pages keep a core and Redis busy for milliseconds each, on which every step of a webhook's way would wait.
// Used from all loops.
class LiveWork {
 public:
  // While webhooks are decided.
  class Hold {
   public:
    explicit Hold(LiveWork* work, base::Clock& clock) : work_(work), clock_(clock) {
      if (work_ != nullptr) ++work_->running_;
    }
    ~Hold() {
      if (work_ == nullptr) return;
      work_->ended_ = clock_.Monotonic().since_boot.count();
      --work_->running_;
    }
    Hold(const Hold&) = delete;
    Hold& operator=(const Hold&) = delete;

   private:
    LiveWork* const work_;
    base::Clock& clock_;
  };

  // What was decided is being written for some time afterwards.
  bool Busy(const base::Clock& clock) const {
    return running_ > 0 || clock.Monotonic().since_boot - base::Duration(ended_.load()) < kWriting;
  }
  // Until it isn't busy, but never for long: history has to go on, too.
  base::Task<void> GoFirst(base::Clock& clock) const {
    const base::MonotonicTime begin = clock.Monotonic();
    while (Busy(clock) && clock.Monotonic() - begin < kLongest) co_await clock.Sleep(kLook);
  }

 private:
  static constexpr std::chrono::milliseconds kWriting{20};
  static constexpr std::chrono::milliseconds kLongest{50};
  static constexpr std::chrono::milliseconds kLook{2};

  std::atomic<int> running_{0};
  std::atomic<int64_t> ended_{INT64_MIN / 2};
};

}  // namespace tajo::worker
