#include "services/gateway/server.h"

#include <fmt/format.h>
#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_credentials_options.h>

#include <utility>
#include <vector>

#include "common/base/error.h"
#include "common/net/http_server.h"
#include "common/net/tls_context.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::gateway {
namespace {

constexpr unsigned kCertificateLookSeconds = 10;
constexpr int kMaxRequestBytes = 1 << 20;  // the largest is a connection's YAML
constexpr char kServiceName[] = "tajo.jira.v1.JiraConnector";

absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> CredentialsOf(const config::TlsSettings& tls) {
  if (!tls.Enabled()) return grpc::InsecureServerCredentials();
  // gRPC tells of wrong files only at the first handshake; this tells at once.
  net::ServerOptions probe;
  probe.tls_cert_file = tls.cert;
  probe.tls_key_file = tls.key;
  probe.tls_client_ca_file = tls.client_ca;
  const auto loaded = net::LoadServerTls(probe);
  if (!loaded.ok()) return loaded.status();
  auto provider = std::make_shared<grpc::experimental::FileWatcherCertificateProvider>(tls.key, tls.cert, tls.client_ca,
                                                                                       kCertificateLookSeconds);
  grpc::experimental::TlsServerCredentialsOptions options(provider);
  options.watch_identity_key_cert_pairs();
  if (!tls.client_ca.empty()) {
    options.watch_root_certs();
    options.set_cert_request_type(GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  }
  return grpc::experimental::TlsServerCredentials(options);
}

}  // namespace

absl::StatusOr<std::unique_ptr<Server>> Server::Start(const config::ListenAddress& listen,
                                                      const config::TlsSettings& tls, Service& service) {
  TAJO_ASSIGN_OR_RETURN(const auto credentials, CredentialsOf(tls));
  grpc::EnableDefaultHealthCheckService(true);
  grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort(listen.ToString(), credentials, &port);
  // Two gateways on one port would share its calls, in silence.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  // Clients that ping to keep idle connections through load balancers.
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 10'000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.SetMaxReceiveMessageSize(kMaxRequestBytes);
  builder.RegisterService(&service);
  std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr || port == 0) {
    return base::Error(jira::v1::INTERNAL,
                       fmt::format("--listen {}: can't be listened on; is it in use?", listen.ToString()));
  }
  std::unique_ptr<Server> started(new Server(std::move(server), service, static_cast<uint16_t>(port)));
  started->SetServing(false);
  return started;
}

Server::~Server() {
  Drain(std::chrono::milliseconds(0));
}

void Server::SetServing(bool serving) {
  grpc::HealthCheckServiceInterface* health = server_->GetHealthCheckService();
  health->SetServingStatus(serving);
  health->SetServingStatus(kServiceName, serving);
}

void Server::Drain(std::chrono::milliseconds grace) {
  SetServing(false);
  service_.EndStreams();
  server_->Shutdown(std::chrono::system_clock::now() + grace);
  server_->Wait();
}

}  // namespace tajo::gateway
