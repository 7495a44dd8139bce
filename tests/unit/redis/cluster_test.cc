#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "common/base/error.h"
#include "common/redis/slot.h"
#include "tajo/jira/v1/error.pb.h"
#include "tests/support/redis_server.h"
#include "tests/unit/redis/redis_loop.h"

namespace tajo::redis {
namespace {

using ::testing::HasSubstr;
using testing::RedisServer;

std::unique_ptr<RedisServer> StartNode() {
  const std::vector<std::string> args = {"--cluster-enabled", "yes", "--cluster-config-file", "nodes.conf",
                                         "--cluster-node-timeout", "2000", "--repl-diskless-sync-delay", "0",
                                         // By default 10,000 above the port, which may be past the last port.
                                         "--cluster-port", std::to_string(testing::FreePort())};
  return std::make_unique<RedisServer>(args, RedisServer::Listen::kSocketAndPort);
}

std::string IdOf(const RedisServer& node) {
  const std::string answer = node.Ask({"CLUSTER", "MYID"});  // $40\r\n<id>\r\n
  return answer.substr(answer.find('\n') + 1, 40);
}

class ClusterTest : public ::testing::Test {
 protected:
  void SetUp() override {
    constexpr std::array<std::array<int, 2>, 3> kRanges = {{{0, 5460}, {5461, 10922}, {10923, 16383}}};
    for (std::size_t i = 0; i < 3; ++i) {
      nodes_.push_back(StartNode());
      ASSERT_EQ(
          nodes_[i]->Ask({"CLUSTER", "ADDSLOTSRANGE", std::to_string(kRanges[i][0]), std::to_string(kRanges[i][1])}),
          "+OK\r\n");
      if (i > 0) Meet(*nodes_[i]);
    }
    for (const auto& node : nodes_) {
      ASSERT_TRUE(loop_.RunUntil([&] {
        const std::string info = node->Ask({"CLUSTER", "INFO"});
        return info.find("cluster_state:ok") != std::string::npos &&
               info.find("cluster_known_nodes:3") != std::string::npos;
      }));
    }
    client_ = loop_.OpenClient(loop_.OptionsFor(fmt::format("redis+cluster://127.0.0.1:{}", nodes_[0]->Port())));
  }

  void Meet(const RedisServer& node) {
    // CLUSTER NODES has the bus port: "<id> :<port>@<bus port> myself,…"
    const std::string nodes = node.Ask({"CLUSTER", "NODES"});
    const std::size_t at = nodes.find('@') + 1;
    const std::string bus = nodes.substr(at, nodes.find_first_of(" ,", at) - at);
    ASSERT_EQ(nodes_[0]->Ask({"CLUSTER", "MEET", "127.0.0.1", std::to_string(node.Port()), bus}), "+OK\r\n");
  }

  absl::StatusOr<Reply> Execute(Args command) { return loop_.Wait(client_->Execute(std::move(command))); }

  RedisLoop loop_;
  std::vector<std::unique_ptr<RedisServer>> nodes_;
  std::unique_ptr<Client> client_;
};

TEST_F(ClusterTest, Keys_GoToTheNodeOfTheirSlot) {
  for (int i = 0; i < 200; ++i) {
    const auto reply = Execute({"SET", fmt::format("tajo:{{c{}}}:lease", i), std::to_string(i)});
    ASSERT_TRUE(reply.ok()) << reply.status();
  }
  for (int i = 0; i < 200; ++i) EXPECT_EQ(Execute({"GET", fmt::format("tajo:{{c{}}}:lease", i)})->Integer(), i);
  for (const auto& node : nodes_) EXPECT_NE(node->Ask({"DBSIZE"}), ":0\r\n");
}

TEST_F(ClusterTest, Script_RunsWhereItsKeysAre_OnEveryNode) {
  const Script script("redis.call('SET', KEYS[1], ARGV[1]); return redis.call('STRLEN', KEYS[1])");
  for (const char* tag : {"a", "b", "c", "d", "e", "f"}) {
    const auto reply =
        loop_.Wait(client_->Run(script, {fmt::format("x:{{{}}}:1", tag), fmt::format("x:{{{}}}:2", tag)}, {"four"}));
    ASSERT_TRUE(reply.ok()) << reply.status();
    EXPECT_EQ(reply->Integer(), 4);
  }
}

TEST_F(ClusterTest, MovedSlot_IsFollowed) {
  const uint16_t slot = SlotOf("foo");  // 12182: the third node's
  ASSERT_TRUE(Execute({"GET", "foo"}).ok());
  const std::string second = IdOf(*nodes_[1]);
  for (const std::size_t i : {1u, 2u, 0u}) {
    ASSERT_EQ(nodes_[i]->Ask({"CLUSTER", "SETSLOT", std::to_string(slot), "NODE", second}), "+OK\r\n");
  }
  const auto reply = Execute({"SET", "foo", "moved"});
  ASSERT_TRUE(reply.ok()) << reply.status();
  EXPECT_THAT(nodes_[1]->Ask({"GET", "foo"}), HasSubstr("moved"));
}

TEST_F(ClusterTest, SlotUnderWay_IsAskedForAtItsTarget) {
  const std::string slot = std::to_string(SlotOf("foo"));
  ASSERT_EQ(nodes_[1]->Ask({"CLUSTER", "SETSLOT", slot, "IMPORTING", IdOf(*nodes_[2])}), "+OK\r\n");
  ASSERT_EQ(nodes_[2]->Ask({"CLUSTER", "SETSLOT", slot, "MIGRATING", IdOf(*nodes_[1])}), "+OK\r\n");
  // The source doesn't have the key (any more), so it says ASK.
  for (int i = 1; i <= 3; ++i) {
    const auto reply = Execute({"INCR", "foo"});
    ASSERT_TRUE(reply.ok()) << reply.status();
    EXPECT_EQ(reply->Integer(), i);
  }
  EXPECT_EQ(nodes_[1]->Ask({"CLUSTER", "COUNTKEYSINSLOT", slot}), ":1\r\n");
  EXPECT_EQ(nodes_[2]->Ask({"CLUSTER", "COUNTKEYSINSLOT", slot}), ":0\r\n");
}

TEST_F(ClusterTest, DeadMaster_IsLeftForItsReplica) {
  nodes_.push_back(StartNode());
  RedisServer& replica = *nodes_[3];
  Meet(replica);
  ASSERT_TRUE(loop_.RunUntil([&] { return replica.Ask({"CLUSTER", "REPLICATE", IdOf(*nodes_[2])}) == "+OK\r\n"; }));
  ASSERT_TRUE(Execute({"SET", "foo", "before"}).ok());
  ASSERT_TRUE(loop_.RunUntil([&] {
    // It takes over only the slots that it has heard of.
    return replica.Ask({"INFO", "replication"}).find("master_link_status:up") != std::string::npos &&
           replica.Ask({"CLUSTER", "INFO"}).find("cluster_slots_assigned:16384") != std::string::npos;
  }));
  nodes_[2]->Kill();
  ASSERT_EQ(replica.Ask({"CLUSTER", "FAILOVER", "TAKEOVER"}), "+OK\r\n");
  ASSERT_TRUE(loop_.RunUntil([&] { return Execute({"SET", "foo", "after"}).ok(); }));
  EXPECT_THAT(replica.Ask({"GET", "foo"}), HasSubstr("after"));
}

TEST_F(ClusterTest, ManyAtOnce_ShareOneLookUp_AndAllAreAnswered) {
  int done = 0;
  int failed = 0;
  const auto set = [](Client& client, int i, int& ended, int& failures) -> base::Task<void> {
    Args command = {"SET", std::to_string(i), "v"};
    auto reply = co_await client.Execute(std::move(command));
    if (!reply.ok()) ++failures;
    ++ended;
  };
  for (int i = 0; i < 2'000; ++i) {
    boost::asio::co_spawn(loop_.context, set(*client_, i, done, failed), [](std::exception_ptr) {});
  }
  ASSERT_TRUE(loop_.RunUntil([&] { return done == 2'000; }));
  EXPECT_EQ(failed, 0);
}

TEST_F(ClusterTest, DestroyedClient_EndsWhatWaits) {
  absl::StatusOr<Reply> reply;
  bool done = false;
  boost::asio::co_spawn(loop_.context, client_->Execute({"BLPOP", "foo", "0"}),
                        [&](std::exception_ptr, absl::StatusOr<Reply> result) {
                          reply = std::move(result);
                          done = true;
                        });
  ASSERT_TRUE(loop_.RunUntil([&] {
    return nodes_[2]->Ask({"INFO", "clients"}).find("blocked_clients:1") != std::string::npos;
  }));
  client_.reset();
  ASSERT_TRUE(loop_.RunUntil([&] { return done; }));
  EXPECT_EQ(base::ReasonOf(reply.status()), jira::v1::REDIS_AMBIGUOUS);
}

}  // namespace
}  // namespace tajo::redis
