#include "common/brevo/webhook.h"

#include <gtest/gtest.h>

#include "common/base/error.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::brevo {
namespace {

using Kind = ContactNotice::Kind;

WebhookDelivery Read(std::string_view body) {
  auto delivery = ReadWebhook(body);
  EXPECT_TRUE(delivery.ok()) << delivery.status();
  return delivery.ok() ? *delivery : WebhookDelivery();
}

// As Brevo documents it: `id` is the webhook's, times are in seconds.
TEST(BrevoWebhook, ContactDeletedIsKnownByItsEmail) {
  const auto delivery =
      Read(R"({"id":495602,"email":" Ann@Example.com","event":"contact_deleted","key":"xkey","list_id":[35],)"
           R"("date":"2020-10-09 00:00:00","ts":1604937111})");
  ASSERT_EQ(delivery.notices.size(), 1u);
  EXPECT_EQ(delivery.notices[0].kind, Kind::kDeleted);
  EXPECT_EQ(delivery.notices[0].email, "Ann@Example.com");
  EXPECT_EQ(delivery.notices[0].at_ms, 1'604'937'111'000);
  EXPECT_EQ(delivery.ignored + delivery.unreadable, 0u);
}

TEST(BrevoWebhook, UnsubscribedTellsWhenItHappenedAndNotWhenTheMailWasSent) {
  const auto delivery = Read(
      R"({"id":1,"camp_id":7,"email":"ann@example.com","campaign name":"News","event":"unsubscribed","list_id":[3,42],)"
      R"("ts_sent":1604933619,"ts_event":1604933737,"ts":1604937337})");
  ASSERT_EQ(delivery.notices.size(), 1u);
  EXPECT_EQ(delivery.notices[0].kind, Kind::kUnsubscribed);
  EXPECT_EQ(delivery.notices[0].at_ms, 1'604'933'737'000);
}

TEST(BrevoWebhook, BothSpellingsOfAnEventAreTaken) {
  for (const char* name : {"contact_deleted", "contactDeleted", "Contact_Deleted"}) {
    const auto delivery = Read(std::string(R"({"email":"a@b.c","event":")") + name + "\"}");
    ASSERT_EQ(delivery.notices.size(), 1u) << name;
    EXPECT_EQ(delivery.notices[0].kind, Kind::kDeleted) << name;
  }
  for (const char* name : {"unsubscribed", "unsubscribe"}) {
    const auto delivery = Read(std::string(R"({"email":"a@b.c","event":")") + name + "\"}");
    ASSERT_EQ(delivery.notices.size(), 1u) << name;
    EXPECT_EQ(delivery.notices[0].kind, Kind::kUnsubscribed) << name;
  }
}

TEST(BrevoWebhook, BatchesComeAsAnArrayOrUnderEvents) {
  const char* kTwo = R"([{"event":"contact_deleted","email":"a@b.c"},{"event":"unsubscribed","email":"d@e.f"}])";
  for (const std::string& body : {std::string(kTwo), std::string(R"({"events":)") + kTwo + "}"}) {
    const auto delivery = Read(body);
    ASSERT_EQ(delivery.notices.size(), 2u);
    EXPECT_EQ(delivery.notices[1].email, "d@e.f");
  }
}

TEST(BrevoWebhook, OtherEventsAndContactsWithoutAnEmailAreIgnored) {
  const auto delivery = Read(
      R"([{"event":"opened","email":"a@b.c"},{"event":"contact_deleted"},{"event":"contact_deleted","email":null},)"
      R"({"event":"unsubscribed","email":" "},{"event":"some_day_new"}])");
  EXPECT_TRUE(delivery.notices.empty());
  EXPECT_EQ(delivery.ignored, 5u);
  EXPECT_EQ(delivery.unreadable, 0u);
}

TEST(BrevoWebhook, EventsThatDontSayWhomAreUnreadableAndTheOthersAreKept) {
  const auto delivery = Read(
      R"([{"event":"contact_deleted","email":7},{"event":"contact_deleted","email":"not an address"},{"email":"a@b.c"},)"
      R"("contact_deleted",{"event":"contact_deleted","email":"a@b.c"}])");
  EXPECT_EQ(delivery.unreadable, 4u);
  ASSERT_EQ(delivery.notices.size(), 1u);
}

TEST(BrevoWebhook, WhatIsNoJsonOfThatShapeIsRefused) {
  for (const std::string& body : {std::string(), std::string("<html>"), std::string("\"contact_deleted\""),
                                  std::string("{\"event\":\"contact_deleted\""), std::string("7")}) {
    const auto delivery = ReadWebhook(body);
    ASSERT_FALSE(delivery.ok()) << body;
    EXPECT_EQ(base::ReasonOf(delivery.status()), jira::v1::WEBHOOK_UNREADABLE) << body;
  }
  std::string many = "[";
  for (std::size_t i = 0; i <= kMaxWebhookEvents; ++i) many += i == 0 ? "{}" : ",{}";
  EXPECT_FALSE(ReadWebhook(many + "]").ok());
}

TEST(BrevoWebhook, TimesThatMakeNoSenseAreLeftOut) {
  EXPECT_EQ(Read(R"({"event":"contact_deleted","email":"a@b.c","ts":"soon"})").notices.at(0).at_ms, 0);
  EXPECT_EQ(Read(R"({"event":"contact_deleted","email":"a@b.c","ts":-1})").notices.at(0).at_ms, 0);
  EXPECT_EQ(Read(R"({"event":"contact_deleted","email":"a@b.c","ts":18446744073709551615})").notices.at(0).at_ms, 0);
  EXPECT_EQ(Read(R"({"event":"contact_deleted","email":"a@b.c","ts":1604937111000})").notices.at(0).at_ms,
            1'604'937'111'000);
}

TEST(BrevoWebhook, UrlsTellWhichConnectionTheyAreOf) {
  EXPECT_TRUE(IsWebhookOf("https://hooks.example.com/webhooks/brevo/c_1", "c_1"));
  EXPECT_TRUE(IsWebhookOf("https://former.example.com/webhooks/brevo/c_1", "c_1"));
  EXPECT_FALSE(IsWebhookOf("https://hooks.example.com/webhooks/brevo/c_11", "c_1"));
  EXPECT_FALSE(IsWebhookOf("https://hooks.example.com/webhooks/jira/c_1", "c_1"));
  EXPECT_EQ(ConnectionOfWebhook("https://hooks.example.com/webhooks/brevo/c_2", "https://hooks.example.com"), "c_2");
  EXPECT_EQ(ConnectionOfWebhook("https://other.example.com/webhooks/brevo/c_2", "https://hooks.example.com"), "");
  EXPECT_EQ(ConnectionOfWebhook("https://hooks.example.com/webhooks/brevo/c_2/x", "https://hooks.example.com"), "");
}

}  // namespace
}  // namespace tajo::brevo
