#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/base/clock.h"
#include "common/redis/client.h"
#include "common/redis/codec.h"

namespace tajo::simulation {

// A real redis-server that believes in the simulation's time. Asked and answered at once, on the calling
// thread, so that no order depends on the machine. TIME, time-outs of keys and the ids of streams follow
// `now`: scripts run behind a prelude (see the source) that puts these few commands on that time.
class RedisLink {
 public:
  explicit RedisLink(const std::string& socket_path);
  ~RedisLink();
  RedisLink(const RedisLink&) = delete;
  RedisLink& operator=(const RedisLink&) = delete;

  // Forgets everything, the time included.
  void Clear();
  absl::StatusOr<redis::Reply> Execute(const redis::Args& command, base::WallTime now);
  absl::StatusOr<redis::Reply> Run(const redis::Script& script, const redis::Args& keys, const redis::Args& args,
                                   base::WallTime now);

 private:
  // Keys whose time has come go, before `command` runs.
  absl::StatusOr<redis::Reply> Ask(const redis::Args& command, base::WallTime now);
  redis::Answer Read();
  absl::StatusOr<redis::Reply> RunAs(const redis::Script& script, const redis::Args& keys, const redis::Args& args,
                                     base::WallTime now);

  int fd_;
  redis::ReplyReader reader_;
  std::string out_;
  int64_t now_ms_ = -1;  // as Redis was told last
};

}  // namespace tajo::simulation
