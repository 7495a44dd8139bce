#include <gtest/gtest.h>

#include <string>

#include "common/redis/refusal.h"
#include "tests/support/redis_server.h"
#include "tests/unit/redis/redis_loop.h"

namespace tajo::redis {
namespace {

class RunScriptTest : public ::testing::Test {
 protected:
  absl::StatusOr<Reply> Run(const Script& script, Args keys, Args args) {
    return loop_.Wait(client_->Run(script, std::move(keys), std::move(args)));
  }
  int64_t Calls(const std::string& command) {
    const std::string stats = loop_.Wait(client_->Execute({"INFO", "commandstats"}))->TakeString();
    const std::string label = "cmdstat_" + command + ":calls=";
    const std::size_t at = stats.find(label);
    return at == std::string::npos ? 0 : std::stoll(stats.substr(at + label.size()));
  }

  testing::RedisServer server_;
  RedisLoop loop_;
  std::unique_ptr<Client> client_ = loop_.OpenClient(loop_.OptionsFor(server_.Url()));
  const Script increment_{"return redis.call('INCRBY', KEYS[1], ARGV[1])"};
};

TEST_F(RunScriptTest, UnknownScript_IsSentOnce_ThenKnownByItsSha) {
  EXPECT_EQ(Run(increment_, {"n"}, {"2"})->Integer(), 2);
  EXPECT_EQ(Run(increment_, {"n"}, {"3"})->Integer(), 5);
  EXPECT_EQ(Calls("eval"), 1);
  EXPECT_EQ(Calls("evalsha"), 2);
}

TEST_F(RunScriptTest, FlushedBetweenCalls_IsSentAgain_AndRunsOnceEach) {
  EXPECT_EQ(Run(increment_, {"n"}, {"1"})->Integer(), 1);
  ASSERT_TRUE(loop_.Wait(client_->Execute({"SCRIPT", "FLUSH"})).ok());
  EXPECT_EQ(Run(increment_, {"n"}, {"1"})->Integer(), 2);
  EXPECT_EQ(Calls("eval"), 2);
}

TEST_F(RunScriptTest, RestartedServer_IsTaughtAgain) {
  EXPECT_EQ(Run(increment_, {"n"}, {"1"})->Integer(), 1);
  server_.Restart();
  const auto reply = Run(increment_, {"n"}, {"1"});
  ASSERT_TRUE(reply.ok()) << reply.status();
  EXPECT_EQ(reply->Integer(), 1);
}

TEST_F(RunScriptTest, ScriptsOwnError_GivesItsWord) {
  const Script refusing("return redis.error_reply('LEASE_LOST another worker')");
  EXPECT_EQ(RefusalWord(Run(refusing, {"k"}, {}).status()), "LEASE_LOST");
}

}  // namespace
}  // namespace tajo::redis
