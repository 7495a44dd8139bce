#pragma once

#include <deque>
#include <optional>
#include <unordered_map>

#include "simulators/jira/model.h"

namespace tajo::jira_sim {

// The search index trails the issues: it remembers how changed issues were, so that a search can see
// the site as of a while ago while direct reads see it as it is.
class IndexLag {
 public:
  void Set(Millis lag) { lag_ = lag; }
  Millis Lag() const { return lag_; }

  // Before a change; `before` is nullptr for an issue that is being created.
  void Remember(IssueIndex index, const IssueRow* before, Millis now);

  // How the index sees what changed within the lag: a row, or nothing for what it doesn't know yet.
  using Stale = std::unordered_map<IssueIndex, std::optional<IssueRow>>;
  Stale At(Millis now);

 private:
  struct Entry {
    Millis time;
    IssueIndex index;
    std::optional<IssueRow> before;
  };

  Millis lag_ = 0;
  std::deque<Entry> entries_;
};

}  // namespace tajo::jira_sim
