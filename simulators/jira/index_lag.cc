#include "simulators/jira/index_lag.h"

namespace tajo::jira_sim {

void IndexLag::Remember(IssueIndex index, const IssueRow* before, Millis now) {
  if (lag_ == 0) return;
  entries_.push_back({now, index, before == nullptr ? std::nullopt : std::optional<IssueRow>(*before)});
}

IndexLag::Stale IndexLag::At(Millis now) {
  while (!entries_.empty() && entries_.front().time <= now - lag_) entries_.pop_front();
  Stale stale;
  for (const Entry& entry : entries_) stale.try_emplace(entry.index, entry.before);  // the oldest wins
  return stale;
}

}  // namespace tajo::jira_sim
