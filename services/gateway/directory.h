#pragma once

#include "common/base/task.h"
#include "common/store/connections.h"
#include "services/gateway/caller.h"
#include "tajo/jira/v1/connector.pb.h"

namespace tajo::gateway {

// The connection that a request means and its caller may use. CONNECTION_NOT_FOUND also for one of
// another tenant, so that nobody learns whether it exists; CONNECTION_AMBIGUOUS names the tenant's.
base::Task<absl::StatusOr<store::ConnectionRecord>> FindConnection(store::Connections& connections, Caller caller,
                                                                   jira::v1::ConnectionRef ref);

}  // namespace tajo::gateway
