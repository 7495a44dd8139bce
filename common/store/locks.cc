#include "common/store/locks.h"

#include <utility>

#include "common/store/lua_scripts.h"

namespace tajo::store {
namespace {

const redis::Script& UnlockScript() {
  static const redis::Script script(lua::kUnlock);
  return script;
}

}  // namespace

base::Task<absl::StatusOr<std::optional<std::string>>> TakeLock(redis::Client& redis, base::Random& random,
                                                                std::string key, std::chrono::milliseconds ttl) {
  const std::string token = random.Hex(16);
  redis::Args set = {"SET", std::move(key), token, "NX", "PX", std::to_string(ttl.count())};
  const absl::StatusOr<redis::Reply> reply = co_await redis.Execute(std::move(set));
  if (!reply.ok()) co_return reply.status();
  if (reply->IsNil()) co_return std::optional<std::string>();
  co_return std::optional<std::string>(token);
}

base::Task<absl::Status> ReleaseLock(redis::Client& redis, std::string key, std::string token) {
  redis::Args keys = {std::move(key)};
  redis::Args args = {std::move(token)};
  const absl::StatusOr<redis::Reply> reply = co_await redis.Run(UnlockScript(), std::move(keys), std::move(args));
  co_return reply.status();
}

}  // namespace tajo::store
