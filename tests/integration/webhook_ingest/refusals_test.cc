#include <array>

#include "common/store/overview.h"
#include "tests/integration/webhook_ingest/fixture.h"

namespace tajo::ingest {
namespace {

constexpr char kNoSuchConnection[] = "c_00000000000000000000";
constexpr std::array<const char*, 7> kWhys = {"no_signature", "wrong_method", "signature",         "no_token",
                                              "token",        "expired",      "unknown_connection"};

class RefusalsTest : public IngestTest {
 protected:
  RefusalsTest() { StartService(); }

  double Refused(std::string_view why) { return Metric(fmt::format(R"(tajo_ingest_refusals_total{{why="{}"}})", why)); }
  // Every refusal has one cause, and no other counts.
  void ExpectOnly(std::string_view why, double times) {
    for (const char* each : kWhys) EXPECT_EQ(Refused(each), each == why ? times : 0) << each;
    EXPECT_EQ(Counted("unauthenticated"), times);
  }
  int PostWithSignature(const std::string& connection, const Headers& headers) {
    last_ = Send(net::Method::kPost, "/webhooks/jira/" + connection, IssueUpdated(10002), headers);
    return last_.status;
  }
  int PostToApp(const Headers& headers, const std::string& body = IssueUpdated(10002, "[1000]")) {
    last_ = Send(net::Method::kPost, "/webhooks/jira", body, headers);
    return last_.status;
  }

  std::string Noted(const std::string& connection, const char* field = store::kCounterLastRefusedWhy) {
    return Redis({"HGET", store::Keys(connection).Counters(), field}).String();
  }
  // The notes are a second behind.
  void WaitForNote(const std::string& connection, std::string_view why) {
    WaitFor([&] {
      clock_.Advance(std::chrono::seconds(1));
      return Noted(connection) == why;
    });
  }
  // A second note comes behind all that the loop had when the first one came.
  void WaitForAllNotes() {
    const std::string id = Connect({kSecret});
    EXPECT_EQ(PostWithSignature(id, {}), 401);
    WaitForNote(id, "no_signature");
    EXPECT_EQ(PostSigned(id, IssueUpdated(10002), "a1", "the former one"), 401);
    WaitForNote(id, "signature");
  }
};

TEST_F(RefusalsTest, Causes_AreShownBeforeTheFirst) {
  for (const char* why : kWhys) EXPECT_EQ(Refused(why), 0) << why;
}

TEST_F(RefusalsTest, AuthenticWebhooks_CountAsNone) {
  const std::string id = Connect({kSecret});
  ConnectByApp("app-1", kAppSecret, {1000});
  EXPECT_EQ(PostSigned(id, IssueUpdated(10002), "a1"), 202);
  EXPECT_EQ(PostTokened(IssueUpdated(10002, "[1000]"), "a1"), 202);
  ExpectOnly("none", 0);
}

TEST_F(RefusalsTest, WebhookWithoutSignature_IsNoSignature) {
  const std::string id = Connect({kSecret});
  EXPECT_EQ(PostWithSignature(id, {}), 401);
  EXPECT_EQ(PostWithSignature(id, {{"Authorization", "Bearer x"}}), 401);
  ExpectOnly("no_signature", 2);
  WaitForNote(id, "no_signature");
}

TEST_F(RefusalsTest, SignatureOfAnotherMethod_IsWrongMethod) {
  const std::string id = Connect({kSecret});
  EXPECT_EQ(PostWithSignature(id, {{"X-Hub-Signature", "sha1=2fd4e1c67a2d28fced849ee1bb76e7391b93eb12"}}), 401);
  ExpectOnly("wrong_method", 1);
  WaitForNote(id, "wrong_method");
}

TEST_F(RefusalsTest, SignatureBySomeOtherSecret_IsSignature) {
  const std::string id = Connect({kSecret});
  EXPECT_EQ(PostSigned(id, IssueUpdated(10002), "a1", "the former one"), 401);
  EXPECT_EQ(PostSigned(id, IssueUpdated(10003), "a2", "the former one"), 401) << "that memory knows by now";
  EXPECT_EQ(PostWithSignature(id, {{"X-Hub-Signature", "sha256=no hex"}}), 401);
  ExpectOnly("signature", 3);
  WaitForNote(id, "signature");
}

TEST_F(RefusalsTest, ConnectionThatTakesNoWebhooks_IsUnknownConnection) {
  store::ConnectionRecord pending;
  pending.state = jira::v1::PENDING;
  const std::string id = Connect({kSecret}, pending);
  EXPECT_EQ(PostSigned(id, IssueUpdated(10002), "a1"), 401);
  EXPECT_EQ(PostSigned(kNoSuchConnection, IssueUpdated(10002), "a1"), 401);
  EXPECT_EQ(PostSigned("no.name", IssueUpdated(10002), "a1"), 401);
  EXPECT_EQ(PostWithSignature(kNoSuchConnection, {}), 401);
  ExpectOnly("unknown_connection", 4);
}

TEST_F(RefusalsTest, DeliveryToTheAppWithoutToken_IsNoToken) {
  ConnectByApp("app-1", kAppSecret, {1000});
  EXPECT_EQ(PostToApp({}), 401);
  EXPECT_EQ(PostToApp({{"Authorization", "Basic dXNlcjpwYXNz"}}), 401);
  ExpectOnly("no_token", 2);
}

TEST_F(RefusalsTest, TokenThatNobodyOfTheSiteSigned_IsToken) {
  ConnectByApp("app-1", kAppSecret, {1000});
  EXPECT_EQ(PostToApp({{"Authorization", "Bearer not-a-token"}}), 401);
  EXPECT_EQ(PostTokened(IssueUpdated(10002, "[1000]"), "a1", "another secret"), 401);
  EXPECT_EQ(PostTokened(IssueUpdated(10002, "[1000]"), "a1", "another secret", R"({"exp":1})"), 401);
  EXPECT_EQ(PostTokened(IssueUpdated(10002, "[1000]"), "a1", kAppSecret, R"({"nbf":1790000300})"), 401);
  ExpectOnly("token", 4);
}

TEST_F(RefusalsTest, TokenOverADayPastItsExpiry_IsExpired) {
  ConnectByApp("app-0", "the secret of another tenants app", {1000});
  ConnectByApp("app-1", kAppSecret, {1000});
  EXPECT_EQ(PostTokened(IssueUpdated(10002, "[1000]"), "a1", kAppSecret, R"({"exp":1789827200})"), 401);
  ExpectOnly("expired", 1);
}

TEST_F(RefusalsTest, SiteOrWebhookOfNobody_IsUnknownConnection) {
  ConnectByApp("app-0", "the secret of another tenants app", {1001});
  ConnectByApp("app-1", kAppSecret, {1000});
  EXPECT_EQ(PostTokened(IssueUpdated(10002, "[1000]", "https://elsewhere.atlassian.net"), "a1"), 401);
  EXPECT_EQ(PostTokened(IssueUpdated(10002, "[1001]"), "a2"), 401);
  ExpectOnly("unknown_connection", 2);
}

TEST_F(RefusalsTest, Note_IsWrittenBehindTheAnswerAndTellsWhen) {
  const std::string id = Connect({kSecret});
  ASSERT_EQ(PostSigned(id, IssueUpdated(10002), "a1", "the former one"), 401);
  EXPECT_EQ(Noted(id), "") << "the clock hasn't moved";
  WaitForNote(id, "signature");
  EXPECT_EQ(Noted(id, store::kCounterLastRefused), std::to_string(kNowS * 1000));
}

TEST_F(RefusalsTest, WhatIsNobodysOrAuthentic_LeavesNoNote) {
  store::ConnectionRecord pending;
  pending.state = jira::v1::PENDING;
  const std::string waiting = Connect({kSecret}, pending);
  const std::string app = ConnectByApp("app-1", kAppSecret, {1000});
  const std::string good = Connect({kSecret});
  EXPECT_EQ(PostSigned(kNoSuchConnection, IssueUpdated(10002), "a1"), 401);
  EXPECT_EQ(PostSigned(waiting, IssueUpdated(10002), "a1"), 401);
  EXPECT_EQ(PostTokened(IssueUpdated(10002, "[1000]"), "a1", "another secret"), 401);
  EXPECT_EQ(PostSigned(good, IssueUpdated(10002), "a1"), 202);
  WaitForAllNotes();
  for (const std::string& id : {std::string(kNoSuchConnection), waiting, app, good}) EXPECT_EQ(Noted(id), "") << id;
}

TEST_F(RefusalsTest, RefusedWebhook_IsToldUntilAGoodOneComes) {
  const std::string id = Connect({kSecret});
  const auto told = [&] { return Run(store::ReadOverview(*redis_, id)).value().last_refused_why; };
  ASSERT_EQ(PostSigned(id, IssueUpdated(10002), "a1", "the former one"), 401);
  WaitForNote(id, "signature");
  EXPECT_EQ(told(), "signature");
  ASSERT_EQ(PostSigned(id, IssueUpdated(10002), "a1"), 202);
  EXPECT_EQ(told(), "");
}

TEST_F(RefusalsTest, NoteOfAConnectionThatIsGone_BringsNothingBack) {
  const std::string id = Connect({kSecret});
  ASSERT_EQ(PostSigned(id, IssueUpdated(10002), "a1", "the former one"), 401);
  ASSERT_TRUE(Run(connections_->Delete(id)).ok());
  WaitForAllNotes();
  EXPECT_EQ(Redis({"EXISTS", store::Keys(id).Counters()}).Integer(), 0);
}

}  // namespace
}  // namespace tajo::ingest
