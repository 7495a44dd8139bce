#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "common/base/random.h"
#include "common/base/task.h"
#include "common/redis/client.h"

namespace tajo::store {

// A lock in Redis at `key`, for at most `ttl`: its token, or nothing while somebody else has it.
base::Task<absl::StatusOr<std::optional<std::string>>> TakeLock(redis::Client& redis, base::Random& random,
                                                                std::string key, std::chrono::milliseconds ttl);
// Gives it back, unless it has run out and is somebody else's.
base::Task<absl::Status> ReleaseLock(redis::Client& redis, std::string key, std::string token);

}  // namespace tajo::store
