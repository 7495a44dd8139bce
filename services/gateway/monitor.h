#pragma once

#include <boost/asio/cancellation_signal.hpp>
#include <functional>
#include <future>

#include "services/gateway/shard.h"

namespace tajo::gateway {

// Watches from one shard's loop whether Redis answers, and counts connections by state. Stops, and waits
// for that, when it dies; not from the shard's own thread.
class Monitor {
 public:
  // `on_redis` is told on the loop at each change, the first look included.
  Monitor(Shard& shard, Instruments& instruments, std::function<void(const absl::Status&)> on_redis);
  ~Monitor();
  Monitor(const Monitor&) = delete;
  Monitor& operator=(const Monitor&) = delete;

 private:
  base::Task<void> Run();
  base::Task<void> LookAtRedis();
  base::Task<void> CountConnections();

  Shard& shard_;
  Instruments& instruments_;
  const std::function<void(const absl::Status&)> on_redis_;
  boost::asio::cancellation_signal stop_;
  std::promise<void> ended_;
  int told_ = -1;  // what on_redis_ heard last: 0 away, 1 there
};

}  // namespace tajo::gateway
