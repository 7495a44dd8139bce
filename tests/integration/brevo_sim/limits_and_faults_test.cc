#include <gmock/gmock.h>

#include "common/base/error.h"
#include "tajo/jira/v1/error.pb.h"
#include "tests/integration/brevo_sim/fixture.h"

namespace tajo::brevo_sim {
namespace {

namespace v1 = ::tajo::jira::v1;
using nlohmann::json;
using ::testing::HasSubstr;

using Limited = SimulatorTest;

TEST_F(Limited, TheEleventhContactCallOfASecondIsRefusedWithRelativeHeaders) {
  Start();
  for (int i = 0; i < 10; ++i) EXPECT_EQ(Get("/v3/contacts").status, 200);
  const auto refused = Get("/v3/contacts");
  EXPECT_EQ(refused.status, 429);
  EXPECT_EQ(refused.headers.Find("x-sib-ratelimit-limit"), "10");
  EXPECT_EQ(refused.headers.Find("x-sib-ratelimit-remaining"), "0");
  EXPECT_EQ(refused.headers.Find("x-sib-ratelimit-reset"), "1");
  EXPECT_FALSE(refused.headers.Find("retry-after").has_value());
  EXPECT_EQ(Violations("rate_limited"), 1);
  EXPECT_EQ(Get("/v3/account").status, 200);  // another bucket
  clock_.Advance(std::chrono::seconds(1));
  EXPECT_EQ(Get("/v3/contacts").status, 200);
}

TEST_F(Limited, OtherEndpointsShareAHundredAnHour) {
  Start();
  for (int i = 0; i < 100; ++i) EXPECT_EQ(Get(i % 2 == 0 ? "/v3/account" : "/v3/events").status, 200);
  clock_.Advance(std::chrono::minutes(20));
  const auto refused = Get("/v3/processes");
  EXPECT_EQ(refused.status, 429);
  EXPECT_EQ(refused.headers.Find("x-sib-ratelimit-reset"), "2400");
}

TEST_F(Limited, EventBatchesCanBeOfTheHourlyBucket) {
  Options options;
  options.batch_bucket = BatchBucket::kOther;
  Start(options);
  const auto answer = Post("/v3/events/batch", R"({"events":[]})");
  EXPECT_EQ(answer.headers.Find("x-sib-ratelimit-limit"), "100");
}

TEST_F(Limited, AccountsAreCountedApart) {
  Start();
  for (int i = 0; i < 10; ++i) Get("/v3/contacts");
  EXPECT_EQ(Call(net::Method::kGet, "/v3/contacts", "", "xkeysib-other").status, 200);
}

TEST_F(Limited, ABlockedIpAndAnEmptyWalletAreSaidAsBrevoDoes) {
  Start();
  Post("/_control/accounts", R"({"api_key":"xkeysib-test","mode":"ip_blocked"})");
  const auto blocked = Get("/v3/account");
  EXPECT_EQ(blocked.status, 401);
  EXPECT_THAT(blocked.body, HasSubstr("unrecognised IP address"));
  Post("/_control/accounts", R"({"api_key":"xkeysib-test","mode":"no_credits"})");
  EXPECT_EQ(Post("/v3/contacts", R"({"email":"a@example.com"})").status, 402);
}

class Faulty : public SimulatorTest {
 protected:
  void SetUp() override {
    Options options;
    options.plan = Plan::kOff;
    Start(options);
  }
  static constexpr char kContact[] = R"({"email":"a@example.com","updateEnabled":true})";
};

TEST_F(Faulty, AStatusComesAsOftenAsAskedAndHasNoEffect) {
  Post("/_control/faults", R"({"match":{"method":"POST","path":"/contacts"},"kind":"status","status":503,"count":2})");
  EXPECT_EQ(Post("/v3/contacts", kContact).status, 503);
  EXPECT_EQ(Post("/v3/contacts", kContact).status, 503);
  EXPECT_EQ(Post("/v3/contacts", kContact).status, 201);
}

TEST_F(Faulty, AResetHasNoEffectAndADropHasOne) {
  Post("/_control/faults", R"({"kind":"reset"})");
  const auto reset = Try(net::Method::kPost, "/v3/contacts", kContact);
  EXPECT_EQ(base::ReasonOf(reset.status()), v1::UPSTREAM_AMBIGUOUS);
  EXPECT_EQ(Control("truth")["contacts"], 0);
  Post("/_control/faults", R"({"kind":"drop_after_effect"})");
  const auto dropped = Try(net::Method::kPost, "/v3/contacts", kContact);
  EXPECT_EQ(base::ReasonOf(dropped.status()), v1::UPSTREAM_AMBIGUOUS);
  EXPECT_EQ(Control("truth")["contacts"], 1);
}

TEST_F(Faulty, ATruncatedAnswerIsNoAnswer) {
  Post("/_control/faults", R"({"kind":"truncate"})");
  EXPECT_FALSE(Try(net::Method::kGet, "/v3/account").ok());
}

TEST_F(Faulty, HtmlComesFromAProxy) {
  Post("/_control/faults", R"({"kind":"html"})");
  const auto page = Get("/v3/account");
  EXPECT_EQ(page.status, 502);
  EXPECT_THAT(page.body, HasSubstr("<html>"));
}

TEST_F(Faulty, FaultsAreTakenBack) {
  Post("/_control/faults", R"({"kind":"status","probability":1.0})");
  EXPECT_EQ(Get("/v3/account").status, 503);
  EXPECT_EQ(Call(net::Method::kDelete, "/_control/faults").status, 204);
  EXPECT_EQ(Get("/v3/account").status, 200);
}

TEST_F(Faulty, ResetForgetsEverything) {
  Post("/v3/contacts", R"({"email":"a@example.com","extId":"1"})");
  Post("/_control/reset", "{}");
  EXPECT_EQ(Control("truth")["contacts"], 0);
  EXPECT_EQ(Violations(), 0);
}

}  // namespace
}  // namespace tajo::brevo_sim
