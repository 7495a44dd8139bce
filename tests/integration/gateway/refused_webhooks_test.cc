#include <fmt/format.h>
#include <gmock/gmock.h>

#include "tests/integration/gateway/fixture.h"

namespace tajo::gateway {
namespace {

using ::testing::HasSubstr;
using Stub = v1::JiraConnector::Stub;

class RefusedWebhooksTest : public GatewayTest {
 protected:
  // What ingest notes.
  void Note(const char* field, const std::string& value) {
    Redis({"HSET", fmt::format("tajo:{{{}}}:counters", id_), field, value});
  }
  v1::Check WebhookCheck() {
    v1::TestConnectionResponse response;
    const grpc::Status called = Call(&Stub::TestConnection, v1::TestConnectionRequest(), &response);
    EXPECT_TRUE(called.ok()) << called.error_message();
    for (const v1::Check& check : response.checks()) {
      if (check.name() == "Webhook registration active") return check;
    }
    ADD_FAILURE() << "there is no such check";
    return {};
  }
  v1::Status Status() {
    v1::Status status;
    EXPECT_TRUE(Call(&Stub::GetStatus, v1::GetStatusRequest(), &status).ok());
    return status;
  }

  const std::string id_ = Connected(BasicRequest()).connection().connection_id();
};

TEST_F(RefusedWebhooksTest, Check_says_that_they_came_why_they_were_refused_and_what_to_do) {
  Note("last_refused_ms", "1790000000000");
  Note("last_refused_why", "signature");
  v1::Check check = WebhookCheck();
  EXPECT_FALSE(check.passed());
  EXPECT_EQ(check.reason(), v1::WEBHOOK_NOT_AUTHENTIC);
  EXPECT_THAT(
      check.detail(),
      HasSubstr("webhooks came but were refused, last at 2026-09-21T14:13:20.000Z: the signature doesn't match: "
                "the secret in Jira and the connection's webhook secret differ"));
  EXPECT_THAT(check.detail(), HasSubstr("tajo connectors update jira --webhook-secret -"));
  Note("last_refused_why", "no_signature");
  EXPECT_THAT(WebhookCheck().detail(), HasSubstr("they weren't signed: in Jira, under System, WebHooks, give"));
  Note("last_refused_why", "wrong_method");
  EXPECT_THAT(WebhookCheck().detail(), HasSubstr("signed by another method than sha256"));
}

TEST_F(RefusedWebhooksTest, Check_fails_where_good_ones_came_before_the_refused) {
  Note("last_webhook_ms", std::to_string(base::ToMillis(clock_.Now()) - 60'000));
  EXPECT_TRUE(WebhookCheck().passed());
  Note("last_refused_ms", std::to_string(base::ToMillis(clock_.Now())));
  Note("last_refused_why", "signature");
  EXPECT_FALSE(WebhookCheck().passed());
}

TEST_F(RefusedWebhooksTest, Good_one_that_came_later_silences_check_and_status) {
  Note("last_refused_ms", std::to_string(base::ToMillis(clock_.Now()) - 60'000));
  Note("last_refused_why", "signature");
  Note("last_webhook_ms", std::to_string(base::ToMillis(clock_.Now())));
  const v1::Check check = WebhookCheck();
  EXPECT_TRUE(check.passed());
  EXPECT_EQ(check.detail(), "the last webhook came 0 minutes ago");
  const v1::Status status = Status();
  EXPECT_FALSE(status.has_last_refused_webhook());
  EXPECT_EQ(status.refused_why(), "");
  EXPECT_EQ(status.refused_detail(), "");
}

TEST_F(RefusedWebhooksTest, Status_has_when_and_why) {
  EXPECT_FALSE(Status().has_last_refused_webhook());
  Note("last_refused_ms", "1790000000250");
  Note("last_refused_why", "signature");
  const v1::Status status = Status();
  EXPECT_EQ(status.last_refused_webhook().seconds(), 1'790'000'000);
  EXPECT_EQ(status.last_refused_webhook().nanos(), 250'000'000);
  EXPECT_EQ(status.refused_why(), "signature");
  EXPECT_THAT(status.refused_detail(), HasSubstr("the signature doesn't match"));
  EXPECT_FALSE(status.has_last_webhook());
}

}  // namespace
}  // namespace tajo::gateway
