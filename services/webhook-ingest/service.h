#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "common/base/clock.h"
#include "common/base/random.h"
#include "common/base/task.h"
#include "common/crypto/sealing.h"
#include "common/net/http_server.h"
#include "common/net/loop.h"
#include "common/redis/open.h"
#include "common/telemetry/health.h"
#include "common/telemetry/log.h"
#include "services/webhook-ingest/gate.h"
#include "services/webhook-ingest/ingest_metrics.h"

namespace tajo::ingest {

struct ServiceOptions {
  redis::Options redis;
  int ack_replicas = 0;
  net::ServerOptions http;
};

// What a Service works with; all of it outlives the Service. `random` is thread-safe.
struct Surroundings {
  net::LoopPool& loops;
  base::Clock& clock;
  base::Random& random;
  const crypto::Keyring& keyring;
  telemetry::Metrics& metrics;
  telemetry::Health& health;
  telemetry::Logger& log;
};

// The whole service: on each loop an HTTP acceptor, a pipeline to Redis and an Ingest. Not ready
// ("redis") until Redis has answered. Destroyed on another thread than its loops'.
class Service {
 public:
  static absl::StatusOr<std::unique_ptr<Service>> Start(const Surroundings& with, ServiceOptions options);
  ~Service();

  uint16_t Port() const { return server_->Port(); }
  // Takes no new connection, finishes what was begun. From any thread.
  base::Task<void> Drain(std::chrono::milliseconds grace) { return server_->Drain(grace); }

 private:
  struct Shard;
  explicit Service(const Surroundings& with);
  net::Handler MakeHandler();

  IngestMetrics metrics_;
  Gate gate_;
  std::vector<std::unique_ptr<Shard>> shards_;
  std::unique_ptr<net::HttpServer> server_;
};

}  // namespace tajo::ingest
