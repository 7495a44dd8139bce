#pragma once

#include "absl/status/status.h"
#include "common/base/clock.h"
#include "common/base/error.h"
#include "common/redis/client.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::store {

// What a shared quota answered. While Redis is away each process goes on by itself at this part of
// the rate.
inline constexpr double kAloneShare = 0.25;

struct Grant {
  bool ours = false;
  base::Duration wait{};     // ours: go after it; else: ask again after it
  base::MonotonicTime at{};  // ours: when it becomes good
};

inline bool IsAway(const absl::Status& status) {
  const base::Reason reason = base::ReasonOf(status);
  return reason == jira::v1::REDIS_UNAVAILABLE || reason == jira::v1::REDIS_AMBIGUOUS;
}

// Nobody draws from the quota in `key` for so long; `field` is where its script looks.
base::Task<absl::Status> PauseQuota(redis::Client& redis, std::string key, std::string field,
                                    std::chrono::milliseconds duration);

}  // namespace tajo::store
