#include "services/gateway/gateway.h"

#include <boost/asio/post.hpp>
#include <future>
#include <utility>

#include "common/base/error.h"

namespace tajo::gateway {

absl::StatusOr<std::unique_ptr<Gateway>> Gateway::Start(net::LoopPool& loops, const ShardParts& parts,
                                                        const AccessSource& access, GatewayOptions options) {
  std::unique_ptr<Gateway> gateway(new Gateway());
  std::vector<Shard*> shards;
  for (std::size_t i = 0; i < loops.Size(); ++i) {
    net::Loop& loop = loops.At(i);
    TAJO_ASSIGN_OR_RETURN(auto client, redis::Open(loop.Context(), parts.clock, parts.random, options.redis));
    gateway->shards_.push_back({loop, std::make_unique<Shard>(loop, std::move(client), parts)});
    shards.push_back(gateway->shards_.back().shard.get());
  }
  Shard& first = *shards.front();
  gateway->service_ = std::make_unique<Service>(std::move(shards), access, parts.instruments);
  TAJO_ASSIGN_OR_RETURN(gateway->server_, Server::Start(options.listen, options.tls, *gateway->service_));
  gateway->on_redis_ = std::move(options.on_redis);
  gateway->monitor_ = std::make_unique<Monitor>(
      first, parts.instruments, [raw = gateway.get()](const absl::Status& status) { raw->FollowRedis(status); });
  return gateway;
}

Gateway::~Gateway() {
  draining_ = true;
  monitor_.reset();
  server_.reset();
  service_.reset();
  for (OnLoop& place : shards_) {
    std::promise<void> gone;
    boost::asio::post(place.loop.Context(), [&place, &gone] {
      place.shard.reset();
      gone.set_value();
    });
    gone.get_future().wait();
  }
}

void Gateway::FollowRedis(const absl::Status& status) {
  // While it drains the answer stays NOT_SERVING.
  if (!draining_) server_->SetServing(status.ok());
  if (on_redis_) on_redis_(status);
}

void Gateway::Drain(std::chrono::milliseconds grace) {
  draining_ = true;
  server_->Drain(grace);
}

}  // namespace tajo::gateway
