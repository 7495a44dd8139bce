#include "common/store/policy.h"

#include <fmt/format.h>

#include <utility>

#include "common/base/error.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::store {

base::Task<absl::StatusOr<RedisPolicy>> CheckRedisPolicy(redis::Client& redis) {
  redis::Args ask = {"CONFIG", "GET", "maxmemory-policy"};
  const absl::StatusOr<redis::Reply> reply = co_await redis.Execute(std::move(ask));
  if (!reply.ok()) {
    if (base::ReasonOf(reply.status()) == jira::v1::REDIS_REFUSED) co_return RedisPolicy::kUnknown;
    co_return reply.status();
  }
  if (reply->Elements().size() != 2) co_return RedisPolicy::kUnknown;
  const std::string& policy = reply->Elements()[1].String();
  if (policy == "noeviction") co_return RedisPolicy::kNoEviction;
  co_return base::Error(jira::v1::REDIS_POLICY_UNSAFE,
                        fmt::format("Redis' maxmemory-policy is {}, which drops data when memory is full; set it to "
                                    "noeviction",
                                    policy));
}

}  // namespace tajo::store
