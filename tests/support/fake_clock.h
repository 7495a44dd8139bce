#pragma once

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "common/base/clock.h"

namespace tajo::testing {

// A clock that moves only when told. Advance may be called from any thread; whoever it wakes
// resumes on the executor that it slept on, so run that io_context (poll, run) to see the effect.
//
//   FakeClock clock;
//   co_spawn(context, Work(clock), detached);
//   context.poll();                    // Work sleeps
//   clock.Advance(*clock.NextWake());  // exactly to its end
//   context.poll();                    // Work went on
class FakeClock final : public base::Clock {
 public:
  enum class Mode {
    kManual,       // Sleep waits for Advance
    kAutoAdvance,  // Sleep moves the clock by its duration, yields once and returns
  };

  explicit FakeClock(Mode mode = Mode::kManual, base::WallTime start = base::FromMillis(1'790'000'000'000))
      : mode_(mode), state_(std::make_shared<State>()) {
    state_->wall = start;
  }

  base::WallTime Now() const override {
    const std::lock_guard lock(state_->mutex);
    return state_->wall;
  }
  base::MonotonicTime Monotonic() const override {
    const std::lock_guard lock(state_->mutex);
    return state_->monotonic;
  }

  base::Task<void> Sleep(base::Duration duration, base::Bell* bell = nullptr) override {
    // The frame may outlive the clock (a context destroyed last), so it holds the state by itself.
    const std::shared_ptr<State> state = state_;
    const auto executor = co_await boost::asio::this_coro::executor;
    if (mode_ == Mode::kAutoAdvance || duration <= base::Duration::zero()) {
      state->Advance(std::max(duration, base::Duration::zero()));
      co_await boost::asio::post(executor, boost::asio::use_awaitable);
      co_return;
    }
    const auto sleeper = std::make_shared<Sleeper>(executor);
    const Registration registration(state, sleeper, duration);
    bool rung = false;
    const base::Bell::Listening listening(bell, [&sleeper, &rung] {
      rung = true;
      sleeper->timer.cancel();
    });
    boost::system::error_code error;
    co_await sleeper->timer.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, error));
    if (!rung && !registration.WasWoken()) throw boost::system::system_error(error);
  }

  // Moves both times on and wakes whoever's time has come, the earliest first.
  void Advance(base::Duration duration) { state_->Advance(duration); }

  // Moves the wall clock alone, either way: NTP, or an operator who sets the date.
  void StepWallClock(base::Duration duration) {
    const std::lock_guard lock(state_->mutex);
    state_->wall += duration;
  }

  // How long until the first sleeper wakes; nothing when nobody sleeps.
  std::optional<base::Duration> NextWake() const {
    const std::lock_guard lock(state_->mutex);
    if (state_->sleepers.empty()) return std::nullopt;
    return state_->sleepers.front()->until - state_->monotonic;
  }

  std::size_t SleepersCount() const {
    const std::lock_guard lock(state_->mutex);
    return state_->sleepers.size();
  }

 private:
  struct Sleeper {
    explicit Sleeper(const boost::asio::any_io_executor& executor)
        : timer(executor, boost::asio::steady_timer::time_point::max()) {}
    boost::asio::steady_timer timer;
    base::MonotonicTime until;
    bool woken = false;
  };

  struct State {
    void Advance(base::Duration duration) {
      const std::lock_guard lock(mutex);
      wall += duration;
      monotonic = monotonic + duration;
      auto due = sleepers.begin();
      for (; due != sleepers.end() && (*due)->until <= monotonic; ++due) {
        (*due)->woken = true;
        // A timer belongs to its executor's thread.
        boost::asio::post((*due)->timer.get_executor(), [sleeper = *due] { sleeper->timer.cancel(); });
      }
      sleepers.erase(sleepers.begin(), due);
    }

    mutable std::mutex mutex;
    base::WallTime wall;
    base::MonotonicTime monotonic{std::chrono::hours(1)};
    std::vector<std::shared_ptr<Sleeper>> sleepers;  // by `until`, equal ones in order of arrival
  };

  // A sleeper's place in the list, given up when it wakes, is cancelled or its frame dies.
  class Registration {
   public:
    Registration(std::shared_ptr<State> state, std::shared_ptr<Sleeper> sleeper, base::Duration duration)
        : state_(std::move(state)), sleeper_(std::move(sleeper)) {
      const std::lock_guard lock(state_->mutex);
      sleeper_->until = state_->monotonic + duration;
      auto& sleepers = state_->sleepers;
      const auto later = [](base::MonotonicTime until, const std::shared_ptr<Sleeper>& other) {
        return until < other->until;
      };
      sleepers.insert(std::upper_bound(sleepers.begin(), sleepers.end(), sleeper_->until, later), sleeper_);
    }
    ~Registration() {
      const std::lock_guard lock(state_->mutex);
      std::erase(state_->sleepers, sleeper_);
    }
    Registration(const Registration&) = delete;
    Registration& operator=(const Registration&) = delete;

    bool WasWoken() const {
      const std::lock_guard lock(state_->mutex);
      return sleeper_->woken;
    }

   private:
    std::shared_ptr<State> state_;
    std::shared_ptr<Sleeper> sleeper_;
  };

  const Mode mode_;
  const std::shared_ptr<State> state_;
};

}  // namespace tajo::testing
