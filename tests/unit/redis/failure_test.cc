#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/system/system_error.hpp>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base/error.h"
#include "tajo/jira/v1/error.pb.h"
#include "tests/support/redis_server.h"
#include "tests/unit/redis/fake_redis.h"
#include "tests/unit/redis/redis_loop.h"

namespace tajo::redis {
namespace {

namespace asio = boost::asio;
namespace v1 = ::tajo::jira::v1;
using std::chrono::milliseconds;
using ::testing::HasSubstr;
using ::testing::Not;

// A command under way, which the test may cancel.
struct Asked {
  std::optional<absl::StatusOr<Reply>> reply;
  std::exception_ptr thrown;
  asio::cancellation_signal cancel;
  bool Done() const { return reply.has_value() || thrown != nullptr; }
  base::Reason Reason() const { return base::ReasonOf(reply->status()); }
};

class FailureTest : public ::testing::Test {
 protected:
  std::unique_ptr<Asked> Ask(Client& client, Args command) {
    auto asked = std::make_unique<Asked>();
    Asked* const result = asked.get();
    asio::co_spawn(loop_.context, client.Execute(std::move(command)),
                   asio::bind_cancellation_slot(result->cancel.slot(),
                                                [result](std::exception_ptr thrown, absl::StatusOr<Reply> reply) {
                                                  result->thrown = thrown;
                                                  if (!thrown) result->reply = std::move(reply);
                                                }));
    return asked;
  }
  bool Await(const Asked& asked) {
    return loop_.RunUntil([&] { return asked.Done(); });
  }
  absl::StatusOr<Reply> Execute(Client& client, Args command) { return loop_.Wait(client.Execute(std::move(command))); }

  RedisLoop loop_;
};

TEST_F(FailureTest, KilledServer_InFlightIsAmbiguous_AndLaterOnesSucceedAfterRestart) {
  testing::RedisServer server({"--appendonly", "yes", "--appendfsync", "always"});
  auto client = loop_.OpenClient(loop_.OptionsFor(server.Url()));
  ASSERT_TRUE(Execute(*client, {"SET", "kept", "1"}).ok());

  // BLPOP is taken and never answered.
  const auto in_flight = Ask(*client, {"BLPOP", "empty", "0"});
  ASSERT_TRUE(loop_.RunUntil([&] {
    return server.Ask({"INFO", "clients"}).find("blocked_clients:1") != std::string::npos;
  }));
  server.Kill();
  ASSERT_TRUE(Await(*in_flight));
  EXPECT_EQ(in_flight->Reason(), v1::REDIS_AMBIGUOUS);
  EXPECT_THAT(in_flight->reply->status().ToString(), HasSubstr("BLPOP"));

  const auto waiting = Ask(*client, {"GET", "kept"});
  server.Restart();
  ASSERT_TRUE(Await(*waiting));
  ASSERT_TRUE(waiting->reply->ok()) << waiting->reply->status();
  EXPECT_EQ((*waiting->reply)->String(), "1");
}

TEST_F(FailureTest, NoServer_CommandFailsUnavailable_AfterItsWait) {
  Options options = loop_.OptionsFor("unix:///tmp/tajo-there-is-no-such.sock");
  options.connect_wait = milliseconds(150);
  auto client = loop_.OpenClient(options);
  const auto begin = std::chrono::steady_clock::now();
  const auto reply = Execute(*client, {"GET", "k"});
  EXPECT_GE(std::chrono::steady_clock::now() - begin, milliseconds(150));
  EXPECT_EQ(base::ReasonOf(reply.status()), v1::REDIS_UNAVAILABLE);
  EXPECT_THAT(reply.status().ToString(), HasSubstr("No such file"));
}

TEST_F(FailureTest, ServerThatComesLate_GetsTheCommandsThatWaited_InOrder) {
  testing::RedisServer server;
  server.Stop();
  auto client = loop_.OpenClient(loop_.OptionsFor(server.Url()));
  std::vector<std::unique_ptr<Asked>> asked;
  for (int i = 0; i < 100; ++i) asked.push_back(Ask(*client, {"RPUSH", "list", std::to_string(i)}));
  loop_.RunUntil([] { return false; }, milliseconds(30));  // some refused attempts
  server.Restart();
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(Await(*asked[static_cast<std::size_t>(i)]));
    ASSERT_TRUE(asked[static_cast<std::size_t>(i)]->reply->ok());
    EXPECT_EQ((*asked[static_cast<std::size_t>(i)]->reply)->Integer(), i + 1);
  }
}

TEST_F(FailureTest, NoAnswerInTime_IsAmbiguous_AndTheNextConnectionIsAligned) {
  testing::RedisServer server;
  Options options = loop_.OptionsFor(server.Url());
  options.command_timeout = milliseconds(200);
  auto client = loop_.OpenClient(options);
  ASSERT_TRUE(Execute(*client, {"PING"}).ok());

  server.Freeze();
  const auto late = Ask(*client, {"ECHO", "late"});
  ASSERT_TRUE(Await(*late));
  server.Thaw();
  EXPECT_EQ(late->Reason(), v1::REDIS_AMBIGUOUS);
  EXPECT_THAT(late->reply->status().ToString(), HasSubstr("200 ms"));
  const auto next = Execute(*client, {"ECHO", "next"});
  ASSERT_TRUE(next.ok()) << next.status();
  EXPECT_EQ(next->String(), "next");
}

TEST_F(FailureTest, CancelledWhileInFlight_Throws_AndOthersGetTheirOwnAnswers) {
  testing::RedisServer server;
  auto client = loop_.OpenClient(loop_.OptionsFor(server.Url()));
  ASSERT_TRUE(Execute(*client, {"PING"}).ok());
  server.Freeze();
  const auto first = Ask(*client, {"ECHO", "first"});
  const auto given_up = Ask(*client, {"RPUSH", "pushed", "x"});
  const auto last = Ask(*client, {"ECHO", "last"});
  loop_.RunUntil([] { return false; }, milliseconds(30));  // written, not answered
  given_up->cancel.emit(asio::cancellation_type::terminal);
  ASSERT_TRUE(Await(*given_up));
  EXPECT_THROW(std::rethrow_exception(given_up->thrown), boost::system::system_error);
  EXPECT_FALSE(first->Done());

  server.Thaw();
  ASSERT_TRUE(Await(*last));
  EXPECT_EQ((*first->reply)->String(), "first");
  EXPECT_EQ((*last->reply)->String(), "last");
  // What was written was done.
  EXPECT_EQ(Execute(*client, {"LLEN", "pushed"})->Integer(), 1);
}

TEST_F(FailureTest, CancelledBeforeItIsWritten_IsNeverSent) {
  testing::RedisServer server;
  server.Stop();
  auto client = loop_.OpenClient(loop_.OptionsFor(server.Url()));
  const auto first = Ask(*client, {"RPUSH", "l", "first"});
  const auto given_up = Ask(*client, {"RPUSH", "l", "given up"});
  const auto last = Ask(*client, {"RPUSH", "l", "last"});
  loop_.RunUntil([] { return false; }, milliseconds(20));
  given_up->cancel.emit(asio::cancellation_type::terminal);
  ASSERT_TRUE(Await(*given_up));
  server.Restart();
  ASSERT_TRUE(Await(*last));
  EXPECT_EQ((*first->reply)->Integer(), 1);
  EXPECT_EQ((*last->reply)->Integer(), 2);
}

TEST_F(FailureTest, DestroyedClient_EndsWhatWaits) {
  testing::RedisServer server;
  auto client = loop_.OpenClient(loop_.OptionsFor(server.Url()));
  const auto in_flight = Ask(*client, {"BLPOP", "empty", "0"});
  ASSERT_TRUE(loop_.RunUntil([&] {
    return server.Ask({"INFO", "clients"}).find("blocked_clients:1") != std::string::npos;
  }));
  client.reset();
  ASSERT_TRUE(Await(*in_flight));
  EXPECT_EQ(in_flight->Reason(), v1::REDIS_AMBIGUOUS);
}

TEST_F(FailureTest, ContextThatDiesWithWaiters_LeaksNothing) {
  testing::RedisServer server;
  bool frame_ended = false;
  {
    RedisLoop loop;
    auto client = loop.OpenClient(loop.OptionsFor(server.Url()));
    struct OnEnd {
      bool& flag;
      ~OnEnd() { flag = true; }
    };
    const auto wait = [](Client& redis, bool& ended) -> base::Task<void> {
      const OnEnd on_end{ended};
      Args command = {"BLPOP", "empty", "0"};
      auto reply = co_await redis.Execute(std::move(command));
      reply.IgnoreError();
    };
    asio::co_spawn(loop.context, wait(*client, frame_ended), [](std::exception_ptr) {});
    ASSERT_TRUE(loop.RunUntil([&] {
      return server.Ask({"INFO", "clients"}).find("blocked_clients:1") != std::string::npos;
    }));
  }
  EXPECT_TRUE(frame_ended);
}

TEST_F(FailureTest, TooManyPending_AreRefusedAtOnce) {
  Options options = loop_.OptionsFor("unix:///tmp/tajo-there-is-no-such.sock");
  options.max_pending = 2;
  options.connect_wait = std::chrono::minutes(1);
  auto client = loop_.OpenClient(options);
  const auto first = Ask(*client, {"PING"});
  const auto second = Ask(*client, {"PING"});
  const auto third = Ask(*client, {"PING"});
  ASSERT_TRUE(Await(*third));
  EXPECT_EQ(third->Reason(), v1::REDIS_UNAVAILABLE);
  EXPECT_FALSE(first->Done());
  EXPECT_FALSE(second->Done());
  client.reset();
  ASSERT_TRUE(Await(*second));
}

TEST_F(FailureTest, Password_IsSentAtConnect_AndAWrongOneFailsAtOnceWithoutShowingIt) {
  testing::RedisServer server({"--requirepass", "opensesame", "--user", "worker", "on", ">s3:same", "~*", "+@all"});
  const auto with_login = [&](const std::string& login) {
    return "unix://" + login + "@" + server.SocketPath() + "?db=3";
  };

  auto right = loop_.OpenClient(loop_.OptionsFor(with_login("worker:s3%3Asame")));
  EXPECT_EQ(Execute(*right, {"ACL", "WHOAMI"})->String(), "worker");
  const std::string info = Execute(*right, {"CLIENT", "INFO"})->TakeString();
  EXPECT_THAT(info, HasSubstr("name=tajo "));
  EXPECT_THAT(info, HasSubstr(" db=3 "));

  Options patient = loop_.OptionsFor(with_login(":opensesamy"));
  patient.connect_wait = std::chrono::minutes(10);
  auto wrong = loop_.OpenClient(patient);
  const auto refused = Execute(*wrong, {"PING"});
  EXPECT_EQ(base::ReasonOf(refused.status()), v1::REDIS_UNAVAILABLE);
  EXPECT_THAT(refused.status().ToString(), HasSubstr("WRONGPASS"));
  EXPECT_THAT(refused.status().ToString(), Not(HasSubstr("opensesamy")));

  patient.url = server.Url();
  auto without = loop_.OpenClient(patient);
  EXPECT_THAT(Execute(*without, {"PING"}).status().ToString(), HasSubstr("NOAUTH"));
}

TEST_F(FailureTest, GarbageInsteadOfRedis_IsUnavailable_AndTriesAgain) {
  FakeRedis fake(loop_.context, "HTTP/1.1 400 Bad Request\r\n\r\n");
  Options options = loop_.OptionsFor(fake.Url());
  options.connect_wait = milliseconds(300);
  auto client = loop_.OpenClient(options);
  const auto reply = Execute(*client, {"GET", "k"});
  EXPECT_EQ(base::ReasonOf(reply.status()), v1::REDIS_UNAVAILABLE);
  EXPECT_THAT(reply.status().ToString(), HasSubstr("protocol"));
  EXPECT_TRUE(loop_.RunUntil([&] { return fake.Accepted() > 1; }));
}

TEST_F(FailureTest, MoreAnswersThanQuestions_DropTheConnection) {
  // One for CLIENT SETNAME, and one that nobody asked for.
  FakeRedis fake(loop_.context, "+OK\r\n+SURPRISE\r\n");
  Options options = loop_.OptionsFor(fake.Url());
  auto client = loop_.OpenClient(options);
  EXPECT_TRUE(loop_.RunUntil([&] { return fake.Accepted() > 2; }));
}

TEST_F(FailureTest, ServerThatNeverAnswersTheLogin_IsGivenUpInTime) {
  FakeRedis fake(loop_.context, "");
  Options options = loop_.OptionsFor(fake.Url());
  options.connect_timeout = milliseconds(50);
  options.connect_wait = milliseconds(400);
  auto client = loop_.OpenClient(options);
  const auto reply = Execute(*client, {"PING"});
  EXPECT_EQ(base::ReasonOf(reply.status()), v1::REDIS_UNAVAILABLE);
  EXPECT_THAT(reply.status().ToString(), HasSubstr("50 ms"));
  EXPECT_GT(fake.Accepted(), 1);
}

}  // namespace
}  // namespace tajo::redis
