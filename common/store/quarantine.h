#pragma once

#include <string>

#include "absl/status/status.h"
#include "common/base/clock.h"
#include "common/base/task.h"
#include "common/redis/client.h"
#include "common/store/ids.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::store {

// Keeps a body that we couldn't read, for a person to look at: about the last 1,000 of a connection,
// 7 days at most. `sealed_body` is sealed by the caller with QuarantineKey as its associated data.
base::Task<absl::Status> AddQuarantine(redis::Client& redis, const base::Clock& clock, std::string connection_id,
                                       std::string sealed_body, jira::v1::ErrorReason reason);
std::string QuarantineKey(const std::string& connection_id);

}  // namespace tajo::store
