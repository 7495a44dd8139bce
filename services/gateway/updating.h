#pragma once

#include <string>

#include "common/base/task.h"
#include "common/store/connections.h"
#include "services/gateway/backend.h"
#include "services/gateway/caller.h"
#include "tajo/jira/v1/connector.pb.h"

namespace tajo::gateway {

// A connection changed: its config, its credentials, paused or not. A new config and new credentials are tried
// with both accounts as Connect does, before anything is stored; site, way to log in and Brevo account stay.
class UpdateCall {
 public:
  explicit UpdateCall(Backend& backend) : backend_(backend) {}

  base::Task<absl::StatusOr<jira::v1::Connection>> Run(Caller caller, jira::v1::UpdateConnectionRequest request);

 private:
  // `record` takes what was found: it works with this config and these credentials.
  base::Task<absl::Status> Verify(store::ConnectionRecord& record, jira::v1::ConnectionConfig config,
                                  jira::v1::Credentials credentials);
  // The client secret's app, verified; empty where none is given.
  base::Task<absl::StatusOr<jira::v1::App>> AppWith(std::string secret, std::string app_id);
  base::Task<absl::StatusOr<store::ConnectionRecord>> Store(store::ConnectionRecord record,
                                                            jira::v1::Credentials before,
                                                            jira::v1::Credentials credentials, jira::v1::App app);

  Backend& backend_;
};

}  // namespace tajo::gateway
