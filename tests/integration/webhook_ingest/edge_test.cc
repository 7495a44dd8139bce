#include "common/store/event_intake.h"
#include "services/webhook-ingest/directory.h"
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

TEST_F(IngestTest, RequestsRefusedByTheServerItself_AreCountedByStatus) {
  StartService();
  const auto refused = [this](const std::string& request) {
    auto peer = testing::RawPeer::Connect(service_->Port());
    peer.Send(request);
    return peer.ReadUntil("\r\n");
  };
  const auto counted = [this](int status) {
    return Metric(fmt::format(R"(tajo_ingest_http_refusals_total{{status="{}"}})", status));
  };
  EXPECT_EQ(counted(408), 0);
  EXPECT_TRUE(refused("nonsense\r\n\r\n").starts_with("HTTP/1.1 400 "));
  const std::string long_header =
      "GET /healthz HTTP/1.1\r\nHost: x\r\nX-Long: " + std::string(20'000, 'x') + "\r\n\r\n";
  EXPECT_TRUE(refused(long_header).starts_with("HTTP/1.1 431 "));
  EXPECT_TRUE(refused("POST /webhooks/jira/c_1 HTTP/1.1\r\nHost: x\r\nContent-Length: 26214401\r\n\r\n")
                  .starts_with("HTTP/1.1 413 "));
  WaitFor([&] { return counted(400) == 1 && counted(431) == 1 && counted(413) == 1; });
}

TEST_F(IngestTest, Deliveries_AreCountedByFlowAndAttempt) {
  StartService();
  const std::string id = Connect({kSecret});
  const std::string body = IssueUpdated(1);
  const auto post = [&](Headers headers, const std::string& secret) {
    headers.emplace_back("X-Hub-Signature", crypto::HubSignature(body, base::Secret(secret)));
    return Send(net::Method::kPost, "/webhooks/jira/" + id, body, headers).status;
  };
  EXPECT_EQ(post({{"X-Atlassian-Webhook-Flow", "Primary"}}, kSecret), 202);
  EXPECT_EQ(post({{"X-Atlassian-Webhook-Flow", "Secondary"}, {"X-Atlassian-Webhook-Retry", "2"}}, kSecret), 200);
  EXPECT_EQ(post({{"X-Atlassian-Webhook-Flow", "Primary"}}, "nobodys secret"), 401);
  ConnectByApp("app-1", kAppSecret, {1000});
  EXPECT_EQ(PostTokened(IssueUpdated(2, "[1000]"), "a1"), 202);
  EXPECT_EQ(Metric(R"(tajo_ingest_deliveries_total{flow="primary",retry="no"})"), 1);
  EXPECT_EQ(Metric(R"(tajo_ingest_deliveries_total{flow="secondary",retry="yes"})"), 1);
  EXPECT_EQ(Metric(R"(tajo_ingest_deliveries_total{flow="unknown",retry="no"})"), 1);
}

TEST_F(IngestTest, StoredWebhook_IsTimedOnceInEachStage) {
  StartService();
  const std::string id = Connect({kSecret});
  const auto timed = [this](std::string_view stage) {
    return Metric(fmt::format(R"(tajo_ingest_stage_seconds_count{{stage="{}"}})", stage));
  };
  for (const char* stage : {"judge", "normalise", "store"}) EXPECT_EQ(timed(stage), 0) << stage;
  ASSERT_EQ(PostSigned(id, IssueUpdated(10002), "a1"), 202);
  for (const char* stage : {"judge", "normalise", "store"}) EXPECT_EQ(timed(stage), 1) << stage;
  EXPECT_EQ(Metric("tajo_ingest_request_seconds_count"), 1);
}

TEST_F(IngestTest, ConnectionReadAgain_KeepsTheCountOfWhatIsInHand) {
  const std::string id = Connect({kSecret});
  Directory directory(*redis_, clock_, random_, keyring_);
  const auto first = Run(directory.Find(id, Look::kInMemory));
  ASSERT_TRUE(first.ok() && first->value != nullptr);
  *first->value->in_hand = 3;
  const auto again = Run(directory.Find(id, Look::kInRedis));
  ASSERT_TRUE(again.ok() && again->value != nullptr);
  ASSERT_NE(again->value, first->value);
  EXPECT_EQ(*again->value->in_hand, 3u);
}

TEST_F(IngestTest, StoredBehindADuplicateOfTheSameSecond_IsNoted) {
  const std::string id = Connect({kSecret});
  store::EventIntake intake(*redis_, clock_, 0);
  const auto take = [&](const std::string& identifier) {
    std::vector<jira::v1::Event> events(1);
    return Run(intake.Store(id, identifier, std::move(events), 0)).value().outcome;
  };
  EXPECT_EQ(take("a1"), store::Intake::kStored);
  clock_.Advance(std::chrono::seconds(2));
  EXPECT_EQ(take("a1"), store::Intake::kDuplicate);
  EXPECT_EQ(take("a2"), store::Intake::kStored);
  EXPECT_EQ(Redis({"HGET", store::Keys(id).Counters(), "last_webhook_ms"}).String(),
            std::to_string(base::ToMillis(clock_.Now())));
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
