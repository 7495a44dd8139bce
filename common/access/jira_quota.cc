#include "common/access/jira_quota.h"

#include <algorithm>
#include <utility>

#include "common/jira/limits.h"
#include "common/net/method_name.h"

namespace tajo::access {
namespace {

using std::chrono::milliseconds;

constexpr double kOfABurst = 0.97;
// Of a second's calls at once after a rest, and how late they may be: together with what processes
// hold in reserve below the second's worth that Jira's buckets hold.
constexpr milliseconds kCredit{250};
constexpr milliseconds kJiraLateness{250};

retry::Lane LaneOf(const jira::Call& call) {
  return call.lane == jira::Lane::kLive ? retry::Lane::kLive : retry::Lane::kBackfill;
}

}  // namespace

store::Pace JiraPace(const jira::Call& call) {
  return {jira::PublishedBurst(call).per_second * kOfABurst, kCredit, kJiraLateness};
}

JiraBursts::JiraBursts(redis::Client& redis, base::Clock& clock, std::string site)
    : redis_(redis), clock_(clock), prefix_("tajo:{site:" + site + "}:") {}

JiraBursts::Burst& JiraBursts::Of(const jira::Call& call) {
  auto& burst = bursts_[{std::string(call.endpoint), call.method}];
  if (!burst) {
    std::string key = prefix_ + net::MethodName(call.method) + " " + std::string(call.endpoint);
    burst = std::make_unique<Burst>(redis_, clock_, std::move(key), call);
  }
  return *burst;
}

base::Task<absl::Status> JiraBursts::Acquire(jira::Call call, QuotaWaits& waits) {
  Burst& burst = Of(call);
  const retry::Lane lane = LaneOf(call);
  const QuotaQueue::Ask ask = [&burst, lane](std::size_t waiting) { return burst.pace.Draw(waiting, lane); };
  const QuotaQueue::Check good = [&burst, lane](base::MonotonicTime at) { return burst.pace.Confirm(at, lane); };
  co_return co_await burst.queue.Pass(lane, waits, ask, good);
}

base::Task<void> JiraBursts::Pause(jira::Call call, milliseconds duration) {
  (void)co_await Of(call).pace.Pause(duration);
}

JiraGovernor::JiraGovernor(Parts parts) : parts_(std::move(parts)), waits_(parts_.clock, parts_.observer) {}

base::Task<absl::Status> JiraGovernor::Acquire(const jira::Call& call) {
  // Points may be long in coming; a burst's slot is good at once.
  if (parts_.points != nullptr) TAJO_CO_RETURN_IF_ERROR(co_await AcquirePoints(call));
  co_return co_await parts_.bursts->Acquire(call, waits_);
}

base::Task<absl::Status> JiraGovernor::AcquirePoints(jira::Call call) {
  store::SharedPoints::Wish wish{parts_.connection, parts_.site, LaneOf(call), call.cost_estimate};
  store::SharedPoints& points = *parts_.points;
  const QuotaQueue::Ask ask = [&points, wish](std::size_t) { return points.Draw(wish); };
  const QuotaQueue::Check good = [](base::MonotonicTime) -> base::Task<bool> { co_return true; };
  TAJO_CO_RETURN_IF_ERROR(co_await queue_.Pass(wish.lane, waits_, ask, good));
  if (parts_.observer != nullptr && points.Left()) parts_.observer->JiraPointsLeft(parts_.app, *points.Left());
  co_return absl::OkStatus();
}

base::Task<void> JiraGovernor::Observe(const jira::Call& call, int status, const net::Headers& headers) {
  if (parts_.points != nullptr) {
    // A refused call costs nothing, a failed one its base point.
    if (status == 429) parts_.points->Settle(-call.cost_estimate);
    if (status != 429 && status >= 400) parts_.points->Settle(1 - call.cost_estimate);
    const jira::PointsWord word = jira::ReadPointsWord(status, headers);
    parts_.points->Tell(word.remaining, word.quota);
    const auto left = jira::ReadPointsLeft(headers);
    if (left && left->remaining <= 0 && left->resets_in.count() > 0) {
      std::string scope = left->whole_app ? std::string() : parts_.site;
      (void)co_await parts_.points->Pause(std::move(scope), left->resets_in);
    }
  }
  const auto verdict = jira::ReadRateLimit(status, headers, parts_.clock.Now());
  if (!verdict) co_return;
  switch (verdict->scope) {
    case jira::RateVerdict::Scope::kApp:
    case jira::RateVerdict::Scope::kSite:
      if (parts_.points != nullptr) {
        std::string scope = verdict->scope == jira::RateVerdict::Scope::kApp ? std::string() : parts_.site;
        (void)co_await parts_.points->Pause(std::move(scope), verdict->wait);
      } else {
        // An API token pays no points: whatever this is, only what was refused waits.
        co_await parts_.bursts->Pause(call, verdict->wait);
      }
      break;
    case jira::RateVerdict::Scope::kEndpoint:
      co_await parts_.bursts->Pause(call, verdict->wait);
      break;
    case jira::RateVerdict::Scope::kIssue:
      break;  // its own call waits; other issues may go on
  }
}

void JiraGovernor::Settle(int more) {
  if (parts_.points != nullptr) parts_.points->Settle(more);
}

}  // namespace tajo::access
