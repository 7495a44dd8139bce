#include "common/retry/line.h"

#include <gmock/gmock.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/this_coro.hpp>
#include <string>

#include "tests/support/fake_clock.h"

namespace tajo::retry {
namespace {

using namespace std::chrono_literals;  // NOLINT
using testing::FakeClock;

// Writes its name when it is first, works for a second, and goes.
base::Task<void> Stand(Line& line, FakeClock& clock, char name, Lane lane, std::string& order) {
  const auto executor = co_await boost::asio::this_coro::executor;
  Line::Place place(line, executor, lane);
  co_await place.First();
  order.push_back(name);
  co_await clock.Sleep(1s);
}

class LineTest : public ::testing::Test {
 protected:
  void Start(char name, Lane lane = Lane::kLive, boost::asio::cancellation_slot slot = {}) {
    boost::asio::co_spawn(context_, Stand(line_, clock_, name, lane, order_),
                          boost::asio::bind_cancellation_slot(slot, [this](std::exception_ptr error) {
                            if (error) order_.push_back('!');
                          }));
    Poll();
  }
  void Poll() {
    context_.restart();
    context_.poll();
  }
  void Advance(base::Duration duration) {
    clock_.Advance(duration);
    Poll();
  }

  FakeClock clock_;
  Line line_;
  std::string order_;
  boost::asio::io_context context_;
};

TEST_F(LineTest, empty_lets_anybody_pass_at_once) {
  Start('a', Lane::kBackfill);
  EXPECT_EQ(order_, "a");
  Advance(1s);
  EXPECT_EQ(line_.Length(), 0u);
}

TEST_F(LineTest, serves_in_order_of_arrival) {
  for (const char name : {'a', 'b', 'c'}) Start(name);
  EXPECT_EQ(line_.Length(), 3u);
  Advance(1s);
  Advance(1s);
  EXPECT_EQ(order_, "abc");
}

TEST_F(LineTest, live_goes_before_backfill_that_waited_longer) {
  Start('a');
  Start('x', Lane::kBackfill);
  Start('y', Lane::kBackfill);
  Start('b');
  for (int i = 0; i < 3; ++i) Advance(1s);
  EXPECT_EQ(order_, "abxy");
}

TEST_F(LineTest, first_that_is_overtaken_waits_for_its_turn_again) {
  int times_first = 0;
  const auto asks_twice = [&]() -> base::Task<void> {
    const auto executor = co_await boost::asio::this_coro::executor;
    Line::Place place(line_, executor, Lane::kBackfill);
    for (int i = 0; i < 2; ++i) {
      co_await place.First();
      ++times_first;
      co_await clock_.Sleep(1s);
    }
  };
  boost::asio::co_spawn(context_, asks_twice(), [](std::exception_ptr) {});
  Poll();
  Advance(500ms);
  Start('a');
  EXPECT_EQ(order_, "a");
  Advance(500ms);
  EXPECT_EQ(times_first, 1);
  Advance(500ms);
  EXPECT_EQ(times_first, 2);
  Advance(1s);
}

TEST_F(LineTest, waiter_cancelled_leaves_the_others_in_order) {
  boost::asio::cancellation_signal cancel;
  Start('a');
  Start('b', Lane::kLive, cancel.slot());
  Start('c');
  cancel.emit(boost::asio::cancellation_type::terminal);
  Poll();
  Advance(1s);
  EXPECT_EQ(order_, "a!c");
}

TEST_F(LineTest, first_cancelled_makes_way_for_the_next) {
  boost::asio::cancellation_signal cancel;
  Start('a', Lane::kLive, cancel.slot());
  Start('b');
  cancel.emit(boost::asio::cancellation_type::terminal);
  Poll();
  // Which is told first, the end of one or the turn of the other, is nobody's promise.
  EXPECT_THAT(order_, ::testing::AnyOf("ab!", "a!b"));
}

TEST(Line, dying_before_the_context_that_holds_its_waiters_is_safe) {
  FakeClock clock;
  std::string order;
  boost::asio::io_context context;
  {
    Line line;
    for (int i = 0; i < 3; ++i) {
      boost::asio::co_spawn(context, Stand(line, clock, 'a', Lane::kLive, order), [](std::exception_ptr) {});
    }
    context.poll();
    EXPECT_EQ(line.Length(), 3u);
  }
  EXPECT_EQ(order, "a");
}

}  // namespace
}  // namespace tajo::retry
