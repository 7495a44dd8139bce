#pragma once

#include "absl/status/statusor.h"
#include "common/base/task.h"
#include "common/redis/client.h"

namespace tajo::store {

enum class RedisPolicy {
  kNoEviction,
  kUnknown,  // a managed Redis that doesn't let us ask: say so, and go on
};

// REDIS_POLICY_UNSAFE if this Redis drops keys when it is full: acknowledged events would go silently.
base::Task<absl::StatusOr<RedisPolicy>> CheckRedisPolicy(redis::Client& redis);

}  // namespace tajo::store
