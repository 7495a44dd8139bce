#include "tests/integration/webhook_ingest/fixture.h"

namespace tajo::ingest {
namespace {

TEST_F(IngestTest, TokenedWebhook_GoesToTheConnectionWhoseWebhookMatched) {
  StartService();
  const std::string one = ConnectByApp("app-1", kAppSecret, {1000});
  const std::string other = ConnectByApp("app-1", kAppSecret, {1001, 1002});
  EXPECT_EQ(PostTokened(IssueUpdated(10002, "[1002]"), "a1"), 202);
  EXPECT_EQ(PostTokened(IssueUpdated(10002, "[1002]"), "a1"), 200);
  EXPECT_TRUE(Events(one).empty());
  EXPECT_EQ(Events(other).size(), 1u);
}

TEST_F(IngestTest, TokenedWebhook_WithoutIds_IsOnlyAHintToAllOfTheApp) {
  StartService();
  const std::string one = ConnectByApp("app-1", kAppSecret, {1000});
  const std::string other = ConnectByApp("app-1", kAppSecret, {1001});
  const std::string stranger = ConnectByApp("app-2", "another secret", {1000});
  EXPECT_EQ(PostTokened(IssueUpdated(10002), "a1"), 202);
  for (const std::string& id : {one, other}) {
    const auto events = Events(id);
    ASSERT_EQ(events.size(), 1u);
    EXPECT_EQ(events[0].source(), jira::v1::Event::SOURCE_HINT);
    EXPECT_EQ(events[0].hint().issue_id(), 10002);
  }
  EXPECT_TRUE(Events(stranger).empty());
  // An empty list says no more than none.
  EXPECT_EQ(PostTokened(IssueUpdated(10003, "[]"), "a2"), 202);
  EXPECT_EQ(Events(one).at(1).source(), jira::v1::Event::SOURCE_HINT);
}

TEST_F(IngestTest, TenantsOfOneSite_CantForgeEachOther) {
  StartService();
  const std::string victim = ConnectByApp("app-1", kAppSecret, {1000});
  const std::string attacker = ConnectByApp("app-2", "the attackers own secret", {1000});
  EXPECT_EQ(PostTokened(IssueUpdated(10002, "[1000]"), "a1", "the attackers own secret"), 202);
  EXPECT_TRUE(Events(victim).empty());
  EXPECT_EQ(Events(attacker).size(), 1u);
  EXPECT_EQ(PostTokened(IssueUpdated(10002, "[1000]"), "a2", "nobodys secret"), 401);
}

TEST_F(IngestTest, TokenOfTheRightApp_ForAnotherSite_Is401) {
  StartService();
  const std::string id = ConnectByApp("app-1", kAppSecret, {1000});
  EXPECT_EQ(PostTokened(IssueUpdated(10002, "[1000]", "https://elsewhere.atlassian.net"), "a1"), 401);
  EXPECT_EQ(PostTokened(R"({"webhookEvent":"jira:issue_updated"})", "a2"), 401);
  EXPECT_TRUE(Events(id).empty());
}

TEST_F(IngestTest, LinksByWayOfTheGateway_LeadToTheCloudsConnection) {
  StartService();
  const std::string cloud = "11223344-a1b2-3b33-c444-def123456789";
  const std::string id = ConnectByApp("app-1", kAppSecret, {1000}, cloud);
  EXPECT_EQ(PostTokened(IssueUpdated(10002, "[1000]", "https://api.atlassian.com/ex/jira/" + cloud), "a1"), 202);
  EXPECT_EQ(Events(id).size(), 1u);
}

TEST_F(IngestTest, SiteOnAPort_IsFoundByItsHostToo) {
  StartService();
  const std::string id = ConnectByApp("app-1", kAppSecret, {1000});
  EXPECT_EQ(PostTokened(IssueUpdated(10002, "[1000]", std::string("http://") + kSite + ":8443"), "a1"), 202);
  EXPECT_EQ(Events(id).size(), 1u);
}

TEST_F(IngestTest, TokenVariants_AreJudged) {
  StartService();
  const std::string id = ConnectByApp("app-1", kAppSecret, {1000});
  const std::string body = IssueUpdated(10002, "[1000]");
  const auto with = [&](const std::string& authorization) {
    return Send(net::Method::kPost, "/webhooks/jira", body, {{"Authorization", authorization}}).status;
  };
  EXPECT_EQ(Send(net::Method::kPost, "/webhooks/jira", body, {}).status, 401);
  // {"alg":"none","typ":"JWT"}.{}.
  EXPECT_EQ(with("Bearer eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.e30."), 401);
  EXPECT_EQ(with("Bearer not-a-token"), 401);
  EXPECT_EQ(with("Basic dXNlcjpwYXNz"), 401);
  EXPECT_EQ(PostTokened(body, "a1", kAppSecret, R"({"nbf":1790000300})"), 401);
  EXPECT_TRUE(Events(id).empty());
  EXPECT_EQ(PostTokened(body, "a2", kAppSecret, R"({"iss":"x","iat":1790000000})"), 202);
  EXPECT_EQ(PostTokened("Hello World!", "a3"), 400);
}

TEST_F(IngestTest, MalformedToken_IsRefusedBeforeTheBodyIsRead) {
  StartService();
  const Headers headers = {{"Authorization", "Bearer not-a-token"}};
  EXPECT_EQ(Send(net::Method::kPost, "/webhooks/jira", "Hello World!", headers).status, 401);
}

TEST_F(IngestTest, RefusedDelivery_TakesAsLongWhetherTheSiteIsKnownOrNot) {
  StartService();
  ConnectByApp("app-1", kAppSecret, {1000});
  const std::string known = IssueUpdated(10002, "[1000]");
  const std::string unknown = IssueUpdated(10002, "[1000]", "https://nobody.example");
  for (const std::string& body : {known, unknown}) {
    const auto begin = std::chrono::steady_clock::now();
    EXPECT_EQ(PostTokened(body, "a1", "another secret"), 401);
    EXPECT_GE(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(40));
  }
}

TEST_F(IngestTest, ExpiredToken_OfAnUnknownKind_IsQuarantined) {
  StartService();
  const std::string id = ConnectByApp("app-1", kAppSecret, {1000});
  const std::string body = fmt::format(R"({{"timestamp":1,"webhookEvent":"form_submitted","matchedWebhookIds":[1000],)"
                                       R"("issue":{{"id":"1","key":"SUP-1","self":"https://{}/rest/api/2/issue/1"}}}})",
                                       kSite);
  EXPECT_EQ(PostTokened(body, "a1", kAppSecret, R"({"exp":1789996400})"), 202);
  EXPECT_EQ(last_.body, R"({"status":"quarantined"})");
  EXPECT_EQ(Redis({"XLEN", store::Keys(id).Quarantine()}).Integer(), 1);
}

TEST_F(IngestTest, ExpiredToken_IsBelievedOnlyAsAHint) {
  StartService();
  const std::string id = ConnectByApp("app-1", kAppSecret, {1000});
  EXPECT_EQ(PostTokened(IssueUpdated(10002, "[1000]"), "a1", kAppSecret, R"({"exp":1789996400})"), 202);
  const auto events = Events(id);
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].source(), jira::v1::Event::SOURCE_HINT);
  EXPECT_EQ(events[0].hint().issue_id(), 10002);
  // Two days.
  EXPECT_EQ(PostTokened(IssueUpdated(10003, "[1000]"), "a2", kAppSecret, R"({"exp":1789827200})"), 401);
}

TEST_F(IngestTest, HintsBeyondTheBudget_AreSentAgainLater) {
  StartService();
  ConnectByApp("app-1", kAppSecret, {1000});
  int refused = 0;
  // Each of the two loops has a budget of its own.
  for (int i = 0; i < 130; ++i) {
    const int status =
        PostTokened(IssueUpdated(20000 + i, "[1000]"), fmt::format("a{}", i), kAppSecret, R"({"exp":1789996400})");
    refused += status == 503 ? 1 : 0;
  }
  EXPECT_GE(refused, 10);
}

TEST_F(IngestTest, AnotherTenantsLostCredentials_AreNoHindrance) {
  StartService();
  const auto elsewhere = crypto::Keyring::Parse(crypto::GenerateKeyring("lost"), "test").value();
  store::Connections others(*redis_, clock_, random_, elsewhere);
  store::ConnectionRecord lost;
  lost.connection_id = "c_00000000000000000000";
  lost.tenant_id = "t_1";
  lost.state = jira::v1::ACTIVE;
  lost.site_host = kSite;
  ASSERT_TRUE(Run(others.Create(lost, {})).ok());
  // Nobody else there: it may be for that one.
  EXPECT_EQ(PostTokened(IssueUpdated(10002, "[1000]"), "a1"), 503);
  const std::string id = ConnectByApp("app-1", kAppSecret, {1000});
  EXPECT_EQ(PostTokened(IssueUpdated(10002, "[1000]"), "a1"), 202);
  EXPECT_EQ(Events(id).size(), 1u);
}

TEST_F(IngestTest, NewRegistration_IsFoundWithoutWaiting) {
  StartService();
  const std::string one = ConnectByApp("app-1", kAppSecret, {1000});
  ASSERT_EQ(PostTokened(IssueUpdated(10002, "[1000]"), "a1"), 202);
  const std::string second = ConnectByApp("app-1", kAppSecret, {1001});
  EXPECT_EQ(PostTokened(IssueUpdated(10002, "[1000,1001]"), "a2"), 202);
  EXPECT_EQ(Events(one).size(), 2u);
  EXPECT_EQ(Events(second).size(), 1u);
}

TEST_F(IngestTest, ConnectionThatIsJustRegistering_Is503SoThatJiraSendsItAgain) {
  StartService();
  const std::string id = ConnectByApp("app-1", kAppSecret, {});
  EXPECT_EQ(PostTokened(IssueUpdated(10002, "[1000]"), "a1"), 503);
  ASSERT_TRUE(Run(connections_->SetWebhooks(id, {1000}, 1'792'000'000'000)).ok());
  EXPECT_EQ(PostTokened(IssueUpdated(10002, "[1000]"), "a1"), 202);
}

TEST_F(IngestTest, RotatedAppSecret_IsTakenAtOnceAndTheFormerStaysValid) {
  StartService();
  const std::string id = ConnectByApp("app-1", kAppSecret, {1000});
  ASSERT_EQ(PostTokened(IssueUpdated(10002, "[1000]"), "a1"), 202);
  jira::v1::App app;
  app.set_client_id("app-1");
  app.add_client_secrets("the next one");
  ASSERT_TRUE(Run(grants_->PutApp(app)).ok());
  EXPECT_EQ(PostTokened(IssueUpdated(10002, "[1000]"), "a2", "the next one"), 202);
  EXPECT_EQ(PostTokened(IssueUpdated(10002, "[1000]"), "a3", kAppSecret), 202);
  EXPECT_EQ(Events(id).size(), 3u);
}

}  // namespace
}  // namespace tajo::ingest
