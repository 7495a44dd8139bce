#pragma once

#include <string>
#include <vector>

#include "common/base/task.h"
#include "common/store/connections.h"
#include "common/store/replay.h"
#include "services/gateway/backend.h"
#include "services/gateway/caller.h"
#include "services/gateway/letter_filter.h"
#include "tajo/jira/v1/connector.pb.h"

namespace tajo::gateway {

// What a connection gave up: shown, and tried again.
class DeadLetterCalls {
 public:
  explicit DeadLetterCalls(Backend& backend) : backend_(backend) {}

  // Oldest first. A filter leaves out what it doesn't admit; a page may then be short, or empty with a
  // next page.
  base::Task<absl::StatusOr<jira::v1::ListDeadLettersResponse>> List(Caller caller,
                                                                     jira::v1::ListDeadLettersRequest request);
  // Letters that come while it runs aren't seen. Ends early where `events` is full.
  base::Task<absl::StatusOr<jira::v1::ReplayDeadLettersResponse>> Replay(Caller caller,
                                                                         jira::v1::ReplayDeadLettersRequest request);

 private:
  struct Walk;  // through the letters there were when the call began
  base::Task<absl::Status> ReplayAll(Walk& walk);
  base::Task<absl::Status> ReplayPage(Walk& walk, std::vector<store::DeadLetter> letters);

  Backend& backend_;
};

}  // namespace tajo::gateway
