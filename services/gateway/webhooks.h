#pragma once

#include "common/base/task.h"
#include "services/gateway/backend.h"
#include "services/gateway/caller.h"
#include "tajo/jira/v1/connector.pb.h"

namespace tajo::gateway {

// The SDK's simple webhook payload: taken as a hint that an issue changed. What it says of the issue
// isn't believed; the worker reads it from Jira.
class WebhookCalls {
 public:
  explicit WebhookCalls(Backend& backend) : backend_(backend) {}

  // Durable when it returns.
  base::Task<absl::StatusOr<jira::v1::HandleWebhookResponse>> Handle(Caller caller,
                                                                     jira::v1::HandleWebhookRequest request);

 private:
  Backend& backend_;
};

}  // namespace tajo::gateway
