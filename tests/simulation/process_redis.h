#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "common/redis/client.h"
#include "tests/simulation/process.h"
#include "tests/simulation/redis_link.h"
#include "tests/simulation/surroundings.h"

namespace tajo::simulation {

// A process' way to Redis, with the faults that the weather brings. Commands arrive in order of issue,
// also after their process has died or stands still.
class ProcessRedis final : public redis::Client {
 public:
  using Publish = std::function<void(const std::string& channel, const std::string& message)>;

  ProcessRedis(Surroundings& around, Process& process, RedisLink& link, Publish publish);

  base::Task<absl::StatusOr<redis::Reply>> Execute(redis::Args command) override;
  base::Task<absl::StatusOr<redis::Reply>> Run(const redis::Script& script, redis::Args keys,
                                               redis::Args args) override;

 private:
  using Work = std::function<absl::StatusOr<redis::Reply>()>;
  base::Task<absl::StatusOr<redis::Reply>> Send(std::string name, Work work);

  Surroundings& around_;
  Process& process_;
  RedisLink& link_;
  const Publish publish_;
  base::MonotonicTime last_arrival_{};
};

}  // namespace tajo::simulation
