#pragma once

#include "absl/status/status.h"
#include "common/store/connections.h"
#include "tajo/jira/v1/connection.pb.h"
#include "tajo/jira/v1/connector.pb.h"

namespace tajo::gateway {

// Whether the request can be asked of that connection. REQUEST_INVALID naming the field, CONNECTION_CHANGED of
// one that is being removed, CONNECTION_PENDING.
absl::Status CheckUpdate(const jira::v1::UpdateConnectionRequest& request, const store::ConnectionRecord& record);

// The credentials with what the request brings. A new webhook secret goes before the former one, which stays
// valid.
jira::v1::Credentials WithNew(jira::v1::Credentials credentials, const jira::v1::UpdateConnectionRequest& request);

}  // namespace tajo::gateway
