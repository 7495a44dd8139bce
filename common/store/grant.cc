#include "common/store/grant.h"

#include "common/store/lua_scripts.h"

namespace tajo::store {

base::Task<absl::Status> PauseQuota(redis::Client& redis, std::string key, std::string field,
                                    std::chrono::milliseconds duration) {
  static const redis::Script script(lua::kPauseQuota);
  redis::Args keys = {std::move(key)};
  redis::Args args = {std::move(field), std::to_string(duration.count())};
  const auto reply = co_await redis.Run(script, std::move(keys), std::move(args));
  co_return reply.status();
}

}  // namespace tajo::store
