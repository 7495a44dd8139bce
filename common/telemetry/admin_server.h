#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "common/base/task.h"
#include "common/net/http_server.h"
#include "common/net/loop.h"
#include "common/telemetry/health.h"
#include "common/telemetry/metrics.h"

namespace tajo::telemetry {

// GET /metrics; /healthz: 200 as long as a loop answers; /readyz: 200, or 503 with the reasons, one a
// line. Any other path is 404, any other method 405.
net::ServerResponse AnswerAdmin(const net::ServerRequest& request, Metrics& metrics, const Health& health);

// Serves that on a port of its own, with small limits. `loops`, `metrics` and `health` outlive it.
class AdminServer {
 public:
  static absl::StatusOr<std::unique_ptr<AdminServer>> Start(net::LoopPool& loops, std::string listen, Metrics& metrics,
                                                            const Health& health);

  uint16_t Port() const { return server_->Port(); }
  base::Task<void> Drain(std::chrono::milliseconds grace) { return server_->Drain(grace); }

 private:
  explicit AdminServer(std::unique_ptr<net::HttpServer> server) : server_(std::move(server)) {}

  const std::unique_ptr<net::HttpServer> server_;
};

}  // namespace tajo::telemetry
