#pragma once

#include "common/base/task.h"
#include "services/gateway/backend.h"
#include "services/gateway/caller.h"
#include "tajo/jira/v1/connector.pb.h"

namespace tajo::gateway {

// How a connection is doing.
class InspectionCalls {
 public:
  explicit InspectionCalls(Backend& backend) : backend_(backend) {}

  base::Task<absl::StatusOr<jira::v1::Status>> Status(Caller caller, jira::v1::GetStatusRequest request);

 private:
  Backend& backend_;
};

}  // namespace tajo::gateway
