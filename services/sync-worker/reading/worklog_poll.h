#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/base/clock.h"
#include "common/deciding/rules.h"
#include "common/jira/client.h"
#include "common/store/poll_store.h"
#include "common/telemetry/log.h"
#include "services/sync-worker/reading/version_poll.h"

namespace tajo::worker {

// Finds worklogs of tracked tickets, which dynamic webhooks never tell of. Its cursor is Jira's own `until`: the
// last minute isn't listed yet.
class WorklogPoll {
 public:
  struct Parts {
    jira::Client& jira;
    store::OwnerStore& store;
    store::PollStore& polls;
    const deciding::Rules& rules;
    const base::Clock& clock;
    telemetry::Logger& log;
    std::function<bool()> stopping;  // between two pages
  };
  explicit WorklogPoll(Parts parts) : parts_(std::move(parts)) {}

  // `cursors`: of the connection. Each page is stored with its cursor.
  base::Task<absl::StatusOr<Look>> Run(std::map<std::string, std::string> cursors);

 private:
  base::Task<absl::StatusOr<std::vector<jira::v1::Worklog>>> OfTracked(std::vector<int64_t> ids);

  Parts parts_;
};

}  // namespace tajo::worker
