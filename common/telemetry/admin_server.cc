#include "common/telemetry/admin_server.h"

#include "common/base/error.h"

namespace tajo::telemetry {
namespace {

net::ServerResponse Text(int status, std::string body) {
  net::ServerResponse response;
  response.status = status;
  response.headers.Add("Content-Type", "text/plain; charset=utf-8");
  response.headers.Add("Cache-Control", "no-store");
  response.body = std::move(body);
  return response;
}

net::ServerResponse AnswerReady(const Health& health) {
  if (health.IsReady()) return Text(200, "ready\n");
  std::string body;
  for (const std::string& reason : health.Reasons()) body += reason + "\n";
  return Text(503, body);
}

}  // namespace

net::ServerResponse AnswerAdmin(const net::ServerRequest& request, Metrics& metrics, const Health& health) {
  const std::string_view path = request.Path();
  if (path != "/metrics" && path != "/healthz" && path != "/readyz") return Text(404, "not found\n");
  if (request.Method() != "GET") {
    net::ServerResponse response = Text(405, "only GET\n");
    response.headers.Add("Allow", "GET");
    return response;
  }
  if (path == "/healthz") return Text(200, "ok\n");
  if (path == "/readyz") return AnswerReady(health);
  net::ServerResponse response;
  response.headers.Add("Content-Type", std::string(kTextExposition));
  response.body = metrics.Serialize();
  return response;
}

absl::StatusOr<std::unique_ptr<AdminServer>> AdminServer::Start(net::LoopPool& loops, std::string listen,
                                                                Metrics& metrics, const Health& health) {
  net::ServerOptions options;
  options.listen = std::move(listen);
  options.max_body_bytes = 1024;
  options.max_connections = 100;
  net::Handler handler = [&metrics, &health](const net::ServerRequest& request) -> base::Task<net::ServerResponse> {
    co_return AnswerAdmin(request, metrics, health);
  };
  TAJO_ASSIGN_OR_RETURN(auto server, net::HttpServer::Start(loops, std::move(options), std::move(handler)));
  return std::unique_ptr<AdminServer>(new AdminServer(std::move(server)));
}

}  // namespace tajo::telemetry
