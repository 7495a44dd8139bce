#include <future>

#include "tests/integration/jira_sim/fixture.h"
#include "tests/support/eventually.h"

namespace tajo::jira_sim {
namespace {

using LimitsTest = JiraSimTest;

TEST_F(LimitsTest, Burst_AboveAHundredASecond_Is429ForThatEndpointOnly) {
  Start({.issues = 0});
  for (int i = 0; i < 100; ++i) ASSERT_EQ(Get("/rest/api/3/myself").status, 200) << i;
  const Reply reply = Get("/rest/api/3/myself");
  EXPECT_EQ(reply.status, 429);
  EXPECT_EQ(reply.Header("RateLimit-Reason"), "jira-burst-based");
  EXPECT_EQ(reply.Header("Retry-After"), "1");
  EXPECT_EQ(Get("/rest/api/3/field").status, 200);
  EXPECT_EQ(Violations("burst_exceeded"), 1);
  clock_.Advance(std::chrono::milliseconds(500));
  EXPECT_EQ(Get("/rest/api/3/myself").status, 200);  // the bucket has refilled, but it was told to wait
  EXPECT_EQ(Violations("request_before_retry_after"), 1);
  clock_.Advance(std::chrono::seconds(1));
  EXPECT_EQ(Get("/rest/api/3/myself").status, 200);
  EXPECT_EQ(Violations("request_before_retry_after"), 1);
}

TEST_F(LimitsTest, Points_AreOneAndOneForEachIssue_AndEndAtTheHour) {
  Start({.issues = 400, .points_per_hour = 250});
  const std::string bearer = Bearer();
  const std::string path = Gateway() + "/rest/api/3/search/jql";
  const Json page{{"jql", "id != null"}, {"fields", {"summary"}}, {"maxResults", 100}};
  const Reply first = Post(path, page, bearer);
  EXPECT_EQ(first.Header("X-RateLimit-Remaining"), "149");
  EXPECT_EQ(Post(path, page, bearer).status, 200);
  EXPECT_EQ(Post(path, page, bearer).status, 200);  // begun within the quota
  const Reply refused = Post(path, page, bearer);
  EXPECT_EQ(refused.status, 429);
  EXPECT_EQ(refused.Header("RateLimit-Reason"), "jira-quota-global-based");
  // 14:13:20 UTC: 46 minutes 40 seconds to go.
  EXPECT_EQ(refused.Header("Retry-After"), "2800");
  EXPECT_EQ(Search(page).status, 200);  // API tokens have no points
  clock_.Advance(std::chrono::seconds(2800));
  EXPECT_EQ(Post(path, page, bearer).status, 200);
}

TEST_F(LimitsTest, Off_LetsEverythingThrough) {
  Start({.issues = 0, .limits = false});
  for (int i = 0; i < 150; ++i) ASSERT_EQ(Get("/rest/api/3/myself").status, 200) << i;
  EXPECT_EQ(Violations(), 0);
}

TEST_F(LimitsTest, FaultRateLimit_CountsWhoComesTooEarly) {
  Start({.issues = 0});
  Control("faults", {{"kind", "rate_limit"}, {"match", {{"path", "/myself"}}}, {"retry_after", 30}});
  EXPECT_EQ(Get("/rest/api/3/myself").status, 429);
  EXPECT_EQ(Get("/rest/api/3/myself").status, 200);  // within the grace of what was on its way
  EXPECT_EQ(Violations("request_before_retry_after"), 0);
  clock_.Advance(std::chrono::seconds(5));
  Get("/rest/api/3/myself");
  EXPECT_EQ(Violations("request_before_retry_after"), 1);
  clock_.Advance(std::chrono::seconds(26));
  Get("/rest/api/3/myself");
  EXPECT_EQ(Violations("request_before_retry_after"), 1);
}

TEST_F(LimitsTest, SlowCallThatCameBeforeA429_IsNotEarly) {
  Start({.issues = 0});
  const Json myself{{"path", "/myself"}};
  Control("faults", {{"kind", "slow"}, {"match", myself}, {"delay_ms", 10'000}});
  auto slow = std::async(std::launch::async, [this] { return Get("/rest/api/3/myself").status; });
  ASSERT_TRUE(testing::Eventually([this] { return clock_.SleepersCount() == 1; }));
  Control("faults", {{"kind", "rate_limit"}, {"match", myself}, {"retry_after", 30}});
  EXPECT_EQ(Get("/rest/api/3/myself").status, 429);
  clock_.Advance(std::chrono::seconds(10));
  EXPECT_EQ(slow.get(), 200);
  EXPECT_EQ(Violations("request_before_retry_after"), 0);
}

TEST_F(LimitsTest, Faults_OfEachKind_DoWhatTheySay) {
  Start({.issues = 4});
  const auto with = [this](const Json& fault) {
    Json body = fault;
    body["match"] = {{"method", "GET"}, {"path", "/myself"}};
    Control("faults", body);
    return Get("/rest/api/3/myself");
  };
  EXPECT_EQ(with({{"kind", "status"}, {"status", 503}}).status, 503);
  EXPECT_EQ(with({{"kind", "html"}, {"status", 502}}).body.find("<!DOCTYPE"), 0u);
  EXPECT_EQ(with({{"kind", "reset"}}).status, 0);
  EXPECT_EQ(with({{"kind", "truncate"}}).status, 0);
  EXPECT_EQ(Get("/rest/api/3/myself").status, 200);
}

TEST_F(LimitsTest, DropAfterEffect_CreatesTheIssueAndSaysNothing) {
  Start({.issues = 0});
  Control("faults", {{"kind", "drop_after_effect"}, {"match", {{"method", "POST"}, {"path", "/issue"}}}});
  const Json fields{{"project", {{"key", "SUPPORT"}}}, {"issuetype", {{"name", "Bug"}}}, {"summary", "It broke"}};
  EXPECT_EQ(Post("/rest/api/3/issue", {{"fields", fields}}).status, 0);
  EXPECT_EQ(Get("/rest/api/3/issue/SUPPORT-1").json["fields"]["summary"], "It broke");
}

TEST_F(LimitsTest, UnknownFaultKind_IsRefused) {
  Start({.issues = 0});
  EXPECT_EQ(Post("/_control/faults", {{"kind", "nonsense"}}, "").status, 400);
}

}  // namespace
}  // namespace tajo::jira_sim
