#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/asio/detached.hpp>
#include <string>
#include <vector>

#include "common/base/error.h"
#include "common/redis/refusal.h"
#include "tajo/jira/v1/error.pb.h"
#include "tests/support/redis_server.h"
#include "tests/unit/redis/redis_loop.h"

namespace tajo::redis {
namespace {

namespace asio = boost::asio;
namespace v1 = ::tajo::jira::v1;
using ::testing::HasSubstr;
using ::testing::Not;

class ClientTest : public ::testing::Test {
 protected:
  absl::StatusOr<Reply> Execute(Args command) { return loop_.Wait(client_->Execute(std::move(command))); }

  testing::RedisServer server_;
  RedisLoop loop_;
  std::unique_ptr<Client> client_ = loop_.OpenClient(loop_.OptionsFor(server_.Url()));
};

TEST_F(ClientTest, Replies_OfEachType_ComeAsTheirType) {
  EXPECT_EQ(Execute({"SET", "k", "v"})->String(), "OK");
  EXPECT_EQ(Execute({"GET", "k"})->String(), "v");
  EXPECT_TRUE(Execute({"GET", "missing"})->IsNil());
  const auto number = Execute({"INCR", "n"});
  EXPECT_TRUE(number->IsInteger());
  EXPECT_EQ(number->Integer(), 1);
  EXPECT_EQ(Execute({"GET", "n"})->Integer(), 1);
  Execute({"XADD", "s", "1-1", "field", "value"}).IgnoreError();
  const auto entries = Execute({"XRANGE", "s", "-", "+"});
  ASSERT_EQ(entries->Elements().size(), 1u);
  const auto& entry = entries->Elements()[0].Elements();
  ASSERT_EQ(entry.size(), 2u);
  EXPECT_EQ(entry[0].String(), "1-1");
  EXPECT_EQ(entry[1].Elements()[1].String(), "value");
  EXPECT_TRUE(Execute({"LRANGE", "none", "0", "-1"})->Elements().empty());
}

TEST_F(ClientTest, ErrorReply_BecomesRefused_WithRedisFirstWordAndNoValue) {
  ASSERT_TRUE(Execute({"SET", "k", "v"}).ok());
  const auto reply = Execute({"HSET", "k", "field", "jane@example.com"});
  EXPECT_EQ(base::ReasonOf(reply.status()), v1::REDIS_REFUSED);
  EXPECT_EQ(RefusalWord(reply.status()), "WRONGTYPE");
  EXPECT_THAT(std::string(reply.status().message()), HasSubstr("HSET: WRONGTYPE"));

  const auto unknown = Execute({"NOSUCH", "jane@example.com"});
  EXPECT_EQ(base::ReasonOf(unknown.status()), v1::REDIS_REFUSED);
  EXPECT_THAT(unknown.status().ToString(), Not(HasSubstr("example.com")));
}

TEST_F(ClientTest, Pipeline_TenThousandAtOnce_AnswersEachItsOwn) {
  constexpr int kCommands = 10'000;
  int answered = 0;
  int wrong = 0;
  std::vector<int> order;
  const auto ask = [](Client& client, int i, int& done, int& mistakes,
                      std::vector<int>& order_seen) -> base::Task<void> {
    Args command = {"ECHO", std::to_string(i)};
    auto reply = co_await client.Execute(std::move(command));
    if (!reply.ok() || reply->String() != std::to_string(i)) ++mistakes;
    order_seen.push_back(i);
    ++done;
  };
  for (int i = 0; i < kCommands; ++i) {
    asio::co_spawn(loop_.context, ask(*client_, i, answered, wrong, order), asio::detached);
  }
  ASSERT_TRUE(loop_.RunUntil([&] { return answered == kCommands; }));
  EXPECT_EQ(wrong, 0);
  EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
}

TEST_F(ClientTest, Value_OfFiveMegabytes_ComesBackWhole) {
  std::string value(5u << 20, 'x');
  for (std::size_t i = 0; i < value.size(); i += 4096) value[i] = static_cast<char>(i >> 12);
  ASSERT_TRUE(Execute({"SET", "big", value}).ok());
  auto reply = Execute({"GET", "big"});
  ASSERT_TRUE(reply.ok());
  EXPECT_TRUE(reply->TakeString() == value);
}

}  // namespace
}  // namespace tajo::redis
