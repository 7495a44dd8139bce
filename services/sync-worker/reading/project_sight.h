#pragma once

#include <cstdint>
#include <set>
#include <string>

#include "absl/status/statusor.h"
#include "common/base/clock.h"
#include "common/base/task.h"
#include "common/deciding/rules.h"
#include "common/jira/client.h"
#include "common/store/jobs.h"
#include "common/store/owner_store.h"
#include "common/telemetry/log.h"

namespace tajo::worker {

// Which of the config's projects Jira shows us. One that was made invisible would have Jira refuse all
// JQL that names it: the rules leave it out until it is back.
class ProjectSight {
 public:
  ProjectSight(store::OwnerStore& store, store::Jobs& jobs, jira::Client& jira, deciding::Rules& rules,
               const base::Clock& clock, telemetry::Logger& log)
      : store_(store), jobs_(jobs), jira_(jira), rules_(rules), clock_(clock), log_(log) {}

  // What was found out before, by whatever owner.
  base::Task<absl::Status> Recall();
  // Asks Jira; true if something has changed. A project that is back is read whole, and its changes from
  // the time on when it went. JIRA_PROJECT_UNKNOWN if Jira shows none of them: then nothing is left out.
  base::Task<absl::StatusOr<bool>> Look();

 private:
  base::Task<absl::StatusOr<std::set<std::string>>> AskJira();
  base::Task<absl::Status> ReadAgain(std::set<std::string> back, int64_t since_ms);

  store::OwnerStore& store_;
  store::Jobs& jobs_;
  jira::Client& jira_;
  deciding::Rules& rules_;
  const base::Clock& clock_;
  telemetry::Logger& log_;
};

}  // namespace tajo::worker
