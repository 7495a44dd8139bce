#include "services/gateway/shard.h"

#include <utility>

namespace tajo::gateway {

Shard::Shard(net::Loop& loop, std::unique_ptr<redis::Client> redis_client, const ShardParts& parts)
    : executor(loop.Context().get_executor()),
      redis(std::move(redis_client)),
      http(net::MakeCurlClient(loop.Context(), parts.curl)),
      store(*redis, parts.clock, parts.random, parts.keyring),
      grants(*redis, parts.random, parts.keyring),
      quotas(*redis, parts.clock, parts.quotas, &parts.quota_metrics),
      jobs(*redis, parts.clock, parts.random),
      intake(*redis, parts.clock, 0),
      backend{*redis, *http,     parts.clock,        parts.random,       store,        grants, quotas, jobs,
              intake, parts.log, &parts.instruments, &parts.instruments, parts.options},
      connections(backend),
      updating(backend),
      authorization(backend),
      disconnecting(backend),
      forgetting(backend),
      checks(backend),
      syncs(backend),
      inspection(backend),
      webhooks(backend),
      queries(backend),
      dead_letters(backend),
      creating(backend),
      preview(backend),
      trace(backend),
      capacity(backend) {}

}  // namespace tajo::gateway
