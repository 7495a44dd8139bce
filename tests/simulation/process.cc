#include "tests/simulation/process.h"

#include <boost/asio/error.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <utility>

namespace tajo::simulation {

Process::Process(boost::asio::io_context& context, testing::FakeClock& world, std::string name)
    : world_(world), name_(std::move(name)), bell_(context, boost::asio::steady_timer::time_point::max()) {}

void Process::Freeze() {
  if (state_ == State::kRunning) state_ = State::kFrozen;
}

void Process::Thaw() {
  if (state_ != State::kFrozen) return;
  state_ = State::kRunning;
  bell_.cancel();
}

void Process::Kill() {
  state_ = State::kDead;
  bell_.cancel();
}

base::Task<void> Process::Gate() {
  while (state_ == State::kFrozen) {
    boost::system::error_code rung;
    co_await bell_.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, rung));
  }
  if (state_ == State::kDead) throw boost::system::system_error(boost::asio::error::operation_aborted);
}

base::Task<void> Process::GatedClock::Sleep(base::Duration duration, base::Bell* bell) {
  co_await process_.Gate();
  co_await process_.world_.Sleep(duration, bell);
  co_await process_.Gate();
}

}  // namespace tajo::simulation
