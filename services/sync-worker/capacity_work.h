#pragma once

#include <functional>
#include <string>

#include "common/base/clock.h"
#include "common/jira/client.h"
#include "common/store/capacity.h"
#include "common/store/connections.h"
#include "common/telemetry/log.h"
#include "services/sync-worker/instruments.h"

namespace tajo::worker {

// A connection's open work: counted from its tickets once a day and where it never was, shown as a metric, and
// told to the lead that the config names, once a day. A part of ConnectionWork, which it may not outlive.
class CapacityWork {
 public:
  struct Parts {
    redis::Client& redis;
    store::OwnerStore& store;
    jira::Client& jira;
    base::Clock& clock;
    telemetry::Logger& log;
    Instruments& instruments;
    const store::ConnectionRecord& record;
    std::function<void()> wake_writers;
  };
  explicit CapacityWork(Parts parts) : parts_(std::move(parts)) {}

  // Counts anew where that is due, and sets the metric. Ends early, to go on at the next turn, once `stopping`.
  base::Task<absl::Status> Keep(const bool& stopping);
  // The day's snapshot, if it is due and there is a lead. Asks Jira for a lead that is named by account.
  base::Task<absl::Status> TellLead();

 private:
  base::Task<absl::StatusOr<std::string>> EmailOf(std::string lead);

  Parts parts_;
  std::string told_day_;  // as far as this owner knows
};

}  // namespace tajo::worker
