#pragma once

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <cstdint>
#include <memory>

#include "absl/status/statusor.h"
#include "common/config/common_settings.h"
#include "common/config/values.h"
#include "services/gateway/service.h"

namespace tajo::gateway {

// The gRPC server: the connector, grpc.health.v1.Health and reflection.
class Server {
 public:
  // `service` outlives it. CONFIG_INVALID for certificates that don't fit; INTERNAL where the address
  // can't be listened on. It begins as NOT_SERVING.
  static absl::StatusOr<std::unique_ptr<Server>> Start(const config::ListenAddress& listen,
                                                       const config::TlsSettings& tls, Service& service);
  ~Server();  // ends what still runs
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  uint16_t Port() const { return port_; }
  // For every service name, and for none.
  void SetServing(bool serving);
  // NOT_SERVING; no new calls; blocks until those in hand have ended, or are cancelled when `grace` is over.
  void Drain(std::chrono::milliseconds grace);

 private:
  Server(std::unique_ptr<grpc::Server> server, Service& service, uint16_t port)
      : server_(std::move(server)), service_(service), port_(port) {}

  const std::unique_ptr<grpc::Server> server_;
  Service& service_;
  const uint16_t port_;
};

}  // namespace tajo::gateway
