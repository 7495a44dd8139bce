#pragma once

#include <string>

#include "common/base/task.h"
#include "services/gateway/backend.h"
#include "services/gateway/caller.h"
#include "services/gateway/connect_request.h"
#include "tajo/jira/v1/connector.pb.h"

namespace tajo::gateway {

// Connections: made and shown. Changing one is in updating.h, removing one in disconnecting.h.
class ConnectionCalls {
 public:
  explicit ConnectionCalls(Backend& backend) : backend_(backend) {}

  // Both accounts are verified, and Brevo's attributes created, before anything is stored; what fails
  // leaves no key behind. From the first write on it can't be cancelled.
  base::Task<absl::StatusOr<jira::v1::ConnectResponse>> Connect(Caller caller, jira::v1::ConnectRequest request);
  base::Task<absl::StatusOr<jira::v1::Connection>> Get(Caller caller, jira::v1::GetConnectionRequest request);
  base::Task<absl::StatusOr<jira::v1::ListConnectionsResponse>> List(Caller caller,
                                                                     jira::v1::ListConnectionsRequest request);

 private:
  base::Task<absl::StatusOr<store::ConnectionRecord>> Verify(std::string tenant, ConnectPlan plan);
  base::Task<absl::StatusOr<jira::v1::ConnectResponse>> Store(store::ConnectionRecord record, ConnectPlan plan);
  base::Task<absl::Status> AwaitConsent(store::ConnectionRecord record, ConnectPlan plan,
                                        jira::v1::ConnectResponse& response);

  Backend& backend_;
};

}  // namespace tajo::gateway
