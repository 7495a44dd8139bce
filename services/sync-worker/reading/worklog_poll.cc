#include "services/sync-worker/reading/worklog_poll.h"

#include <algorithm>
#include <utility>

#include "common/base/error.h"
#include "common/deciding/polls.h"
#include "common/store/reply_read.h"

namespace tajo::worker {
namespace {

constexpr int64_t kAtMostBackMs = 24ll * 3'600'000;

}  // namespace

base::Task<absl::StatusOr<Look>> WorklogPoll::Run(std::map<std::string, std::string> cursors) {
  Look look;
  int64_t since_ms = store::NumberOf(cursors, store::kCursorWorklogs);
  if (since_ms == 0) {
    // The connection's beginning, or when worklogs were switched on: that was a moment ago.
    since_ms = std::max(parts_.rules.Config().events_from_ms(), base::ToMillis(parts_.clock.Now()) - kAtMostBackMs);
  }
  for (bool last = false; !last && !parts_.stopping();) {
    TAJO_CO_ASSIGN_OR_RETURN(const jira::UpdatedWorklogs updated, co_await parts_.jira.WorklogsUpdated(since_ms));
    look.cost += 1 + static_cast<int64_t>(updated.ids.size());
    TAJO_CO_ASSIGN_OR_RETURN(const std::vector<jira::v1::Worklog> worklogs, co_await OfTracked(updated.ids));
    look.cost += static_cast<int64_t>(updated.ids.size());
    last = updated.last_page;
    store::Polled polled;
    const int64_t now_ms = base::ToMillis(parts_.clock.Now());
    polled.events = deciding::NewWorklogs(worklogs, since_ms, now_ms);
    look.found += static_cast<int64_t>(polled.events.size());
    int64_t next_ms = std::max(updated.until_ms, since_ms);
    if (!last && next_ms == since_ms) {
      // A whole page of one millisecond: Jira would give it again and again.
      parts_.log.Warn("more worklogs changed at once than Jira lists: some may be missing",
                      {{"connection", parts_.store.ConnectionId()}, {"at_ms", since_ms}});
      ++next_ms;
    }
    since_ms = next_ms;
    polled.cursors[store::kCursorWorklogs] = std::to_string(since_ms);
    if (last) polled.cursors[store::kCursorWorklogsLook] = std::to_string(now_ms);
    TAJO_CO_RETURN_IF_ERROR(co_await parts_.polls.Put(std::move(polled)));
  }
  co_return look;
}

base::Task<absl::StatusOr<std::vector<jira::v1::Worklog>>> WorklogPoll::OfTracked(std::vector<int64_t> ids) {
  std::vector<jira::v1::Worklog> tracked;
  TAJO_CO_ASSIGN_OR_RETURN(std::vector<jira::v1::Worklog> worklogs, co_await parts_.jira.WorklogList(std::move(ids)));
  std::vector<int64_t> issues;
  for (const auto& worklog : worklogs) issues.push_back(worklog.issue_id());
  TAJO_CO_ASSIGN_OR_RETURN(const auto records, co_await parts_.store.Issues(std::move(issues)));
  for (std::size_t i = 0; i < worklogs.size(); ++i) {
    const auto& record = records[i];
    if (!record || record->deleted || !record->admitted || record->contact.IsNone()) continue;
    tracked.push_back(std::move(worklogs[i]));
  }
  co_return tracked;
}

}  // namespace tajo::worker
