#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "common/base/error.h"
#include "tajo/jira/v1/error.pb.h"
#include "tests/support/redis_server.h"
#include "tests/unit/redis/redis_loop.h"

namespace tajo::redis {
namespace {

using ::testing::HasSubstr;
using testing::RedisServer;
constexpr auto kPort = RedisServer::Listen::kSocketAndPort;

class SentinelTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(loop_.RunUntil([&] {
      return replica_.Ask({"INFO", "replication"}).find("master_link_status:up") != std::string::npos;
    }));
    // So that it can take over, the sentinel must have heard from the replica.
    ASSERT_TRUE(loop_.RunUntil([&] {
      return sentinel_.Ask({"SENTINEL", "REPLICAS", "front"}).find("master-link-status\r\n$2\r\nok") !=
             std::string::npos;
    }));
  }
  std::string Url(std::string_view master = "front") const {
    // The first of the sentinels isn't there.
    return fmt::format("redis+sentinel://127.0.0.1:{},127.0.0.1:{}/{}", testing::FreePort(), sentinel_.Port(), master);
  }
  absl::StatusOr<Reply> Execute(Client& client, Args command) { return loop_.Wait(client.Execute(std::move(command))); }
  bool IsMaster(const RedisServer& server) { return server.Ask({"ROLE"}).find("master") != std::string::npos; }
  // The first answer that isn't an error.
  bool EventuallyWrites(Client& client, const std::string& value) {
    return loop_.RunUntil([&] { return Execute(client, {"SET", "k", value}).ok(); });
  }

  RedisLoop loop_;
  RedisServer master_{{"--repl-diskless-sync-delay", "0"}, kPort};
  RedisServer replica_{{"--replicaof", "127.0.0.1", std::to_string(master_.Port())}, kPort};
  RedisServer sentinel_{{"--sentinel"},
                        kPort,
                        fmt::format("sentinel monitor front 127.0.0.1 {} 1\n"
                                    "sentinel down-after-milliseconds front 300\n"
                                    "sentinel failover-timeout front 3000\n",
                                    master_.Port())};
};

TEST_F(SentinelTest, Master_IsFound_ThroughTheSentinelThatAnswers) {
  auto client = loop_.OpenClient(loop_.OptionsFor(Url()));
  const auto reply = Execute(*client, {"SET", "k", "v"});
  ASSERT_TRUE(reply.ok()) << reply.status();
  EXPECT_THAT(master_.Ask({"GET", "k"}), HasSubstr("v"));
}

TEST_F(SentinelTest, KilledMaster_IsLeftForTheNewOne) {
  auto client = loop_.OpenClient(loop_.OptionsFor(Url()));
  ASSERT_TRUE(Execute(*client, {"SET", "k", "before"}).ok());
  master_.Kill();
  ASSERT_TRUE(EventuallyWrites(*client, "after"));
  EXPECT_TRUE(IsMaster(replica_));
  EXPECT_THAT(replica_.Ask({"GET", "k"}), HasSubstr("after"));
}

TEST_F(SentinelTest, MasterThatIsDemotedInPlace_IsLeftForTheNewOne) {
  auto client = loop_.OpenClient(loop_.OptionsFor(Url()));
  ASSERT_TRUE(Execute(*client, {"SET", "k", "before"}).ok());
  ASSERT_EQ(sentinel_.Ask({"SENTINEL", "FAILOVER", "front"}), "+OK\r\n");
  ASSERT_TRUE(loop_.RunUntil([&] { return IsMaster(replica_) && !IsMaster(master_); }));
  ASSERT_TRUE(EventuallyWrites(*client, "after"));
  EXPECT_THAT(replica_.Ask({"GET", "k"}), HasSubstr("after"));
}

TEST_F(SentinelTest, UnknownMaster_IsUnavailable_AndNamesIt) {
  Options options = loop_.OptionsFor(Url("back"));
  options.connect_wait = std::chrono::milliseconds(200);
  auto client = loop_.OpenClient(options);
  const auto reply = Execute(*client, {"PING"});
  EXPECT_EQ(base::ReasonOf(reply.status()), jira::v1::REDIS_UNAVAILABLE);
  EXPECT_THAT(reply.status().ToString(), HasSubstr("'back'"));
}

}  // namespace
}  // namespace tajo::redis
