#include "tests/integration/webhook_ingest/fixture.h"
#include "tests/support/http_raw.h"

namespace tajo::ingest {
namespace {

TEST_F(IngestTest, OtherPathsAndMethods_AreRefused) {
  StartService();
  EXPECT_EQ(Send(net::Method::kPost, "/webhooks/other", "{}", {}).status, 404);
  EXPECT_EQ(Send(net::Method::kPost, "/webhooks/brevo/c_1/x", "{}", {}).status, 404);
  const net::HttpResponse wrong = Send(net::Method::kGet, "/webhooks/jira", "", {});
  EXPECT_EQ(wrong.status, 405);
  EXPECT_EQ(wrong.headers.Find("Allow"), "POST");
}

TEST_F(IngestTest, Probes_AnswerAndReadinessFollowsRedis) {
  StartService();
  EXPECT_EQ(Send(net::Method::kGet, "/healthz", "", {}).status, 200);
  EXPECT_EQ(Send(net::Method::kGet, "/readyz", "", {}).status, 200);
  redis_server_.Kill();
  const auto is_ready = [this] {
    clock_.Advance(std::chrono::seconds(2));
    return health_.IsReady();
  };
  WaitFor([&] { return !is_ready(); });
  EXPECT_EQ(Send(net::Method::kGet, "/readyz", "", {}).status, 503);
  EXPECT_EQ(Send(net::Method::kGet, "/healthz", "", {}).status, 200);
  redis_server_.Restart();
  WaitFor(is_ready);
  EXPECT_EQ(Send(net::Method::kGet, "/readyz", "", {}).status, 200);
}

TEST_F(IngestTest, RedisAway_Is503AndTheRepetitionIsStoredOnce) {
  StartService();
  const std::string id = Connect({kSecret});
  ASSERT_EQ(PostSigned(id, IssueUpdated(1), "a1"), 202);
  redis_server_.Kill();
  EXPECT_EQ(PostSigned(id, IssueUpdated(2), "a2"), 503);
  EXPECT_TRUE(last_.headers.Find("Retry-After").has_value());
  // Also for one that isn't known: it can't be told.
  EXPECT_EQ(PostSigned("c_00000000000000000000", IssueUpdated(2), "a2"), 503);
  EXPECT_EQ(PostTokened(IssueUpdated(2, "[1000]"), "a2"), 503);
  redis_server_.Restart();
  WaitFor([&] { return PostSigned(id, IssueUpdated(2), "a2") != 503; });
  WaitFor([&] { return !Events(id).empty(); });  // our own connection to Redis comes back by itself
  EXPECT_EQ(Events(id).size(), 2u);
  EXPECT_GE(Counted("unavailable"), 3);
}

TEST_F(IngestTest, FlushedScriptCache_IsNoHindrance) {
  StartService();
  const std::string id = Connect({kSecret});
  ASSERT_EQ(PostSigned(id, IssueUpdated(1), "a1"), 202);
  Redis({"SCRIPT", "FLUSH"});
  EXPECT_EQ(PostSigned(id, IssueUpdated(2), "a2"), 202);
  EXPECT_EQ(PostSigned(id, IssueUpdated(1), "a1"), 200);
}

TEST_F(IngestTest, BodyOver25Megabytes_Is413BeforeItIsRead) {
  StartService();
  auto peer = testing::RawPeer::Connect(service_->Port());
  peer.Send("POST /webhooks/jira/c_1 HTTP/1.1\r\nHost: x\r\nContent-Length: 26214401\r\n\r\n");
  EXPECT_TRUE(peer.ReadUntil("\r\n").starts_with("HTTP/1.1 413 "));
  WaitFor([this] { return Counted("too_large") == 1; });
}

TEST_F(IngestTest, BodyOf24Megabytes_IsTaken) {
  StartService();
  const std::string id = Connect({kSecret});
  std::string body = IssueUpdated(10002);
  body.insert(body.size() - 1, R"(,"padding":")" + std::string(24u << 20, 'x') + '"');
  EXPECT_EQ(PostSigned(id, body, "a1"), 202);
  EXPECT_EQ(Events(id).size(), 1u);
}

// 512 of a connection are stored at a time on each loop; what is more is sent again later.
TEST_F(IngestTest, FloodOfOneConnection_IsRefusedBeforeItHoldsUpAnother) {
  constexpr int kRoom = 2 * 512;
  constexpr int kTooMany = 80;
  constexpr int kWarm = 8;
  StartService();
  const std::string flooded = Connect({kSecret});
  const std::string calm = Connect({kSecret});
  const auto request = [](const std::string& connection, int identifier) {
    const std::string body = IssueUpdated(1);
    return fmt::format(
        "POST /webhooks/jira/{} HTTP/1.1\r\nHost: x\r\nX-Hub-Signature: {}\r\nX-Atlassian-Webhook-Identifier: b{}\r\n"
        "Content-Length: {}\r\n\r\n{}",
        connection, crypto::HubSignature(body, base::Secret(kSecret)), identifier, body.size(), body);
  };

  std::vector<testing::RawPeer> peers;
  for (int i = 0; i < kWarm; ++i) {  // both loops know both connections
    peers.push_back(testing::RawPeer::Connect(service_->Port()));
    for (const std::string& connection : {flooded, calm}) {
      peers.back().Send(request(connection, -1 - i));
      ASSERT_TRUE(peers.back().ReadMessage().starts_with("HTTP/1.1 202 "));
    }
  }

  Redis({"CLIENT", "PAUSE", "600000", "WRITE"});
  for (int i = 0; i < kRoom + kTooMany; ++i) {
    peers.push_back(testing::RawPeer::Connect(service_->Port()));
    peers.back().Send(request(flooded, i));
  }
  WaitFor([&] { return Counted("full") >= kTooMany; });
  auto other = testing::RawPeer::Connect(service_->Port());
  other.Send(request(calm, 0));
  Redis({"CLIENT", "UNPAUSE"});
  EXPECT_TRUE(other.ReadUntil("\r\n").starts_with("HTTP/1.1 202 "));
  WaitFor([&] { return Counted("stored") + Counted("full") == 2 * kWarm + 1 + kRoom + kTooMany; });
  EXPECT_EQ(Events(flooded).size(), static_cast<std::size_t>(Counted("stored")) - kWarm - 1);
}

}  // namespace
}  // namespace tajo::ingest
