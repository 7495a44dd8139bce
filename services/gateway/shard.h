#pragma once

#include <memory>

#include "common/access/quota_metrics.h"
#include "common/crypto/sealing.h"
#include "common/net/curl_client.h"
#include "common/net/loop.h"
#include "common/redis/open.h"
#include "services/gateway/authorization.h"
#include "services/gateway/backend.h"
#include "services/gateway/capacity.h"
#include "services/gateway/checks.h"
#include "services/gateway/connections.h"
#include "services/gateway/creating.h"
#include "services/gateway/dead_letters.h"
#include "services/gateway/disconnecting.h"
#include "services/gateway/forgetting.h"
#include "services/gateway/inspection.h"
#include "services/gateway/instruments.h"
#include "services/gateway/preview.h"
#include "services/gateway/query.h"
#include "services/gateway/syncs.h"
#include "services/gateway/trace.h"
#include "services/gateway/updating.h"
#include "services/gateway/webhooks.h"

namespace tajo::gateway {

// What the shards of a process share; outlives them.
struct ShardParts {
  base::Clock& clock;
  base::Random& random;  // thread-safe
  const crypto::Keyring& keyring;
  telemetry::Logger& log;
  Instruments& instruments;
  BackendOptions options;
  access::QuotaOptions quotas;
  access::QuotaMetrics& quota_metrics;
  net::CurlOptions curl;
};

// One loop's share of the gateway: its own pipeline to Redis, its own HTTP connections, all calls.
// Members depend on those above them.
struct Shard {
  Shard(net::Loop& loop, std::unique_ptr<redis::Client> redis_client, const ShardParts& parts);

  boost::asio::io_context::executor_type executor;
  std::unique_ptr<redis::Client> redis;
  std::unique_ptr<net::HttpClient> http;
  store::Connections store;
  store::Grants grants;
  access::Quotas quotas;
  store::Jobs jobs;
  store::EventIntake intake;
  Backend backend;
  ConnectionCalls connections;
  UpdateCall updating;
  AuthorizationCalls authorization;
  DisconnectCall disconnecting;
  ForgetCall forgetting;
  CheckCalls checks;
  SyncCalls syncs;
  InspectionCalls inspection;
  WebhookCalls webhooks;
  QueryCalls queries;
  DeadLetterCalls dead_letters;
  CreateIssueCall creating;
  PreviewCall preview;
  TraceCall trace;
  CapacityCalls capacity;
};

}  // namespace tajo::gateway
