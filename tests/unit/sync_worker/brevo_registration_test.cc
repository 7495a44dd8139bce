#include "services/sync-worker/brevo_registration.h"

#include <gtest/gtest.h>

#include "services/sync-worker/people/eraser.h"

namespace tajo::worker {
namespace {

constexpr char kPublicUrl[] = "https://hooks.example.com";
constexpr int64_t kDayMs = 86'400'000;

brevo::RegisteredWebhook Webhook(int64_t id, const std::string& url, std::optional<std::string> token = "t0ken") {
  brevo::RegisteredWebhook webhook;
  webhook.id = id;
  webhook.url = url;
  webhook.events = {"unsubscribed", "contactDeleted"};
  if (token) webhook.bearer_token = base::Secret(*token);
  return webhook;
}

BrevoWebhookPlan Plan(const std::vector<brevo::RegisteredWebhook>& registered) {
  return PlanBrevoWebhook(registered, kPublicUrl, "c_1", "t0ken");
}

TEST(BrevoWebhookPlan, without_one_makes_one_and_touches_no_others) {
  const auto plan = Plan(
      {Webhook(1, "https://somebody.example.com/hook"), Webhook(2, "https://hooks.example.com/webhooks/jira/c_1")});
  EXPECT_FALSE(plan.keep);
  EXPECT_TRUE(plan.remove.empty());
  EXPECT_TRUE(plan.strangers.empty());
}

TEST(BrevoWebhookPlan, with_a_right_one_does_nothing) {
  const auto plan = Plan({Webhook(7, "https://hooks.example.com/webhooks/brevo/c_1")});
  EXPECT_EQ(plan.keep, 7);
  EXPECT_FALSE(plan.correct);
  EXPECT_TRUE(plan.remove.empty());
}

TEST(BrevoWebhookPlan, corrects_another_token_other_events_and_batches) {
  const std::string url = "https://hooks.example.com/webhooks/brevo/c_1";
  EXPECT_TRUE(Plan({Webhook(7, url, "former")}).correct);
  auto more = Webhook(7, url);
  more.events.emplace_back("opened");
  EXPECT_TRUE(Plan({more}).correct);
  auto less = Webhook(7, url);
  less.events = {"contactDeleted"};
  EXPECT_TRUE(Plan({less}).correct);
  auto batched = Webhook(7, url);
  batched.batched = true;
  EXPECT_TRUE(Plan({batched}).correct);
  // Brevo may not tell the token: that alone is no reason to write every day.
  EXPECT_FALSE(Plan({Webhook(7, url, std::nullopt)}).correct);
}

TEST(BrevoWebhookPlan, removes_those_made_twice_or_for_a_former_address) {
  const auto plan = Plan({Webhook(6, "https://former.example.com/webhooks/brevo/c_1"),
                          Webhook(7, "https://hooks.example.com/webhooks/brevo/c_1"),
                          Webhook(8, "https://hooks.example.com/webhooks/brevo/c_1")});
  EXPECT_EQ(plan.keep, 7);
  EXPECT_EQ(plan.remove, (std::vector<int64_t>{6, 8}));
}

TEST(BrevoWebhookPlan, names_others_below_our_address_with_their_connection) {
  const auto plan = Plan({Webhook(9, "https://hooks.example.com/webhooks/brevo/c_2"),
                          Webhook(10, "https://former.example.com/webhooks/brevo/c_3")});
  ASSERT_EQ(plan.strangers.size(), 1u);
  EXPECT_EQ(plan.strangers[0], (std::pair<int64_t, std::string>(9, "c_2")));
}

TEST(BrevoRegistration, looks_once_a_day) {
  store::ConnectionRecord record;
  EXPECT_TRUE(BrevoRegistration::IsDue(record, kDayMs));
  record.brevo_webhook_id = 7;
  record.brevo_webhook_looked_ms = 10 * kDayMs;
  EXPECT_FALSE(BrevoRegistration::IsDue(record, 11 * kDayMs - 1));
  EXPECT_TRUE(BrevoRegistration::IsDue(record, 11 * kDayMs));
}

TEST(UndoSince, is_everything_unless_the_deletion_began_in_brevo) {
  jira::v1::Event event;
  event.set_received_ms(kDayMs);
  event.mutable_erasure()->set_origin(jira::v1::PersonErasure::ORIGIN_OPERATOR);
  EXPECT_EQ(UndoSince(event), 0);
  event.mutable_erasure()->set_origin(jira::v1::PersonErasure::ORIGIN_BREVO);
  EXPECT_EQ(UndoSince(event), kDayMs - 15 * 60'000);
  event.set_occurred_ms(kDayMs - 1000);
  EXPECT_EQ(UndoSince(event), kDayMs - 1000 - 2 * 60'000);
}

}  // namespace
}  // namespace tajo::worker
