#pragma once

#include <optional>
#include <string>

#include "common/base/task.h"
#include "services/gateway/backend.h"
#include "services/gateway/caller.h"
#include "tajo/jira/v1/connector.pb.h"
#include "tajo/jira/v1/record.pb.h"

namespace tajo::gateway {

// ForgetContact: erases what Redis holds, notes durably that the contact is to be deleted in Brevo, and waits
// for the worker to do that, behind whatever it was writing.
class ForgetCall {
 public:
  explicit ForgetCall(Backend& backend) : backend_(backend) {}

  base::Task<absl::StatusOr<jira::v1::ForgetContactResponse>> Run(Caller caller,
                                                                  jira::v1::ForgetContactRequest request);

 private:
  // What the worker reports; nothing if it takes too long.
  base::Task<absl::StatusOr<std::optional<jira::v1::ErasureReport>>> AwaitReport(std::string connection_id,
                                                                                 std::string request_id);
  // True if something of theirs was here. Of an account nothing is erased yet: the worker does it.
  base::Task<absl::StatusOr<bool>> EraseHere(std::string connection_id, jira::v1::PersonErasure person);

  Backend& backend_;
};

// What of theirs was in Redis.
enum class Here {
  kNothing,
  kErased,
  kNoted,  // the worker erases it: of an account it has yet to find the contacts
};
// What the caller is told, place by place.
jira::v1::ForgetContactResponse ShowForgotten(Here here, const std::optional<jira::v1::ErasureReport>& report);

}  // namespace tajo::gateway
