#include "common/brevo/event.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "common/base/error.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::brevo {
namespace {

namespace v1 = ::tajo::jira::v1;
using nlohmann::json;

TimelineEvent Created() {
  return {
      "jira_issue_created", {IdentifierType::kEmail, "ann@example.com"}, 1'790'000'000'000, R"({"uid":"u1","n":3})"};
}

TEST(EncodeEventTest, AnEventHasNameIdentifierDateAndProperties) {
  const auto encoded = EncodeEvent(Created());
  ASSERT_TRUE(encoded.ok());
  EXPECT_EQ(json::parse(*encoded), json::parse(R"({"event_name":"jira_issue_created",
    "event_date":"2026-09-21T14:13:20.000Z","identifiers":{"email_id":"ann@example.com"},
    "event_properties":{"uid":"u1","n":3}})"));
}

TEST(EncodeEventTest, ContactIdIsANumber) {
  TimelineEvent event = Created();
  event.contact = {IdentifierType::kContactId, "42"};
  EXPECT_EQ(json::parse(*EncodeEvent(event))["identifiers"], json::parse(R"({"contact_id":42})"));
  event.contact.value = "42x";
  EXPECT_FALSE(EncodeEvent(event).ok());
}

TEST(EncodeEventTest, JirasOwnWebhookNamesAreRefusedAndSanitized) {
  TimelineEvent event = Created();
  event.name = "jira:issue_updated";
  EXPECT_EQ(base::ReasonOf(EncodeEvent(event).status()), v1::REQUEST_INVALID);
  EXPECT_EQ(SanitizeName("jira:issue_updated"), "jira_issue_updated");
  EXPECT_EQ(SanitizeName("Story points (v2.0)"), "Story_points__v2_0_");
  EXPECT_TRUE(IsValidName(SanitizeName("")));
}

TEST(EncodeEventTest, NamesEndAt255Characters) {
  EXPECT_TRUE(IsValidName(std::string(255, 'a')));
  EXPECT_FALSE(IsValidName(std::string(256, 'a')));
  EXPECT_EQ(SanitizeName(std::string(300, 'a')).size(), 255u);
}

TEST(EncodeEventTest, BadKeysAreRefusedNestedOnesToo) {
  TimelineEvent event = Created();
  event.properties_json = R"({"Story points":3})";
  EXPECT_FALSE(EncodeEvent(event).ok());
  event.properties_json = R"({"list":[{"a.b":1}]})";
  EXPECT_FALSE(EncodeEvent(event).ok());
}

TEST(EncodeEventTest, MoreThan50KilobytesOfPropertiesIsTooLarge) {
  TimelineEvent event = Created();
  event.properties_json = R"({"text":")" + std::string(kMaxPropertiesBytes, 'x') + R"("})";
  EXPECT_EQ(base::ReasonOf(EncodeEvent(event).status()), v1::EVENT_TOO_LARGE);
}

TEST(EncodeEventTest, AnEmptyIdentifierIsRefused) {
  TimelineEvent event = Created();
  event.contact.value.clear();
  EXPECT_EQ(base::FieldOf(EncodeEvent(event).status()), "identifiers");
}

TEST(EncodeEventTest, BrokenUtf8InAnIdentifierDoesNotThrow) {
  TimelineEvent event = Created();
  event.contact.value = "a\xff@example.com";
  EXPECT_TRUE(EncodeEvent(event).ok());
}

}  // namespace
}  // namespace tajo::brevo
