#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <string>

#include "common/base/clock.h"
#include "common/base/task.h"
#include "tests/support/fake_clock.h"

namespace tajo::simulation {

// One of the product's processes as the outside sees it: it may stand still, as after SIGSTOP, and go
// on, or die wherever it is. Whatever its code waits for ends in Gate.
class Process {
 public:
  // `world` is the time that all processes share; both outlive it.
  Process(boost::asio::io_context& context, testing::FakeClock& world, std::string name);
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  const std::string& Name() const { return name_; }
  // As the process itself sees it.
  base::Clock& Clock() { return clock_; }

  void Freeze();
  void Thaw();
  // From here on every wait ends by boost::system::system_error, as by cancellation.
  void Kill();
  bool Runs() const { return state_ == State::kRunning; }
  bool IsDead() const { return state_ == State::kDead; }

  // Returns at once while the process runs.
  base::Task<void> Gate();

 private:
  class GatedClock final : public base::Clock {
   public:
    explicit GatedClock(Process& process) : process_(process) {}
    base::WallTime Now() const override { return process_.world_.Now(); }
    base::MonotonicTime Monotonic() const override { return process_.world_.Monotonic(); }
    base::Task<void> Sleep(base::Duration duration, base::Bell* bell = nullptr) override;

   private:
    Process& process_;
  };
  enum class State { kRunning, kFrozen, kDead };

  testing::FakeClock& world_;
  const std::string name_;
  GatedClock clock_{*this};
  boost::asio::steady_timer bell_;  // never expires; cancelled when the state changes
  State state_ = State::kRunning;
};

}  // namespace tajo::simulation
