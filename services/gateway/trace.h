#pragma once

#include <optional>
#include <string>

#include "common/base/task.h"
#include "common/store/connections.h"
#include "services/gateway/backend.h"
#include "services/gateway/caller.h"
#include "services/gateway/issue_ref.h"
#include "tajo/jira/v1/connector.pb.h"

namespace tajo::gateway {

// Where one issue's changes are: what Jira shows, what is tracked, and what waits where. Looks at a bounded
// part of each stream, and says where that wasn't all. No personal data.
class TraceCall {
 public:
  explicit TraceCall(Backend& backend) : backend_(backend) {}

  base::Task<absl::StatusOr<jira::v1::TraceIssueResponse>> Run(Caller caller, jira::v1::TraceIssueRequest request);

 private:
  // What is being traced, and what has been found so far.
  struct Trail;

  // Learns the id of an issue that is named by its key, and what became of its events.
  base::Task<void> AskJira(Trail& trail);
  base::Task<absl::Status> ReadIssue(Trail& trail);
  base::Task<absl::Status> AddRecord(Trail& trail);
  base::Task<absl::Status> AddTaken(Trail& trail);
  base::Task<absl::Status> AddOutbox(Trail& trail);
  base::Task<absl::Status> AddSent(Trail& trail);
  base::Task<absl::Status> AddDeadLetters(Trail& trail);
  base::Task<absl::Status> AddQuarantine(Trail& trail);

  Backend& backend_;
};

}  // namespace tajo::gateway
