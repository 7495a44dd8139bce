#pragma once

#include <functional>
#include <utility>

namespace tajo::base {

// Ends a sleep early (Clock::Sleep). Whoever rings it and the one task that sleeps are on one loop.
class Bell {
 public:
  Bell() = default;
  Bell(const Bell&) = delete;
  Bell& operator=(const Bell&) = delete;

  void Ring() {
    if (wake_) std::exchange(wake_, nullptr)();
  }

  // For clocks: while it lives, a ring calls `wake`. `bell` may be null.
  class Listening {
   public:
    Listening(Bell* bell, std::function<void()> wake) : bell_(bell) {
      if (bell_ != nullptr) bell_->wake_ = std::move(wake);
    }
    ~Listening() {
      if (bell_ != nullptr) bell_->wake_ = nullptr;
    }
    Listening(const Listening&) = delete;
    Listening& operator=(const Listening&) = delete;

   private:
    Bell* const bell_;
  };

 private:
  std::function<void()> wake_;
};

}  // namespace tajo::base
