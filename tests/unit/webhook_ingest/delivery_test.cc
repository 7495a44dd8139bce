#include "services/webhook-ingest/delivery.h"

#include <gtest/gtest.h>

namespace tajo::ingest {
namespace {

jira::Normalised Read(std::string_view body) {
  return jira::NormaliseWebhook(body, {}).value();
}

constexpr std::string_view kComment =
    R"({"timestamp":1790000000000,"webhookEvent":"comment_created",
        "comment":{"self":"https://your-domain.atlassian.net/rest/api/2/issue/10002/comment/10000","id":"10000",
                   "body":"On its way","jsdPublic":true},
        "issue":{"id":"10002","self":"https://your-domain.atlassian.net/rest/api/2/issue/10002","key":"SUP-7",
                 "fields":{"summary":"It broke"}}})";

TEST(DeliveryTest, Name_IsTheSameForARetry) {
  EXPECT_EQ(DeliveryName("a1", "{}"), DeliveryName("a1", "{}"));
}

TEST(DeliveryTest, Name_DiffersByIdentifierAndByBody) {
  EXPECT_NE(DeliveryName("a1", "{}"), DeliveryName("a2", "{}"));
  EXPECT_NE(DeliveryName("a1", "{}"), DeliveryName("a1", "{ }"));
  EXPECT_NE(DeliveryName("", "{}"), DeliveryName("a1", "{}"));
}

TEST(DeliveryTest, Hint_OfAComment_NamesItsIssueAndNothingElse) {
  const auto hint = HintOf(Read(kComment), 1'790'000'003'000);
  ASSERT_TRUE(hint.has_value());
  EXPECT_EQ(hint->source(), jira::v1::Event::SOURCE_HINT);
  EXPECT_EQ(hint->received_ms(), 1'790'000'003'000);
  EXPECT_EQ(hint->occurred_ms(), 1'790'000'000'000);
  EXPECT_EQ(hint->webhook_event(), "comment_created");
  EXPECT_EQ(hint->hint().issue_id(), 10002);
  EXPECT_EQ(hint->hint().issue_key(), "SUP-7");
  EXPECT_EQ(hint->actor_account_id(), "");
}

TEST(DeliveryTest, Hint_OfAVersion_IsNone) {
  const auto released = Read(
      R"({"timestamp":1599604370956,"webhookEvent":"jira:version_released","version":{"self":
      "https://your-domain.atlassian.net/rest/api/2/version/10000","id":"10000","name":"1.0","released":true,
      "projectId":10002}})");
  ASSERT_EQ(released.events.size(), 1u);
  EXPECT_FALSE(HintOf(released, 0).has_value());
}

TEST(DeliveryTest, MarkIssuesPartial_MakesTheOwnerReadThemAgain) {
  auto updated = Read(
      R"({"timestamp":1790000000000,"webhookEvent":"jira:issue_updated","issue":{"id":"10002","key":"SUP-7","self":
      "https://your-domain.atlassian.net/rest/api/2/issue/10002","fields":{"summary":"It broke","status":{"name":"Done",
      "id":"3","statusCategory":{"key":"done"}},"created":"2026-09-21T10:00:00.000+0000","updated":
      "2026-09-21T10:00:00.000+0000","project":{"id":"10000","key":"SUP"},"reporter":null,"issuetype":{"name":"Bug"}}}})");
  ASSERT_EQ(updated.events.size(), 1u);
  ASSERT_FALSE(updated.events[0].issue().issue().partial());
  MarkIssuesPartial(updated);
  EXPECT_TRUE(updated.events[0].issue().issue().partial());
}

}  // namespace
}  // namespace tajo::ingest
