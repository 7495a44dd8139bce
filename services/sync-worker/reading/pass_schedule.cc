#include "services/sync-worker/reading/pass_schedule.h"

#include <algorithm>

namespace tajo::worker {
namespace {

constexpr int64_t kOneMinuteMs = 60'000;
constexpr int64_t kOneHourMs = 60 * kOneMinuteMs;
constexpr int64_t kWeekMs = 7 * 24 * kOneHourMs;
constexpr base::Duration kLongestInterval = std::chrono::hours(4);
constexpr int64_t kMostDoublings = 8;
constexpr int64_t kCleanPassesToTrust = 2;
// Jira means to deliver within 30 seconds, and tries again after 5 minutes at the earliest.
constexpr int64_t kDeliveryMs = 5 * kOneMinuteMs;
constexpr int64_t kTrailingEveryMs = 6 * kOneHourMs;
constexpr int64_t kIndexLagMs = 2 * kOneHourMs;

int64_t Millis(base::Duration duration) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
}

}  // namespace

bool WebhooksExpected(const PassFacts& facts, int64_t now_ms) {
  return facts.webhooks_registered || (facts.last_webhook_ms != 0 && now_ms - facts.last_webhook_ms < kWeekMs);
}

bool WebhooksDistrusted(const PassFacts& facts) {
  if (facts.webhook_missed_ms == 0) return false;
  return facts.last_webhook_ms <= facts.webhook_missed_ms || facts.clean_passes < kCleanPassesToTrust;
}

base::Duration PassInterval(const PassFacts& facts, int64_t now_ms) {
  const bool silent = now_ms - facts.last_webhook_ms > Millis(facts.sync_interval);
  if (silent || facts.webhooks_from_ms == 0 || WebhooksDistrusted(facts)) return facts.sync_interval;
  const base::Duration stretched =
      facts.sync_interval * (int64_t{1} << std::clamp<int64_t>(facts.clean_passes, 0, kMostDoublings));
  return std::max(facts.sync_interval, std::min(stretched, kLongestInterval));
}

bool IncrementalDue(const PassFacts& facts, int64_t now_ms) {
  return std::max(facts.last_pass_ms, facts.tried_ms) + Millis(PassInterval(facts, now_ms)) <= now_ms;
}

std::optional<Window> TrailingDue(const PassFacts& facts, int64_t now_ms) {
  if (now_ms - facts.tried_ms < Millis(facts.sync_interval)) return std::nullopt;
  const int64_t until_ms = now_ms - kIndexLagMs;
  if (facts.trailing_ms == 0 || until_ms - facts.trailing_ms < kTrailingEveryMs) return std::nullopt;
  return Window{facts.trailing_ms, until_ms};
}

int64_t MissedAmong(const std::vector<jira::v1::OutboxEvent>& events, int64_t queued, int64_t from_ms,
                    int64_t settled_ms) {
  if (from_ms == 0) return 0;
  const auto excused = std::count_if(events.begin(), events.end(), [&](const jira::v1::OutboxEvent& event) {
    return event.event_ms() < from_ms || event.event_ms() > settled_ms;
  });
  // Which of them were new isn't known: the excused ones are taken to be among those.
  return std::max<int64_t>(queued - excused, 0);
}

int64_t SettledUntil(int64_t now_ms, int64_t oldest_waiting_ms) {
  return (oldest_waiting_ms == 0 ? now_ms : std::min(now_ms, oldest_waiting_ms)) - kDeliveryMs;
}

}  // namespace tajo::worker
