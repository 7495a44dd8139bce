#include "tests/support/fake_clock.h"

#include <gtest/gtest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>
#include <string>

namespace tajo::testing {
namespace {

using namespace std::chrono_literals;  // NOLINT

base::Task<void> SleepAndNote(FakeClock& clock, base::Duration duration, std::string& order, char name) {
  co_await clock.Sleep(duration);
  order.push_back(name);
}

TEST(FakeClock, not_advanced_stands_still) {
  const FakeClock clock;
  EXPECT_EQ(clock.Now(), clock.Now());
  EXPECT_EQ(clock.Monotonic(), clock.Monotonic());
}

TEST(FakeClock, advanced_moves_both_times) {
  FakeClock clock;
  const auto wall = clock.Now();
  const auto monotonic = clock.Monotonic();
  clock.Advance(3s);
  EXPECT_EQ(clock.Now() - wall, 3s);
  EXPECT_EQ(clock.Monotonic() - monotonic, 3s);
}

TEST(FakeClock, stepped_wall_clock_leaves_monotonic_time_alone) {
  FakeClock clock;
  const auto wall = clock.Now();
  const auto monotonic = clock.Monotonic();
  clock.StepWallClock(-1h);
  EXPECT_EQ(wall - clock.Now(), 1h);
  EXPECT_EQ(clock.Monotonic(), monotonic);
}

TEST(FakeClock, sleepers_wake_when_their_time_has_come_earliest_first) {
  FakeClock clock;
  boost::asio::io_context context;
  std::string order;
  boost::asio::co_spawn(context, SleepAndNote(clock, 3s, order, 'c'), boost::asio::detached);
  boost::asio::co_spawn(context, SleepAndNote(clock, 1s, order, 'a'), boost::asio::detached);
  boost::asio::co_spawn(context, SleepAndNote(clock, 2s, order, 'b'), boost::asio::detached);
  context.poll();
  EXPECT_EQ(order, "");
  EXPECT_EQ(clock.SleepersCount(), 3u);
  EXPECT_EQ(clock.NextWake(), 1s);

  clock.Advance(2s);
  context.poll();
  EXPECT_EQ(order, "ab");
  EXPECT_EQ(clock.NextWake(), 1s);

  clock.Advance(1s - 1ns);
  context.poll();
  EXPECT_EQ(order, "ab");
  clock.Advance(1ns);
  context.poll();
  EXPECT_EQ(order, "abc");
  EXPECT_EQ(clock.NextWake(), std::nullopt);
}

TEST(FakeClock, cancelled_sleeper_is_gone_and_told_so) {
  FakeClock clock;
  boost::asio::io_context context;
  boost::asio::cancellation_signal cancel;
  std::exception_ptr thrown;
  boost::asio::co_spawn(
      context, clock.Sleep(1s),
      boost::asio::bind_cancellation_slot(cancel.slot(), [&thrown](std::exception_ptr error) { thrown = error; }));
  context.poll();
  cancel.emit(boost::asio::cancellation_type::terminal);
  context.poll();
  EXPECT_EQ(clock.SleepersCount(), 0u);
  ASSERT_TRUE(thrown);
  EXPECT_THROW(std::rethrow_exception(thrown), boost::system::system_error);
}

TEST(FakeClock, context_ending_first_leaves_no_sleeper) {
  FakeClock clock;
  {
    boost::asio::io_context context;
    boost::asio::co_spawn(context, clock.Sleep(1s), boost::asio::detached);
    context.poll();
    EXPECT_EQ(clock.SleepersCount(), 1u);
  }
  EXPECT_EQ(clock.SleepersCount(), 0u);
}

TEST(FakeClock, auto_advancing_sleep_moves_time_and_returns) {
  FakeClock clock(FakeClock::Mode::kAutoAdvance);
  boost::asio::io_context context;
  std::string order;
  const auto start = clock.Monotonic();
  boost::asio::co_spawn(context, SleepAndNote(clock, 1h, order, 'a'), boost::asio::detached);
  context.run();
  EXPECT_EQ(order, "a");
  EXPECT_EQ(clock.Monotonic() - start, 1h);
}

}  // namespace
}  // namespace tajo::testing
