#pragma once

#include "common/base/task.h"
#include "services/gateway/backend.h"
#include "services/gateway/caller.h"
#include "tajo/jira/v1/connector.pb.h"

namespace tajo::gateway {

// JQL, searched with the connection's account: nothing is stored.
class QueryCalls {
 public:
  explicit QueryCalls(Backend& backend) : backend_(backend) {}

  // One page of Jira's, which may be shorter than asked for.
  base::Task<absl::StatusOr<jira::v1::QueryResponse>> Query(Caller caller, jira::v1::QueryRequest request);

 private:
  Backend& backend_;
};

}  // namespace tajo::gateway
