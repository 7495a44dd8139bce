#pragma once

#include <vector>

#include "common/store/owner_store.h"
#include "services/sync-worker/deciding/decide.h"
#include "services/sync-worker/deciding/rules.h"
#include "services/sync-worker/reading/issue_source.h"
#include "services/sync-worker/reading/user_directory.h"
#include "tajo/jira/v1/record.pb.h"

namespace tajo::worker {

// Whom a release or a sprint concerns: the customers of the tickets in it, each told once.
class Milestones {
 public:
  Milestones(IssueSource& source, UserDirectory& users, const Rules& rules);

  // Released: tickets of that fix version in status category Done. Sprint: its tickets when it starts,
  // those in status category Done when it is closed.
  base::Task<absl::StatusOr<std::vector<jira::v1::OutboxEvent>>> EventsFor(Milestone milestone, int64_t changed_ms,
                                                                           int64_t now_ms);

 private:
  IssueSource& source_;
  UserDirectory& users_;
  const Rules& rules_;
};

}  // namespace tajo::worker
