#pragma once

#include "common/base/task.h"
#include "common/jira/client.h"
#include "common/store/creations.h"
#include "services/gateway/backend.h"
#include "services/gateway/caller.h"
#include "tajo/jira/v1/connector.pb.h"

namespace tajo::gateway {

// Creates an issue at most once for each idempotency key. The wish is noted in Redis before it is sent, and
// the issue carries the key's hash as a property, set in the same call: what an answer that was lost
// left behind is found by it.
class CreateIssueCall {
 public:
  explicit CreateIssueCall(Backend& backend) : backend_(backend) {}

  // Of two calls with one key the second waits for the first and gets the same issue.
  base::Task<absl::StatusOr<jira::v1::CreateIssueResponse>> Run(Caller caller, jira::v1::CreateIssueRequest request);

 private:
  using Response = absl::StatusOr<jira::v1::CreateIssueResponse>;

  base::Task<absl::StatusOr<store::BegunCreation>> AwaitTurn(store::CreationWish wish);
  // Until it is created, surely refused, or nobody knows. `sent_ms`: of an earlier call's try; 0: none.
  base::Task<Response> Create(jira::Client& jira, store::CreationWish wish, jira::NewIssue issue, int64_t sent_ms);

  Backend& backend_;
};

}  // namespace tajo::gateway
