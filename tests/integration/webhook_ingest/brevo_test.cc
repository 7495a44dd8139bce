#include "tests/integration/webhook_ingest/fixture.h"

namespace tajo::ingest {
namespace {

constexpr char kToken[] = "0123456789abcdef0123456789abcdef";
constexpr char kDeleted[] = R"({"id":7,"email":"ada@example.com","event":"contact_deleted","ts":1790000000})";
constexpr char kUnsubscribed[] = R"({"id":7,"email":"ada@example.com","event":"unsubscribed","ts_event":1790000000})";

class BrevoIngestTest : public IngestTest {
 protected:
  std::string ConnectWithToken(std::vector<std::string> tokens, store::ConnectionRecord record = {}) {
    jira::v1::Credentials credentials;
    for (std::string& token : tokens) credentials.add_brevo_webhook_tokens(std::move(token));
    return Create(std::move(record), std::move(credentials));
  }
  int Post(const std::string& connection, const std::string& body, const std::string& token = kToken) {
    Headers headers;
    if (!token.empty()) headers.emplace_back("Authorization", "Bearer " + token);
    last_ = Send(net::Method::kPost, "/webhooks/brevo/" + connection, body, headers);
    return last_.status;
  }
  std::vector<jira::v1::Event> People(const std::string& connection) {
    std::vector<jira::v1::Event> events;
    const redis::Reply entries = Redis({"XRANGE", store::Keys(connection).People(), "-", "+"});
    for (const redis::Reply& entry : entries.Elements()) {
      events.emplace_back().ParseFromString(entry.Elements().at(1).Elements().at(1).String());
    }
    return events;
  }
  double CountedOfBrevo(std::string_view outcome) {
    const std::string text = metrics_.Serialize();
    const std::string line = fmt::format("tajo_ingest_brevo_webhooks_total{{outcome=\"{}\"}} ", outcome);
    const std::size_t at = text.find(line);
    return at == std::string::npos ? -1 : std::stod(text.substr(at + line.size()));
  }
};

TEST_F(BrevoIngestTest, DeletedContact_IsStoredAsAnErasure_Once) {
  StartService();
  const std::string id = ConnectWithToken({kToken});
  EXPECT_EQ(Post(id, kDeleted), 202);
  EXPECT_EQ(Post(id, kDeleted), 200);
  const auto people = People(id);
  ASSERT_EQ(people.size(), 1u);
  EXPECT_EQ(people[0].erasure().email(), "ada@example.com");
  EXPECT_EQ(people[0].erasure().origin(), jira::v1::PersonErasure::ORIGIN_BREVO);
  EXPECT_EQ(people[0].occurred_ms(), 1'790'000'000'000);
  EXPECT_TRUE(Events(id).empty());
  EXPECT_EQ(CountedOfBrevo("stored"), 1);
  EXPECT_EQ(CountedOfBrevo("duplicate"), 1);
  // Jira is as silent as it was.
  EXPECT_EQ(Redis({"HGET", store::Keys(id).Counters(), "last_webhook_ms"}).IsNil(), true);
}

TEST_F(BrevoIngestTest, Batch_IsStoredWhole) {
  StartService();
  const std::string id = ConnectWithToken({kToken});
  EXPECT_EQ(Post(id, std::string("[") + kDeleted + "," + kUnsubscribed + R"(,{"event":"opened","email":"x@y.z"}])"),
            202);
  const auto people = People(id);
  ASSERT_EQ(people.size(), 2u);
  EXPECT_EQ(people[1].unsubscribed().email(), "ada@example.com");
}

TEST_F(BrevoIngestTest, WrongToken_AndNoSuchConnection_GetTheSameAnswer) {
  StartService();
  const std::string id = ConnectWithToken({kToken});
  EXPECT_EQ(Post(id, kDeleted, "another"), 401);
  const std::string refused = last_.body;
  EXPECT_EQ(Post("c_00000000000000000000", kDeleted), 401);
  EXPECT_EQ(last_.body, refused);
  EXPECT_EQ(Post("not.an.id", kDeleted, kToken), 401);
  EXPECT_EQ(Post(id, kDeleted, ""), 401);
  const std::string without = ConnectWithToken({});
  EXPECT_EQ(Post(without, kDeleted), 401);
  store::ConnectionRecord pending;
  pending.state = jira::v1::PENDING;
  EXPECT_EQ(Post(ConnectWithToken({kToken}, pending), kDeleted), 401);
  // A secret of Jira's webhooks doesn't open this door.
  const std::string signed_one = Connect({kSecret});
  EXPECT_EQ(Post(signed_one, kDeleted, kSecret), 401);
  EXPECT_TRUE(People(id).empty());
  EXPECT_EQ(CountedOfBrevo("unauthenticated"), 7);
}

TEST_F(BrevoIngestTest, RotatedToken_IsTakenAtOnceAndTheFormerStaysValid) {
  StartService();
  const std::string id = ConnectWithToken({kToken});
  ASSERT_EQ(Post(id, kDeleted), 202);
  jira::v1::Credentials rotated;
  rotated.add_brevo_webhook_tokens("the next one");
  rotated.add_brevo_webhook_tokens(kToken);
  ASSERT_TRUE(Run(connections_->UpdateCredentials(id, rotated)).ok());
  EXPECT_EQ(Post(id, kUnsubscribed, "the next one"), 202);
  EXPECT_EQ(Post(id, kUnsubscribed, kToken), 200);
  rotated.mutable_brevo_webhook_tokens()->RemoveLast();
  ASSERT_TRUE(Run(connections_->UpdateCredentials(id, rotated)).ok());
  EXPECT_EQ(Post(id, R"([])", kToken), 401);
}

TEST_F(BrevoIngestTest, OtherEvents_AreIgnored_AndWhatCantBeReadIs400) {
  StartService();
  const std::string id = ConnectWithToken({kToken});
  EXPECT_EQ(Post(id, R"({"event":"list_addition","email":"ada@example.com"})"), 202);
  EXPECT_EQ(last_.body, R"({"status":"ignored"})");
  EXPECT_EQ(CountedOfBrevo("ignored"), 1);
  EXPECT_EQ(Post(id, "<html>"), 400);
  EXPECT_EQ(Post(id, R"({"event":"contact_deleted","email":["ada@example.com"]})"), 400);
  EXPECT_TRUE(People(id).empty());
  EXPECT_EQ(Redis({"XLEN", store::Keys(id).Quarantine()}).Integer(), 2);
}

TEST_F(BrevoIngestTest, EventsOfABatchThatCantBeRead_DontCostTheOthers) {
  StartService();
  const std::string id = ConnectWithToken({kToken});
  EXPECT_EQ(Post(id, std::string("[7,") + kDeleted + "]"), 202);
  EXPECT_EQ(People(id).size(), 1u);
  EXPECT_EQ(Redis({"XLEN", store::Keys(id).Quarantine()}).Integer(), 1);
}

TEST_F(BrevoIngestTest, FullBacklogOfEvents_DoesntHoldUpAnErasure) {
  StartService();
  store::ConnectionRecord record;
  record.config.set_stream_high_water(1);
  const std::string id = ConnectWithToken({kToken}, record);
  Redis({"XADD", store::Keys(id).Events(), "*", "e", "x"});
  EXPECT_EQ(Post(id, kDeleted), 202);
}

TEST_F(BrevoIngestTest, RedisAway_Is503) {
  StartService();
  const std::string id = ConnectWithToken({kToken});
  ASSERT_EQ(Post(id, kDeleted), 202);
  redis_server_.Kill();
  EXPECT_EQ(Post(id, kUnsubscribed), 503);
  EXPECT_TRUE(last_.headers.Find("Retry-After").has_value());
  redis_server_.Restart();
  WaitFor([this, &id] { return Post(id, kUnsubscribed) != 503; });
  // 200 where one was stored whose answer came too late.
  EXPECT_TRUE(last_.status == 202 || last_.status == 200) << last_.status;
  WaitFor([this, &id] { return !People(id).empty(); });  // our own connection to Redis comes back by itself
  EXPECT_EQ(People(id).size(), 2u);
}

}  // namespace
}  // namespace tajo::ingest
