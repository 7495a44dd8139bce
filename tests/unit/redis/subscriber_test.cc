#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <exception>
#include <string>
#include <vector>

#include "tests/support/redis_server.h"
#include "tests/unit/redis/redis_loop.h"

namespace tajo::redis {
namespace {

namespace asio = boost::asio;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class SubscriberTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto subscriber = OpenSubscriber(loop_.context, loop_.random, loop_.OptionsFor(server_.Url()));
    ASSERT_TRUE(subscriber.ok()) << subscriber.status();
    subscriber_ = *std::move(subscriber);
    asio::co_spawn(loop_.context,
                   subscriber_->Run("wake", [this](std::string_view text) { messages_.emplace_back(text); }),
                   asio::bind_cancellation_slot(cancel_.slot(), [this](std::exception_ptr thrown) {
                     ended_ = true;
                     thrown_ = thrown;
                   }));
  }
  // Publishes until somebody listens.
  bool Publish(const std::string& text) {
    return loop_.RunUntil([&] { return server_.Ask({"PUBLISH", "wake", text}) == ":1\r\n"; });
  }

  testing::RedisServer server_;
  RedisLoop loop_;
  std::vector<std::string> messages_;
  asio::cancellation_signal cancel_;
  bool ended_ = false;
  std::exception_ptr thrown_;
  std::unique_ptr<Subscriber> subscriber_;
};

TEST_F(SubscriberTest, Messages_OfTheChannel_ComeInOrder) {
  ASSERT_TRUE(Publish("one"));
  ASSERT_TRUE(Publish("two"));
  ASSERT_TRUE(loop_.RunUntil([&] { return messages_.size() == 2; }));
  EXPECT_THAT(messages_, ElementsAre("one", "two"));
}

TEST_F(SubscriberTest, RestartedServer_IsSubscribedToAgain) {
  ASSERT_TRUE(Publish("before"));
  ASSERT_TRUE(loop_.RunUntil([&] { return messages_.size() == 1; }));
  server_.Kill();
  server_.Restart();
  ASSERT_TRUE(Publish("after"));
  ASSERT_TRUE(loop_.RunUntil([&] { return messages_.size() == 2; }));
  EXPECT_THAT(messages_, ElementsAre("before", "after"));
}

TEST_F(SubscriberTest, Cancelled_EndsAndHangsUp) {
  ASSERT_TRUE(Publish("one"));
  cancel_.emit(asio::cancellation_type::terminal);
  ASSERT_TRUE(loop_.RunUntil([&] { return ended_; }));
  EXPECT_NE(thrown_, nullptr);
  EXPECT_TRUE(loop_.RunUntil([&] { return server_.Ask({"PUBLISH", "wake", "two"}) == ":0\r\n"; }));
}

}  // namespace
}  // namespace tajo::redis
