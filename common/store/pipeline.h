#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "common/base/task.h"
#include "common/redis/client.h"

namespace tajo::store {

// Runs independent commands side by side, so that they share round trips; replies in their order.
// The first error, if any, once all have ended. `redis` outlives it, also when it is cancelled.
base::Task<absl::StatusOr<std::vector<redis::Reply>>> ExecuteAll(redis::Client& redis,
                                                                 std::vector<redis::Args> commands);

}  // namespace tajo::store
