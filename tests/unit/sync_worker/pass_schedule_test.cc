#include "services/sync-worker/reading/pass_schedule.h"

#include <gtest/gtest.h>

namespace tajo::worker {
namespace {

using namespace std::chrono_literals;

constexpr int64_t kMinute = 60'000;
constexpr int64_t kHour = 60 * kMinute;
constexpr int64_t kAtSchedule = 1'790'000'000'000;

// Webhooks came a minute ago, and no pass ever found what they hadn't told.
PassFacts Healthy() {
  PassFacts facts;
  facts.webhooks_registered = true;
  facts.webhooks_from_ms = kAtSchedule - 30 * kHour;
  facts.last_webhook_ms = kAtSchedule - kMinute;
  facts.clean_passes = 3;
  return facts;
}

TEST(PassSchedule, without_webhooks_the_interval_is_the_configs) {
  PassFacts facts;
  facts.sync_interval = 15min;
  facts.clean_passes = 9;
  EXPECT_EQ(PassInterval(facts, kAtSchedule), 15min);
}

TEST(PassSchedule, interval_doubles_with_each_clean_pass_up_to_hours) {
  PassFacts facts = Healthy();
  facts.clean_passes = 0;
  EXPECT_EQ(PassInterval(facts, kAtSchedule), 15min);
  facts.clean_passes = 2;
  EXPECT_EQ(PassInterval(facts, kAtSchedule), 60min);
  facts.clean_passes = 1'000'000;
  EXPECT_EQ(PassInterval(facts, kAtSchedule), 4h);
  facts.sync_interval = 6h;
  EXPECT_EQ(PassInterval(facts, kAtSchedule), 6h) << "never shorter than asked for";
}

TEST(PassSchedule, silence_brings_back_the_configs_interval) {
  PassFacts facts = Healthy();
  facts.last_webhook_ms = kAtSchedule - 16 * kMinute;
  EXPECT_EQ(PassInterval(facts, kAtSchedule), 15min);
}

TEST(PassSchedule, missed_webhook_is_distrusted_until_one_came_and_two_passes_were_clean) {
  PassFacts facts = Healthy();
  facts.webhook_missed_ms = kAtSchedule - kHour;
  facts.last_webhook_ms = kAtSchedule - 2 * kHour;
  EXPECT_TRUE(WebhooksDistrusted(facts)) << "none came since";
  facts.last_webhook_ms = kAtSchedule - kMinute;
  facts.clean_passes = 1;
  EXPECT_TRUE(WebhooksDistrusted(facts));
  EXPECT_EQ(PassInterval(facts, kAtSchedule), 15min);
  facts.clean_passes = 2;
  EXPECT_FALSE(WebhooksDistrusted(facts));
}

TEST(PassSchedule, registered_webhooks_are_expected_and_an_admins_for_a_week_after_the_last) {
  PassFacts facts;
  EXPECT_FALSE(WebhooksExpected(facts, kAtSchedule));
  facts.last_webhook_ms = kAtSchedule - 6 * 24 * kHour;
  EXPECT_TRUE(WebhooksExpected(facts, kAtSchedule));
  facts.last_webhook_ms = kAtSchedule - 7 * 24 * kHour;
  EXPECT_FALSE(WebhooksExpected(facts, kAtSchedule));
  facts.webhooks_registered = true;
  EXPECT_TRUE(WebhooksExpected(facts, kAtSchedule));
}

TEST(PassSchedule, pass_that_failed_for_good_is_not_repeated_at_once) {
  PassFacts facts;
  facts.last_pass_ms = kAtSchedule - 5 * kHour;
  EXPECT_TRUE(IncrementalDue(facts, kAtSchedule));
  facts.tried_ms = kAtSchedule - 14 * kMinute;
  EXPECT_FALSE(IncrementalDue(facts, kAtSchedule));
  facts.tried_ms = kAtSchedule - 15 * kMinute;
  EXPECT_TRUE(IncrementalDue(facts, kAtSchedule));
}

TEST(PassSchedule, trailing_pass_reads_six_hours_that_ended_two_hours_ago) {
  PassFacts facts;
  EXPECT_FALSE(TrailingDue(facts, kAtSchedule)) << "nothing was read yet";
  facts.trailing_ms = kAtSchedule - 8 * kHour + 1;
  EXPECT_FALSE(TrailingDue(facts, kAtSchedule));
  facts.trailing_ms = kAtSchedule - 8 * kHour;
  const auto window = TrailingDue(facts, kAtSchedule);
  ASSERT_TRUE(window);
  EXPECT_EQ(window->from_ms, kAtSchedule - 8 * kHour);
  EXPECT_EQ(window->until_ms, kAtSchedule - 2 * kHour);
  facts.tried_ms = kAtSchedule - 14 * kMinute;
  EXPECT_FALSE(TrailingDue(facts, kAtSchedule)) << "it failed for good a moment ago";
}

std::vector<jira::v1::OutboxEvent> EventsAt(std::initializer_list<int64_t> times) {
  std::vector<jira::v1::OutboxEvent> events;
  for (const int64_t time : times) events.emplace_back().set_event_ms(time);
  return events;
}

TEST(MissedWebhooks, only_what_they_should_have_told_by_now_counts) {
  const auto events = EventsAt({kAtSchedule - 3 * kHour, kAtSchedule - kHour, kAtSchedule - kMinute});
  const int64_t from = kAtSchedule - 2 * kHour;
  const int64_t settled = SettledUntil(kAtSchedule, 0);
  EXPECT_EQ(MissedAmong(events, 3, from, settled), 1);
  EXPECT_EQ(MissedAmong(events, 2, from, settled), 0) << "the two that are excused may be the new ones";
  EXPECT_EQ(MissedAmong(events, 0, from, settled), 0);
  EXPECT_EQ(MissedAmong(events, 3, 0, settled), 0) << "none is expected";
}

TEST(MissedWebhooks, what_waits_in_our_own_backlog_is_not_missed) {
  EXPECT_EQ(SettledUntil(kAtSchedule, 0), kAtSchedule - 5 * kMinute);
  EXPECT_EQ(SettledUntil(kAtSchedule, kAtSchedule - kHour), kAtSchedule - kHour - 5 * kMinute);
}

}  // namespace
}  // namespace tajo::worker
