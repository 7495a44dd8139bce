#include "common/jira/connection.h"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <vector>

#include "common/base/error.h"
#include "common/jira/errors.h"
#include "common/jira/limits.h"
#include "tajo/jira/v1/error.pb.h"
#include "tests/support/fake_clock.h"
#include "tests/support/run_task.h"
#include "tests/unit/jira/fakes.h"

namespace tajo::jira {
namespace {

using testing::FakeClock;
using testing::RunTask;

constexpr char kExpired[] = R"({"code":401,"message":"Unauthorized"})";
constexpr char kScope[] = R"({"code":401,"message":"Unauthorized; scope does not match"})";

class CountingAuthorizer final : public Authorizer {
 public:
  base::Task<absl::StatusOr<Authorization>> Current() override {
    co_return Authorization{"https://x.atlassian.net", "Bearer t" + std::to_string(renewals), renewals};
  }
  base::Task<absl::Status> Renew(const Authorization& refused) override {
    EXPECT_EQ(refused.generation, renewals);
    ++renewals;
    co_return absl::OkStatus();
  }
  int64_t renewals = 0;
};

class Reports final : public Observer {
 public:
  void OnCall(const CallReport& report) override { statuses.push_back(report.status); }
  std::vector<int> statuses;
};

class ConnectionTest : public ::testing::Test {
 protected:
  absl::StatusOr<net::HttpResponse> Send(retry::Idempotency idempotency = retry::Idempotency::kIdempotent) {
    RetryingConnection connection(http_, authorizer_, governor_, clock_, random_, {}, &reports_);
    Request request;
    request.call = {"issue/{id}", net::Method::kGet, 2, Lane::kLive};
    request.path = "/rest/api/3/issue/1";
    request.idempotency = idempotency;
    return RunTask(context_, connection.Send(request));
  }

  boost::asio::io_context context_;
  FakeClock clock_{FakeClock::Mode::kAutoAdvance};
  base::SeededRandom random_{1};
  ScriptedHttp http_;
  CountingAuthorizer authorizer_;
  NoLimit governor_;
  Reports reports_;
};

TEST_F(ConnectionTest, ExpiredToken_IsRenewedOnceAndTheCallRepeated) {
  http_.answers.push_back(Answer(401, kExpired));
  http_.answers.push_back(Answer(200, "{}"));
  ASSERT_TRUE(Send(retry::Idempotency::kNotIdempotent).ok());
  EXPECT_EQ(authorizer_.renewals, 1);
  EXPECT_EQ(http_.sent[1].headers.Find("authorization"), "Bearer t1");
  EXPECT_EQ(reports_.statuses, (std::vector<int>{401, 200}));
}

TEST_F(ConnectionTest, RefusedTwice_IsAnAuthenticationError) {
  http_.answers.push_back(Answer(401, kExpired));
  http_.answers.push_back(Answer(401, kExpired));
  EXPECT_EQ(base::ReasonOf(Send().status()), v1::JIRA_AUTHENTICATION_FAILED);
  EXPECT_EQ(authorizer_.renewals, 1);
}

TEST_F(ConnectionTest, MissingScope_RenewsNothing) {
  http_.answers.push_back(Answer(401, kScope));
  EXPECT_EQ(base::ReasonOf(Send().status()), v1::JIRA_SCOPE_MISSING);
  EXPECT_EQ(authorizer_.renewals, 0);
  EXPECT_EQ(http_.sent.size(), 1u);
}

TEST_F(ConnectionTest, ServerError_IsRetriedOnlyIfIdempotent) {
  http_.answers.push_back(Answer(503, "<html>busy</html>"));
  http_.answers.push_back(Answer(200, "{}"));
  EXPECT_TRUE(Send().ok());
  http_.answers.push_back(Answer(502, ""));
  EXPECT_EQ(base::ReasonOf(Send(retry::Idempotency::kNotIdempotent).status()), v1::JIRA_UNAVAILABLE);
  EXPECT_EQ(http_.sent.size(), 3u);
}

TEST_F(ConnectionTest, LostAnswer_OfWhatIsNotIdempotent_IsNotSentAgain) {
  http_.answers.push_back(base::Error(v1::UPSTREAM_AMBIGUOUS, "no answer"));
  EXPECT_EQ(base::ReasonOf(Send(retry::Idempotency::kNotIdempotent).status()), v1::UPSTREAM_AMBIGUOUS);
  EXPECT_EQ(http_.sent.size(), 1u);
  EXPECT_EQ(reports_.statuses, std::vector<int>{0});
}

TEST_F(ConnectionTest, RateLimit_SpendsNoAttemptAndWaitsAsLongAsAsked) {
  const base::MonotonicTime start = clock_.Monotonic();
  for (int i = 0; i < 6; ++i) {
    http_.answers.push_back(Answer(429, "", {{"Retry-After", "7"}, {"RateLimit-Reason", "jira-burst-based"}}));
  }
  http_.answers.push_back(Answer(200, "{}"));
  EXPECT_TRUE(Send(retry::Idempotency::kNotIdempotent).ok());
  EXPECT_GE(clock_.Monotonic() - start, std::chrono::seconds(42));
}

TEST_F(ConnectionTest, AttemptsAreBounded) {
  for (int i = 0; i < 10; ++i) http_.answers.push_back(Answer(500, ""));
  EXPECT_EQ(base::ReasonOf(Send().status()), v1::JIRA_UNAVAILABLE);
  EXPECT_EQ(http_.sent.size(), 4u);
}

absl::Status ErrorOf(int status, std::string body) {
  return ErrorFrom(Answer(status, std::move(body)), "x", {});
}

TEST(Errors, Statuses_HaveTheirReasons) {
  EXPECT_EQ(
      base::ReasonOf(ErrorOf(
          404, R"({"errorMessages":["Issue does not exist or you do not have permission to see it."],"errors":{}})")),
      v1::JIRA_NOT_FOUND);
  EXPECT_EQ(base::ReasonOf(ErrorOf(404, "<!DOCTYPE html><p>Your Atlassian Cloud site is currently unavailable.")),
            v1::JIRA_UNAVAILABLE);
  EXPECT_EQ(
      base::ReasonOf(ErrorOf(
          410,
          R"({"errorMessages":["The requested API has been removed. Please migrate to the /rest/api/3/search/jql API."],"errors":{}})")),
      v1::JIRA_API_REMOVED);
  EXPECT_EQ(base::ReasonOf(ErrorOf(
                403, R"({"errorMessages":["Only Connect and OAuth 2.0 apps can use this operation"],"errors":{}})")),
            v1::JIRA_PERMISSION_DENIED);
  EXPECT_EQ(base::ReasonOf(ErrorOf(400, "{}")), v1::JIRA_REQUEST_INVALID);
  EXPECT_EQ(base::ReasonOf(ErrorOf(413, "")), v1::JIRA_REQUEST_INVALID);
  EXPECT_EQ(base::ReasonOf(ErrorOf(409, "")), v1::JIRA_UNAVAILABLE);
  EXPECT_EQ(base::ReasonOf(ErrorOf(302, "")), v1::JIRA_RESPONSE_INVALID);
}

TEST(Errors, Search400_IsAboutItsJql) {
  const auto unbounded = SearchErrorFrom(
      Answer(
          400,
          R"({"errorMessages":["Unbounded JQL queries are not allowed here. Please add a search restriction to your query."]})"),
      "search/jql", {});
  EXPECT_EQ(base::ReasonOf(unbounded), v1::JIRA_JQL_INVALID);
  EXPECT_NE(std::string(unbounded.message()).find("Unbounded JQL queries are not allowed here"), std::string::npos);
  EXPECT_EQ(
      base::ReasonOf(SearchErrorFrom(
          Answer(400, R"({"errorMessages":["The value 'GONE' does not exist for the field 'project'."],"errors":{}})"),
          "s", {})),
      v1::JIRA_PROJECT_UNKNOWN);
}

TEST(Errors, VendorText_ReadsEachShapeOnOneLine) {
  const auto refused =
      ErrorFrom(Answer(400, R"({"errorMessages":[],"errors":{"issuetype":"Specify an issue type"}})"), "issue", {});
  EXPECT_EQ(base::FieldOf(refused), "issuetype");
  EXPECT_EQ(VendorText(Answer(400, R"({"errorMessages":["a\nb"],"errors":{"summary":"required"},"status":400})")),
            "a b; summary: required");
  EXPECT_EQ(VendorText(Answer(401, R"({"code":401,"message":"Unauthorized"})")), "Unauthorized");
  EXPECT_EQ(
      VendorText(Answer(403, R"({"error":"unauthorized_client","error_description":"refresh_token is invalid"})")),
      "unauthorized_client; refresh_token is invalid");
  EXPECT_EQ(VendorText(Answer(404, R"({"errorMessage":"No request","i18nErrorMessage":{"i18nKey":"k"}})")),
            "No request");
  EXPECT_EQ(VendorText(Answer(502, "<html>bad</html>")), "");
  EXPECT_EQ(VendorText(Answer(500, "")), "");
}

TEST(Errors, VendorText_IsShortAndWithoutAddresses) {
  const std::string text =
      VendorText(Answer(400, R"({"message":"user jane.doe@example.com )" + std::string(900, 'x') + "\"}"));
  EXPECT_LE(text.size(), 300u);
  EXPECT_EQ(text.substr(0, 15), "user (e-mail) x");
}

// 2026-03-26T16:20:00Z
constexpr int64_t kNow = 1774542000000;
std::optional<RateVerdict> Limit(int status, const std::vector<std::pair<std::string, std::string>>& headers) {
  return ReadRateLimit(status, Answer(status, "", headers).headers, base::FromMillis(kNow));
}

TEST(RateLimits, BurstNamesOnlyItsEndpoint) {
  const auto verdict = Limit(429, {{"RateLimit-Reason", "jira-burst-based"}, {"Retry-After", "3"}});
  EXPECT_EQ(verdict->scope, RateVerdict::Scope::kEndpoint);
  EXPECT_EQ(verdict->wait, std::chrono::seconds(3));
}

TEST(RateLimits, PointsWithoutAnyTime_WaitForTheTopOfTheHour) {
  const auto verdict = Limit(429, {{"RateLimit-Reason", "jira-quota-global-based"}});
  EXPECT_EQ(verdict->scope, RateVerdict::Scope::kApp);
  EXPECT_EQ(verdict->wait, std::chrono::minutes(40));
  EXPECT_EQ(Limit(429, {{"RateLimit-Reason", "jira-quota-tenant-based"}})->scope, RateVerdict::Scope::kSite);
}

TEST(RateLimits, ResetWithoutSeconds_IsRead) {
  const auto verdict =
      Limit(429, {{"RateLimit-Reason", "jira-quota-tenant-based"}, {"X-RateLimit-Reset", "2026-03-26T17:00Z"}});
  EXPECT_EQ(verdict->wait, std::chrono::minutes(40));
}

TEST(RateLimits, BareOrBetaHeaders_MeanAShortPause) {
  EXPECT_EQ(Limit(429, {})->wait, std::chrono::seconds(2));
  EXPECT_EQ(Limit(429, {{"Beta-Retry-After", "1800"}, {"X-Failure-Category", "FAILURE CLIENT RATE LIMITED"}})->wait,
            std::chrono::seconds(2));
  EXPECT_FALSE(Limit(200, {{"Beta-RateLimit", "\"global-app-quota\";r=0;t=600"}}).has_value());
  EXPECT_FALSE(Limit(503, {}).has_value());
  EXPECT_EQ(Limit(503, {{"Retry-After", "30"}})->wait, std::chrono::seconds(30));
}

TEST(RateLimits, PointsLeft_AreReadFromAnyPolicy) {
  const auto left = ReadPointsLeft(
      Answer(200, "", {{"RateLimit", R"("jira-burst-based";r=3;t=1,"global-app-quota";r=11000;t=600)"}}).headers);
  ASSERT_TRUE(left.has_value());
  EXPECT_DOUBLE_EQ(left->remaining, 11000);
  EXPECT_EQ(left->resets_in, std::chrono::seconds(600));
  EXPECT_FALSE(
      ReadPointsLeft(Answer(200, "", {{"Beta-RateLimit", R"("global-app-quota";r=0;t=600)"}}).headers).has_value());
}

TEST(RateLimits, PublishedBursts_HaveTheirExceptions) {
  EXPECT_EQ(PublishedBurst({"myself", net::Method::kGet}).per_second, 100);
  EXPECT_EQ(PublishedBurst({"issue/{id}", net::Method::kGet}).per_second, 150);
  EXPECT_EQ(PublishedBurst({"search/approximate-count", net::Method::kPost}).per_second, 150);
  EXPECT_EQ(PublishedBurst({"webhook/refresh", net::Method::kPut}).per_second, 50);
}

TEST(RateLimits, PointsWord_IsReadFromAnyHeaderThatTellsOfTheApp) {
  const auto of = [](int status, std::vector<std::pair<std::string, std::string>> headers) {
    return ReadPointsWord(status, Answer(status, "", std::move(headers)).headers);
  };
  const auto policy =
      of(200, {{"RateLimit-Policy", R"("global-app-quota";q=65000;w=3600,"jira-burst-based";q=100;w=1)"}});
  EXPECT_EQ(policy.quota, 65000);
  EXPECT_EQ(policy.remaining, std::nullopt);
  EXPECT_EQ(of(200, {{"RateLimit", R"("jira-burst-based";r=3;t=1,"global-app-quota";r=11000;t=600)"}}).remaining,
            11000);
  // Announced, and counted, but not enforced yet.
  EXPECT_EQ(of(200, {{"Beta-RateLimit", R"("global-app-quota";r=4;t=600)"}}).remaining, 4);
  const auto old = of(200, {{"X-RateLimit-Limit", "65000"}, {"X-RateLimit-Remaining", "64899"}});
  EXPECT_EQ(old.quota, 65000);
  EXPECT_EQ(old.remaining, 64899);
  // Of a burst, of a tenant's own quota, or garbage.
  EXPECT_EQ(of(200, {{"X-RateLimit-Limit", "100"}, {"X-RateLimit-Remaining", "4"}}).remaining, std::nullopt);
  EXPECT_EQ(of(429, {{"X-RateLimit-Limit", "65000"}, {"X-RateLimit-Remaining", "0"}}).remaining, std::nullopt);
  EXPECT_EQ(of(200, {{"RateLimit", R"("tenant-app-quota";r=5;t=600)"}}).remaining, std::nullopt);
  EXPECT_EQ(of(200, {{"RateLimit", R"("global-app-quota";r=many)"}}).remaining, std::nullopt);
}

}  // namespace
}  // namespace tajo::jira
