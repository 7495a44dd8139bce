#include <boost/asio/co_spawn.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/integration/webhook_ingest/fixture.h"

namespace tajo::ingest {
namespace {

TEST_F(IngestTest, SignedWebhook_IsStoredOnceAndAnsweredAsDuplicateAfter) {
  StartService();
  const std::string id = Connect({kSecret});
  EXPECT_EQ(PostSigned(id, IssueUpdated(10002), "a1"), 202);
  EXPECT_EQ(last_.body, R"({"status":"stored"})");
  EXPECT_EQ(PostSigned(id, IssueUpdated(10002), "a1"), 200);
  EXPECT_EQ(last_.body, R"({"status":"duplicate"})");
  const auto events = Events(id);
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].source(), jira::v1::Event::SOURCE_WEBHOOK);
  EXPECT_EQ(events[0].received_ms(), kNowS * 1000);
  EXPECT_EQ(events[0].issue().issue().id(), 10002);
  EXPECT_EQ(events[0].issue().history().changes(0).to_text(), "Done");
  EXPECT_EQ(Counted("stored"), 1);
  EXPECT_EQ(Counted("duplicate"), 1);
}

TEST_F(IngestTest, SameIdentifierWithAnotherBody_IsAnotherDelivery) {
  StartService();
  const std::string id = Connect({kSecret});
  EXPECT_EQ(PostSigned(id, IssueUpdated(10002), "a1"), 202);
  EXPECT_EQ(PostSigned(id, IssueUpdated(10003), "a1"), 202);
  EXPECT_EQ(PostSigned(id, IssueUpdated(10002), "a2"), 202);
  EXPECT_EQ(Events(id).size(), 3u);
}

TEST_F(IngestTest, WebhookWithoutIdentifier_IsNamedByItsBody) {
  StartService();
  const std::string id = Connect({kSecret});
  const std::string body = IssueUpdated(10002);
  const Headers headers = {{"X-Hub-Signature", crypto::HubSignature(body, base::Secret(kSecret))}};
  EXPECT_EQ(Send(net::Method::kPost, "/webhooks/jira/" + id, body, headers).status, 202);
  EXPECT_EQ(Send(net::Method::kPost, "/webhooks/jira/" + id, body, headers).status, 200);
}

TEST_F(IngestTest, SameIdentifierOfTwoConnections_IsStoredForBoth) {
  StartService();
  const std::string one = Connect({kSecret});
  const std::string other = Connect({kSecret});
  EXPECT_EQ(PostSigned(one, IssueUpdated(10002), "a1"), 202);
  EXPECT_EQ(PostSigned(other, IssueUpdated(10002), "a1"), 202);
}

// The signature is right and the body isn't JSON: only the raw bytes can have been signed.
TEST_F(IngestTest, VendorsVector_IsAuthenticAndUnreadable) {
  StartService();
  const std::string id = Connect({kSecret});
  const Headers headers = {
      {"X-Hub-Signature", "sha256=a4771c39fbe90f317c7824e83ddef3caae9cb3d976c214ace1f2937e133263c9"}};
  EXPECT_EQ(Send(net::Method::kPost, "/webhooks/jira/" + id, "Hello World!", headers).status, 400);
  EXPECT_EQ(Counted("unreadable"), 1);
}

TEST_F(IngestTest, NotAuthentic_AndNoSuchConnection_GetTheSameAnswer) {
  StartService();
  const std::string id = Connect({kSecret});
  EXPECT_EQ(PostSigned(id, IssueUpdated(10002), "a1", "a guess"), 401);
  const net::HttpResponse forged = last_;
  EXPECT_EQ(PostSigned("c_00000000000000000000", IssueUpdated(10002), "a1"), 401);
  EXPECT_EQ(last_.body, forged.body);
  EXPECT_EQ(last_.headers.Fields().size(), forged.headers.Fields().size());
  EXPECT_EQ(PostSigned("c_{x}", IssueUpdated(10002), "a1"), 401);
  EXPECT_EQ(Send(net::Method::kPost, "/webhooks/jira/" + id, IssueUpdated(10002), {}).status, 401);
  EXPECT_TRUE(Events(id).empty());
  EXPECT_EQ(Counted("unauthenticated"), 4);
}

TEST_F(IngestTest, TwoSecrets_AreBothValidWhileRotating) {
  StartService();
  const std::string id = Connect({"the new one", kSecret});
  EXPECT_EQ(PostSigned(id, IssueUpdated(10002), "a1", "the new one"), 202);
  EXPECT_EQ(PostSigned(id, IssueUpdated(10002), "a2", kSecret), 202);
}

TEST_F(IngestTest, RotatedSecret_CountsFromTheNextDeliveryOn) {
  StartService();
  const std::string id = Connect({kSecret});
  ASSERT_EQ(PostSigned(id, IssueUpdated(10002), "a1"), 202);
  jira::v1::Credentials credentials;
  credentials.add_webhook_secrets("the next one");
  ASSERT_TRUE(Run(connections_->UpdateCredentials(id, credentials)).ok());
  // Memory still says it is right: the script that stores it knows better.
  EXPECT_EQ(PostSigned(id, IssueUpdated(10002), "a2"), 401);
  EXPECT_EQ(PostSigned(id, IssueUpdated(10002), "a3", "the next one"), 202);
  EXPECT_EQ(Events(id).size(), 2u);
}

TEST_F(IngestTest, ConnectionMadeAfterARefusal_IsTakenAtOnce) {
  StartService();
  EXPECT_EQ(PostSigned("c_0123456789abcdef0123", IssueUpdated(10002), "a1"), 401);
  store::ConnectionRecord record;
  record.connection_id = "c_0123456789abcdef0123";
  Connect({kSecret}, record);
  EXPECT_EQ(PostSigned("c_0123456789abcdef0123", IssueUpdated(10002), "a1"), 202);
}

TEST_F(IngestTest, DeletedConnection_Is401AndNothingOfItComesBack) {
  StartService();
  const std::string id = Connect({kSecret});
  ASSERT_EQ(PostSigned(id, IssueUpdated(10002), "a1"), 202);
  ASSERT_TRUE(Run(connections_->Delete(id)).ok());
  EXPECT_EQ(PostSigned(id, IssueUpdated(10002), "a2"), 401);
  EXPECT_EQ(Redis({"EXISTS", store::Keys(id).Events()}).Integer(), 0);
}

// Of kinds that no script stores.
TEST_F(IngestTest, DeletedConnection_Is401ForEveryKind) {
  StartService();
  const std::string id = Connect({kSecret});
  ASSERT_EQ(PostSigned(id, IssueUpdated(10002), "a1"), 202);
  ASSERT_TRUE(Run(connections_->Delete(id)).ok());
  EXPECT_EQ(PostSigned(id, R"({"webhookEvent":"board_created","board":{"id":4}})", "a2"), 401);
  EXPECT_EQ(PostSigned(id, R"({"webhookEvent":"form_submitted"})", "a3"), 401);
  EXPECT_EQ(PostSigned(id, "Hello World!", "a4"), 401);
  EXPECT_EQ(Redis({"EXISTS", store::Keys(id).Quarantine()}).Integer(), 0);
}

TEST_F(IngestTest, PendingConnection_Is401AndPausedIsStored) {
  StartService();
  store::ConnectionRecord pending;
  pending.state = jira::v1::PENDING;
  const std::string id = Connect({kSecret}, pending);
  EXPECT_EQ(PostSigned(id, IssueUpdated(10002), "a1"), 401);
  ASSERT_TRUE(Run(connections_->SetState(id, jira::v1::PAUSED, "")).ok());
  EXPECT_EQ(PostSigned(id, IssueUpdated(10002), "a1"), 202);
}

TEST_F(IngestTest, UnknownKind_IsQuarantinedSealed) {
  StartService();
  const std::string id = Connect({kSecret});
  const std::string body = R"({"timestamp":1,"webhookEvent":"form_submitted","form":{"answer":"ada@example.com"}})";
  EXPECT_EQ(PostSigned(id, body, "a1"), 202);
  EXPECT_EQ(last_.body, R"({"status":"quarantined"})");
  const std::string key = store::Keys(id).Quarantine();
  const redis::Reply entries = Redis({"XRANGE", key, "-", "+"});
  ASSERT_EQ(entries.Elements().size(), 1u);
  const std::string sealed = entries.Elements()[0].Elements()[1].Elements()[1].String();
  EXPECT_EQ(sealed.find("ada@example.com"), std::string::npos);
  EXPECT_EQ(keyring_.Open(sealed, key).value().Reveal(), body);
  EXPECT_EQ(Counted("quarantined"), 1);
}

TEST_F(IngestTest, KindThatConcernsNobody_IsIgnored) {
  StartService();
  const std::string id = Connect({kSecret});
  EXPECT_EQ(PostSigned(id, R"({"timestamp":1,"webhookEvent":"board_created","board":{"id":4}})", "a1"), 202);
  EXPECT_EQ(last_.body, R"({"status":"ignored"})");
  EXPECT_TRUE(Events(id).empty());
  EXPECT_EQ(Redis({"EXISTS", store::Keys(id).Quarantine()}).Integer(), 0);
}

TEST_F(IngestTest, BacklogAtItsHighWater_Is503UntilItIsWorkedOff) {
  StartService();
  store::ConnectionRecord record;
  record.config.set_stream_high_water(2);
  const std::string id = Connect({kSecret}, record);
  EXPECT_EQ(PostSigned(id, IssueUpdated(1), "a1"), 202);
  EXPECT_EQ(PostSigned(id, IssueUpdated(2), "a2"), 202);
  EXPECT_EQ(PostSigned(id, IssueUpdated(3), "a3"), 503);
  EXPECT_TRUE(last_.headers.Find("Retry-After").has_value());
  EXPECT_EQ(Counted("full"), 1);
  Redis({"XTRIM", store::Keys(id).Events(), "MAXLEN", "0"});
  EXPECT_EQ(PostSigned(id, IssueUpdated(3), "a3"), 202);
}

TEST_F(IngestTest, CustomFieldOfTheConfig_IsKeptAndOneByNameMakesTheIssuePartial) {
  StartService();
  store::ConnectionRecord by_id;
  by_id.config.add_contact_source("customfield_10050");
  const std::string one = Connect({kSecret}, by_id);
  ASSERT_EQ(PostSigned(one, IssueUpdated(10002), "a1"), 202);
  EXPECT_EQ(Events(one).at(0).issue().issue().fields().at("customfield_10050"), "\"ada@example.com\"");
  EXPECT_FALSE(Events(one).at(0).issue().issue().partial());
  store::ConnectionRecord by_name;
  by_name.config.add_contact_source("Customer e-mail");
  const std::string other = Connect({kSecret}, by_name);
  ASSERT_EQ(PostSigned(other, IssueUpdated(10002), "a1"), 202);
  EXPECT_TRUE(Events(other).at(0).issue().issue().partial());
}

TEST_F(IngestTest, CredentialsOfALostKey_Are503NotARefusal) {
  StartService();
  const auto elsewhere = crypto::Keyring::Parse(crypto::GenerateKeyring("lost"), "test").value();
  store::Connections others(*redis_, clock_, random_, elsewhere);
  store::ConnectionRecord record;
  record.tenant_id = "t_1";
  record.state = jira::v1::ACTIVE;
  const std::string id = Run(others.Create(record, {})).value().connection_id;
  EXPECT_EQ(PostSigned(id, IssueUpdated(10002), "a1"), 503);
}

TEST_F(IngestTest, Owner_IsWokenByAMessage) {
  StartService();
  const std::string id = Connect({kSecret});
  Redis({"SET", store::Keys(id).Lease(), "w_1.0/abcd"});
  redis::Options options;
  options.url = redis_server_.Url();
  auto subscriber = redis::OpenSubscriber(context_, random_, options).value();
  std::vector<std::string> woken;
  boost::asio::co_spawn(context_,
                        subscriber->Run(store::WakeChannel("w_1.0"),
                                        [&woken](std::string_view connection) { woken.emplace_back(connection); }),
                        [](const std::exception_ptr&) {});
  WaitFor([&] { return Redis({"PUBSUB", "NUMSUB", store::WakeChannel("w_1.0")}).Elements().at(1).Integer() == 1; });
  EXPECT_EQ(PostSigned(id, IssueUpdated(10002), "a1"), 202);
  WaitFor([&woken] { return !woken.empty(); });
  EXPECT_EQ(woken.at(0), id);
}

TEST_F(IngestTest, RealBodies_AreAllTaken) {
  namespace fs = std::filesystem;
  const fs::path folder = fs::path(TAJO_SHARED_DIR) / "fixtures" / "webhooks";
  if (!fs::exists(folder)) GTEST_SKIP() << "no published webhook bodies beside the checkout";
  StartService();
  const std::string id = Connect({kSecret});
  int count = 0;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.path().extension() != ".json") continue;
    std::ifstream file(entry.path(), std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    EXPECT_EQ(PostSigned(id, text.str(), entry.path().string()), 202) << entry.path();
    ++count;
  }
  EXPECT_GE(count, 40);
  EXPECT_GE(Events(id).size(), 40u);
}

}  // namespace
}  // namespace tajo::ingest
