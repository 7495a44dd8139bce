#include <algorithm>
#include <set>

#include "common/crypto/digest.h"
#include "common/crypto/jwt.h"
#include "tests/integration/jira_sim/fixture.h"

namespace tajo::jira_sim {
namespace {

class WebhooksTest : public JiraSimTest {
 protected:
  void StartWith(Options options) {
    Start(std::move(options));
    Control(
        "change",
        {{"op", "create"}, {"project", "SUPPORT"}, {"summary", "It broke"}, {"reporter", "customer0001@example.com"}});
  }
  void Admin(const std::string& secret = "") {
    Control("webhooks/admin", {{"url", receiver_.Url()}, {"secret", secret}});
  }
  Reply Register(const std::string& bearer, const Json& webhooks) {
    return Post(Gateway() + "/rest/api/3/webhook", {{"url", receiver_.Url()}, {"webhooks", webhooks}}, bearer);
  }

  Receiver receiver_;
};

TEST_F(WebhooksTest, Transition_IsSentWithItsChangelog) {
  StartWith({.issues = 0});
  Admin();
  const Json done = Control("change", {{"op", "transition"}, {"issue", "SUPPORT-1"}, {"to", "Resolved"}});
  const auto received = receiver_.WaitFor(1);
  ASSERT_EQ(received.size(), 1u);
  const Json& body = received[0].body;
  EXPECT_EQ(body["webhookEvent"], "jira:issue_updated");
  EXPECT_EQ(body["issue_event_type_name"], "issue_generic");
  EXPECT_EQ(body["changelog"]["id"], done["history_id"]);
  EXPECT_EQ(body["issue"]["key"], "SUPPORT-1");
  EXPECT_EQ(body["issue"]["self"], simulator_->Url() + "/rest/api/2/issue/10001");
  EXPECT_EQ(body["issue"]["fields"]["reporter"]["emailAddress"], "customer0001@example.com");
  EXPECT_FALSE(body["user"].contains("emailAddress"));
  EXPECT_FALSE(body.contains("matchedWebhookIds"));
  EXPECT_EQ(received[0].flow, "Primary");
  EXPECT_EQ(received[0].retry, "");
}

TEST_F(WebhooksTest, Comment_IsSentTwice_WithWikiTextAndWithoutReporter) {
  StartWith({.issues = 0});
  Admin();
  Control("change", {{"op", "comment"}, {"issue", "SUPPORT-1"}, {"text", "On its way"}, {"audience", "internal"}});
  const auto received = receiver_.WaitFor(2);
  ASSERT_EQ(received.size(), 2u);
  for (const Received& one : received) {
    EXPECT_EQ(one.body["comment"]["body"], "On its way");
    EXPECT_EQ(one.body["comment"]["jsdPublic"], false);
    if (one.body["webhookEvent"] == "comment_created") {
      EXPECT_FALSE(one.body["issue"]["fields"].contains("reporter"));
      EXPECT_FALSE(one.body.contains("user"));
    } else {
      EXPECT_EQ(one.body["issue_event_type_name"], "issue_commented");
      EXPECT_FALSE(one.body.contains("changelog"));
    }
  }
  EXPECT_NE(received[0].body["webhookEvent"], received[1].body["webhookEvent"]);
}

TEST_F(WebhooksTest, AdminWebhook_WithSecret_IsSignedOverItsBytes) {
  StartWith({.issues = 0});
  Admin("It's a Secret to Everybody");
  Control("change", {{"op", "summary"}, {"issue", "SUPPORT-1"}, {"text", "Übel"}});
  const auto received = receiver_.WaitFor(1);
  ASSERT_EQ(received.size(), 1u);
  EXPECT_EQ(received[0].signature,
            "sha256=" + crypto::Hex(crypto::HmacSha256("It's a Secret to Everybody", received[0].raw)));
}

TEST_F(WebhooksTest, DynamicWebhook_CarriesTheAppsTokenAndIds) {
  StartWith({.issues = 0});
  const std::string bearer = Bearer();
  const Reply made =
      Register(bearer, Json::array({{{"events", {"jira:issue_updated"}}, {"jqlFilter", "project = SUPPORT"}},
                                    {{"events", {"jira:issue_updated"}}, {"jqlFilter", "project = PRODUCT"}}}));
  ASSERT_EQ(made.status, 200) << made.body;
  Control("change", {{"op", "transition"}, {"issue", "SUPPORT-1"}, {"to", "In Progress"}});
  const auto received = receiver_.WaitFor(1);
  ASSERT_EQ(received.size(), 1u);
  EXPECT_EQ(received[0].body["matchedWebhookIds"],
            Json::array({made.json["webhookRegistrationResult"][0]["createdWebhookId"]}));
  ASSERT_TRUE(received[0].authorization.starts_with("Bearer "));
  const std::vector<base::Secret> secrets{base::Secret("sim-client-secret")};
  const auto claims = crypto::VerifyJwt(received[0].authorization.substr(7), secrets, clock_.Now());
  ASSERT_TRUE(claims.ok()) << claims.status();
  EXPECT_FALSE(claims->expired);
}

TEST_F(WebhooksTest, Registration_ReportsErrorsOfEachInside200) {
  Start({.issues = 0});
  const Reply made = Register(
      Bearer(), Json::array({{{"events", {"worklog_created"}}, {"jqlFilter", "project = SUPPORT"}},
                             {{"events", {"jira:issue_created"}}, {"jqlFilter", "updated >= -1d"}},
                             {{"events", {"jira:issue_created"}}, {"jqlFilter", "project is not EMPTY"}},
                             {{"events", {"jira:issue_created"}}, {"jqlFilter", "project IN (SUPPORT, PRODUCT)"}}}));
  ASSERT_EQ(made.status, 200);
  const Json& results = made.json["webhookRegistrationResult"];
  ASSERT_EQ(results.size(), 4u);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(results[static_cast<std::size_t>(i)].contains("errors")) << i;
  EXPECT_TRUE(results[3].contains("createdWebhookId"));
}

TEST_F(WebhooksTest, Registration_BeyondFiveOrAtASecondUrl_IsRefused) {
  Start({.issues = 0});
  const std::string bearer = Bearer();
  Json six = Json::array();
  for (int i = 0; i < 6; ++i) six.push_back({{"events", {"jira:issue_created"}}, {"jqlFilter", "project = SUPPORT"}});
  const Json results = Register(bearer, six).json["webhookRegistrationResult"];
  EXPECT_TRUE(results[4].contains("createdWebhookId"));
  EXPECT_TRUE(results[5].contains("errors"));
  const Json other{{"url", "https://elsewhere.example.com/x"}, {"webhooks", six}};
  EXPECT_EQ(Post(Gateway() + "/rest/api/3/webhook", other, bearer).status, 400);
}

TEST_F(WebhooksTest, Registration_WithApiToken_Is403) {
  Start({.issues = 0});
  const Reply reply = Post("/rest/api/3/webhook", {{"url", receiver_.Url()}, {"webhooks", Json::array()}});
  EXPECT_EQ(reply.status, 403);
  EXPECT_EQ(reply.Error(), "Only Connect and OAuth 2.0 apps can use this operation");
}

TEST_F(WebhooksTest, Registered_CanBeListedRefreshedAndDeleted) {
  Start({.issues = 0});
  const std::string bearer = Bearer();
  const Reply made =
      Register(bearer, Json::array({{{"events", {"jira:issue_created"}}, {"jqlFilter", "project = SUPPORT"}}}));
  const int64_t id = made.json["webhookRegistrationResult"][0]["createdWebhookId"];
  const std::string path = Gateway() + "/rest/api/3/webhook";
  const int64_t expires = Get(path, bearer).json["values"][0]["expirationDate"];
  clock_.Advance(std::chrono::minutes(30));
  const std::string ids = Json{{"webhookIds", {id, 4711}}}.dump();
  EXPECT_EQ(Send(net::Method::kPut, path + "/refresh", ids, bearer).json["expirationDate"], expires + 1'800'000);
  EXPECT_EQ(Send(net::Method::kDelete, path, ids, bearer).status, 202);
  EXPECT_EQ(Get(path, bearer).json["total"], 0);
}

TEST_F(WebhooksTest, Dynamic_Expired_FallsSilent) {
  StartWith({.issues = 0});
  Register(Bearer(), Json::array({{{"events", {"jira:issue_updated"}}, {"jqlFilter", "project = SUPPORT"}}}));
  Control("webhooks/expire", Json::object());
  Control("change", {{"op", "transition"}, {"issue", "SUPPORT-1"}, {"to", "In Progress"}});
  EXPECT_EQ(Control("deliveries")["enqueued"], 0);
}

TEST_F(WebhooksTest, Refused503_ComesAgainWithTheSameIdentifier) {
  StartWith({.issues = 0, .retry_base = std::chrono::milliseconds(1000)});
  Admin();
  receiver_.Answer({503, 429});
  Control("change", {{"op", "transition"}, {"issue", "SUPPORT-1"}, {"to", "In Progress"}});
  for (std::size_t count = 1; count <= 2; ++count) {
    ASSERT_EQ(receiver_.WaitFor(count).size(), count);
    ASSERT_TRUE(Eventually([this] { return clock_.SleepersCount() == 1; }));
    clock_.Advance(std::chrono::seconds(3));
  }
  const auto received = receiver_.WaitFor(3);
  ASSERT_EQ(received.size(), 3u);
  EXPECT_EQ(received[1].retry, "1");
  EXPECT_EQ(received[2].retry, "2");
  EXPECT_EQ(received[0].identifier, received[2].identifier);
  ASSERT_TRUE(Eventually([this] { return Control("deliveries")["delivered"] == 1; }));
  EXPECT_EQ(Control("deliveries")["retried"], 2);
}

TEST_F(WebhooksTest, Refused400_IsLost) {
  StartWith({.issues = 0});
  Admin();
  receiver_.Answer({400});
  Control("change", {{"op", "transition"}, {"issue", "SUPPORT-1"}, {"to", "In Progress"}});
  ASSERT_TRUE(Eventually([this] { return Control("deliveries")["lost"] == 1; }));
  EXPECT_EQ(Control("deliveries")["waiting"], 0);
}

TEST_F(WebhooksTest, Deleted_Issue_ComesWithItsFields_AndItsCommentsSecondary) {
  StartWith({.issues = 0});
  Control("change", {{"op", "comment"}, {"issue", "SUPPORT-1"}});
  Admin();
  Control("change", {{"op", "delete"}, {"issue", "SUPPORT-1"}});
  auto received = receiver_.WaitFor(2);
  ASSERT_EQ(received.size(), 2u);
  if (received[0].body["webhookEvent"] != "jira:issue_deleted") std::swap(received[0], received[1]);
  EXPECT_EQ(received[0].body["issue"]["fields"]["summary"], "It broke");
  EXPECT_FALSE(received[0].body.contains("issue_event_type_name"));
  EXPECT_EQ(received[1].body["webhookEvent"], "comment_deleted");
  EXPECT_EQ(received[1].flow, "Secondary");
}

TEST_F(WebhooksTest, Faults_DuplicateAndLose) {
  StartWith({.issues = 0});
  Admin();
  Control("faults", {{"kind", "duplicate_webhook"}});
  Control("change", {{"op", "transition"}, {"issue", "SUPPORT-1"}, {"to", "In Progress"}});
  auto received = receiver_.WaitFor(2);
  ASSERT_EQ(received.size(), 2u);
  EXPECT_EQ(received[0].identifier, received[1].identifier);
  Control("faults", {{"kind", "lose_webhook"}});
  Control("change", {{"op", "transition"}, {"issue", "SUPPORT-1"}, {"to", "Closed"}});
  EXPECT_EQ(Control("deliveries")["dropped"], 1);
}

TEST_F(WebhooksTest, Version_Released_TellsNoIssuesButTruthKnowsTheCustomers) {
  Start({.issues = 400, .customers = 40});
  Admin();
  const Reply unreleased = Get("/rest/api/3/project/SUPPORT/version?status=unreleased");
  const std::string version = unreleased.json["values"][0]["id"];
  Control("change", {{"op", "release_version"}, {"version", version}});
  const auto received = receiver_.WaitFor(1);
  ASSERT_EQ(received.size(), 1u);
  EXPECT_EQ(received[0].body["webhookEvent"], "jira:version_released");
  EXPECT_EQ(received[0].body["version"]["id"], version);
  EXPECT_FALSE(received[0].body.contains("issue"));
  std::set<std::string> customers;
  for (const auto& key : SearchAll("fixVersion = " + version + " AND statusCategory = Done")) {
    const Json issue = Control("truth/issue/" + key);
    if (issue["customer"].is_string()) customers.insert(issue["customer"]);
  }
  ASSERT_FALSE(customers.empty());
  EXPECT_EQ(Control("truth/events")["events"][0]["customers"], Json(customers));
}

TEST_F(WebhooksTest, Act_ThousandRandomChanges_AreAllSentAndAllTrue) {
  Start({.issues = 300, .customers = 50});
  Admin();
  const Json acted = Control("act", {{"count", 1000}, {"seed", 3}});
  EXPECT_EQ(acted["done"], 1000);
  ASSERT_TRUE(Eventually([this] {
    const Json now = Control("deliveries");
    return now["delivered"] == now["enqueued"];
  }));
  const auto received = receiver_.WaitFor(1000);
  std::set<std::string> identifiers;
  for (const Received& one : received) identifiers.insert(one.identifier);
  EXPECT_EQ(identifiers.size(), received.size());
  // Whatever was said last about each issue's key is what the site has.
  const Json truth = Control("truth/customers");
  for (const auto& customer : truth["customers"]) {
    const Json all = Control("truth/customer/" + net::EncodePathSegment(customer["email"].get<std::string>()));
    ASSERT_EQ(all["tickets"][0], customer["last"]);
    ASSERT_EQ(all["tickets"].size(), customer["count"].get<std::size_t>());
  }
}

TEST_F(WebhooksTest, Play_RunsItsChangesAtTheRate) {
  Start({.issues = 100});
  Control("play", {{"rate", 50}, {"count", 10}, {"kinds", {"transition"}}});
  for (int tick = 0; tick < 200; ++tick) {
    if (Control("play")["running"] == false) break;
    clock_.Advance(std::chrono::milliseconds(10));
  }
  const Json play = Control("play");
  EXPECT_EQ(play["done"], 10);
  EXPECT_EQ(play["running"], false);
  EXPECT_GE(play["elapsed_ms"], 170);
}

}  // namespace
}  // namespace tajo::jira_sim
