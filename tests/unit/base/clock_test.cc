#include "common/base/clock.h"

#include <gtest/gtest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/system/system_error.hpp>
#include <exception>

namespace tajo::base {
namespace {

using namespace std::chrono_literals;  // NOLINT

TEST(Clock, wall_time_to_millis_and_back_is_the_same) {
  EXPECT_EQ(ToMillis(FromMillis(1'767'225'600'123)), 1'767'225'600'123);
  EXPECT_EQ(ToMillis(WallTime(std::chrono::nanoseconds(1'999'999))), 1);
}

TEST(Clock, wall_time_before_1970_rounds_down) {
  EXPECT_EQ(ToMillis(WallTime(std::chrono::nanoseconds(-1))), -1);
}

TEST(Clock, monotonic_time_counts_and_compares) {
  const MonotonicTime start{std::chrono::seconds(5)};
  EXPECT_EQ((start + 2s) - start, 2s);
  EXPECT_LT(start, start + 1ns);
}

TEST(SystemClock, read_twice_does_not_go_back) {
  const SystemClock clock;
  const MonotonicTime first = clock.Monotonic();
  EXPECT_GE(clock.Monotonic(), first);
  EXPECT_GT(ToMillis(clock.Now()), 1'700'000'000'000);
}

TEST(SystemClock, sleep_lasts_at_least_its_duration) {
  SystemClock clock;
  boost::asio::io_context context;
  const MonotonicTime start = clock.Monotonic();
  bool done = false;
  boost::asio::co_spawn(context, clock.Sleep(5ms), [&done](std::exception_ptr error) { done = !error; });
  context.run();
  EXPECT_TRUE(done);
  EXPECT_GE(clock.Monotonic() - start, 5ms);
}

TEST(SystemClock, sleep_ends_when_its_bell_rings) {
  SystemClock clock;
  boost::asio::io_context context;
  Bell bell;
  bell.Ring();  // nobody listens yet: that is nothing
  bool done = false;
  boost::asio::co_spawn(context, clock.Sleep(std::chrono::hours(1), &bell),
                        [&done](std::exception_ptr error) { done = !error; });
  context.poll();
  EXPECT_FALSE(done);
  bell.Ring();
  context.run();
  EXPECT_TRUE(done);
  bell.Ring();  // and again, when it sleeps no more
}

TEST(SystemClock, sleep_cancelled_ends_with_operation_aborted) {
  SystemClock clock;
  boost::asio::io_context context;
  boost::asio::cancellation_signal cancel;
  boost::system::error_code code;
  boost::asio::co_spawn(context, clock.Sleep(std::chrono::hours(1)),
                        boost::asio::bind_cancellation_slot(cancel.slot(), [&code](std::exception_ptr error) {
                          try {
                            if (error) std::rethrow_exception(error);
                          } catch (const boost::system::system_error& thrown) {
                            code = thrown.code();
                          }
                        }));
  context.poll();
  cancel.emit(boost::asio::cancellation_type::terminal);
  context.run();
  EXPECT_EQ(code, boost::asio::error::operation_aborted);
}

}  // namespace
}  // namespace tajo::base
