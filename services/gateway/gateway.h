#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "services/gateway/monitor.h"
#include "services/gateway/server.h"

namespace tajo::gateway {

struct GatewayOptions {
  config::ListenAddress listen;
  config::TlsSettings tls;
  redis::Options redis;
  std::function<void(const absl::Status&)> on_redis;  // told at each change, on a loop
};

// The running gateway: shards, service, server and monitor, taken down in the right order when it dies
// (not on one of its loops). `loops`, `parts` and `access` outlive it.
class Gateway {
 public:
  static absl::StatusOr<std::unique_ptr<Gateway>> Start(net::LoopPool& loops, const ShardParts& parts,
                                                        const AccessSource& access, GatewayOptions options);
  ~Gateway();

  uint16_t Port() const { return server_->Port(); }
  // See Server::Drain: blocks.
  void Drain(std::chrono::milliseconds grace);

 private:
  // Dies on its own loop, where its clients are used.
  struct OnLoop {
    net::Loop& loop;
    std::unique_ptr<Shard> shard;
  };

  Gateway() = default;
  void FollowRedis(const absl::Status& status);

  std::vector<OnLoop> shards_;
  std::unique_ptr<Service> service_;
  std::unique_ptr<Server> server_;
  std::atomic<bool> draining_{false};
  std::function<void(const absl::Status&)> on_redis_;
  std::unique_ptr<Monitor> monitor_;
};

}  // namespace tajo::gateway
