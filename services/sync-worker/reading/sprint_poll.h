#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/base/clock.h"
#include "common/deciding/polls.h"
#include "common/deciding/rules.h"
#include "common/jira/client.h"
#include "common/store/poll_store.h"
#include "services/sync-worker/reading/version_poll.h"

namespace tajo::worker {

// Finds sprints that began or ended without a webhook. A look reads the active sprints of each board, and by
// itself each that was active and isn't now; once a day it reads the closed ones too, which may be hundreds.
// JIRA_SCOPE_MISSING where a grant has none of the granular scopes.
class SprintPoll {
 public:
  SprintPoll(jira::Client& jira, store::PollStore& polls, const deciding::Rules& rules, const base::Clock& clock)
      : jira_(jira), polls_(polls), rules_(rules), clock_(clock) {}

  // `cursors`: of the connection.
  base::Task<absl::StatusOr<Look>> Run(std::map<std::string, std::string> cursors);

 private:
  base::Task<absl::StatusOr<std::vector<int64_t>>> BoardIds(Look* look);
  base::Task<absl::Status> LookAtEnded(std::vector<jira::v1::Sprint> active, int64_t since_ms, deciding::Seen* seen,
                                       Look* look);
  base::Task<absl::Status> Keep(deciding::Findings findings, deciding::Seen* seen, Look* look);

  jira::Client& jira_;
  store::PollStore& polls_;
  const deciding::Rules& rules_;
  const base::Clock& clock_;
};

}  // namespace tajo::worker
