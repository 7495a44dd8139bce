#include "common/retry/limiter.h"

#include <gtest/gtest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <string>

#include "tests/support/fake_clock.h"

namespace tajo::retry {
namespace {

using namespace std::chrono_literals;  // NOLINT
using testing::FakeClock;

class LimiterTest : public ::testing::Test {
 protected:
  // Appends `name` to order_ when it got its tokens.
  void Start(char name, double n = 1, Lane lane = Lane::kLive, boost::asio::cancellation_slot slot = {}) {
    boost::asio::co_spawn(context_, limiter_.Acquire(n, lane),
                          boost::asio::bind_cancellation_slot(
                              slot, [this, name](std::exception_ptr error) { order_.push_back(error ? '!' : name); }));
    context_.restart();
    context_.poll();
  }
  void Advance(base::Duration duration) {
    clock_.Advance(duration);
    context_.restart();
    context_.poll();
  }

  FakeClock clock_;
  boost::asio::io_context context_;
  Limiter limiter_{clock_, 1, 1};
  std::string order_;
};

TEST_F(LimiterTest, with_tokens_left_returns_at_once) {
  Start('a');
  EXPECT_EQ(order_, "a");
  EXPECT_EQ(limiter_.Waiting(Lane::kLive), 0u);
}

TEST_F(LimiterTest, waiters_are_served_one_a_second_in_order_of_arrival) {
  for (const char name : {'a', 'b', 'c', 'd'}) Start(name);
  EXPECT_EQ(order_, "a");
  Advance(1s);
  EXPECT_EQ(order_, "ab");
  Advance(999ms);
  EXPECT_EQ(order_, "ab");
  Advance(1ms);
  Advance(1s);
  EXPECT_EQ(order_, "abcd");
  EXPECT_EQ(clock_.SleepersCount(), 0u);
}

TEST_F(LimiterTest, small_wish_behind_a_large_one_does_not_overtake) {
  Start('a');
  Start('B', 5);
  Start('c', 1);
  Advance(1s);  // B takes the full bucket and owes 4
  EXPECT_EQ(order_, "aB");
  Advance(4999ms);
  EXPECT_EQ(order_, "aB");
  Advance(1ms);
  EXPECT_EQ(order_, "aBc");
}

TEST_F(LimiterTest, live_goes_before_backfill_that_waited_longer) {
  Start('a');
  Start('x', 1, Lane::kBackfill);
  Start('y', 1, Lane::kBackfill);
  Start('b');
  EXPECT_EQ(limiter_.Waiting(Lane::kBackfill), 2u);
  Advance(1s);
  EXPECT_EQ(order_, "ab");
  Start('c');
  Advance(1s);
  EXPECT_EQ(order_, "abc");
  Advance(1s);
  Advance(1s);
  EXPECT_EQ(order_, "abcxy");
}

TEST_F(LimiterTest, first_waiter_cancelled_makes_way_for_the_next_and_takes_nothing) {
  boost::asio::cancellation_signal cancel;
  Start('a');
  Start('b', 1, Lane::kLive, cancel.slot());
  Start('c');
  cancel.emit(boost::asio::cancellation_type::terminal);
  Advance(0s);
  Advance(1s);
  EXPECT_EQ(order_, "a!c");
}

TEST_F(LimiterTest, waiter_in_the_middle_cancelled_leaves_the_others_in_order) {
  boost::asio::cancellation_signal cancel;
  Start('a');
  Start('b');
  Start('c', 1, Lane::kLive, cancel.slot());
  Start('d');
  cancel.emit(boost::asio::cancellation_type::terminal);
  Advance(0s);
  EXPECT_EQ(order_, "a!");
  Advance(1s);
  Advance(1s);
  EXPECT_EQ(order_, "a!bd");
}

TEST_F(LimiterTest, paused_after_a_429_serves_nobody_until_then) {
  limiter_.PauseFor(10s);
  Start('a');
  Advance(9s);
  EXPECT_EQ(order_, "");
  Advance(1s);
  EXPECT_EQ(order_, "a");
}

TEST_F(LimiterTest, paused_while_somebody_waits_makes_them_wait_on) {
  Start('a');
  Start('b');
  limiter_.PauseFor(10s);
  Advance(1s);
  EXPECT_EQ(order_, "a");
  Advance(9s);
  EXPECT_EQ(order_, "ab");
}

TEST_F(LimiterTest, returned_tokens_serve_the_next_caller) {
  Start('a');
  limiter_.Return(1);
  Start('b');
  EXPECT_EQ(order_, "ab");
}

TEST(Limiter, dying_before_the_context_that_holds_its_waiters_is_safe) {
  FakeClock clock;
  boost::asio::io_context context;
  {
    Limiter limiter(clock, 1, 1);
    for (int i = 0; i < 3; ++i) {
      boost::asio::co_spawn(context, limiter.Acquire(), [](std::exception_ptr) {});
    }
    context.poll();
    EXPECT_EQ(limiter.Waiting(Lane::kLive), 2u);
  }
}

}  // namespace
}  // namespace tajo::retry
