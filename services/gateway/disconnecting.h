#pragma once

#include <string>
#include <vector>

#include "common/base/task.h"
#include "services/gateway/backend.h"
#include "services/gateway/caller.h"
#include "tajo/jira/v1/connector.pb.h"

namespace tajo::gateway {

// Disconnect: what was registered at Jira goes first, then the worker lets go, then everything stored.
// A call that broke off is finished by the next. An OAuth app's sealed record stays: other tenants
// share it.
class DisconnectCall {
 public:
  explicit DisconnectCall(Backend& backend) : backend_(backend) {}

  base::Task<absl::StatusOr<jira::v1::DisconnectResponse>> Run(Caller caller, jira::v1::DisconnectRequest request);

 private:
  // What could not be removed, in words.
  base::Task<std::vector<std::string>> RemoveWebhooks(store::ConnectionRecord record,
                                                      jira::v1::Credentials credentials);
  base::Task<absl::Status> DeleteWebhooks(store::ConnectionRecord record, jira::v1::Credentials credentials);
  // Every webhook of the connection's at Brevo, also one whose id was never stored; what's left, in words.
  base::Task<std::vector<std::string>> RemoveBrevoWebhooks(store::ConnectionRecord record,
                                                           jira::v1::Credentials credentials);
  base::Task<absl::Status> DeleteBrevoWebhooks(std::string connection_id, std::string account,
                                               jira::v1::Credentials credentials);
  base::Task<void> AwaitOwner(std::string connection_id);

  Backend& backend_;
};

}  // namespace tajo::gateway
