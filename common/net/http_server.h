#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "common/base/task.h"
#include "common/net/http_client.h"
#include "common/net/loop.h"

namespace tajo::net {

// A request as a handler sees it. The views point into the connection's read buffer and live until
// the handler's task ends.
class ServerRequest {
 public:
  virtual ~ServerRequest() = default;
  virtual std::string_view Method() const = 0;  // "GET"
  virtual std::string_view Target() const = 0;  // "/search?q=1", as sent
  virtual std::string_view Path() const = 0;    // "/search", not decoded
  virtual std::string_view Query() const = 0;   // "q=1"
  virtual std::string_view Body() const = 0;
  virtual std::optional<std::string_view> Header(std::string_view name) const = 0;
  virtual std::string Remote() const = 0;  // "127.0.0.1:40312"
};

struct ServerResponse {
  int status = 200;
  Headers headers;  // Content-Length, Connection and Date are the server's
  std::string body;
  // Simulators only: break the connection off (RST) after so many bytes of the body; 0 sends nothing.
  std::optional<std::size_t> reset_after_bytes;
};

using Handler = std::function<base::Task<ServerResponse>(const ServerRequest&)>;

struct ServerOptions {
  std::string listen = "127.0.0.1:0";  // host:port; port 0 picks a free one
  std::size_t max_body_bytes = 25u << 20;
  std::size_t max_header_bytes = 16u << 10;          // of the request line and the headers together
  std::chrono::milliseconds header_timeout{10'000};  // from the first byte to the end of the headers
  std::chrono::milliseconds body_timeout{30'000};
  std::chrono::milliseconds idle_timeout{75'000};
  std::size_t max_connections = 10'000;
  std::string tls_cert_file;  // with tls_key_file: TLS 1.2+
  std::string tls_key_file;
  std::string tls_client_ca_file;
  // Told on a loop's thread how the reload of changed TLS files went; the old ones serve until it's OK.
  std::function<void(const absl::Status&)> on_tls_reload;
  // Told on a loop's thread of each request that was answered without the handler: 400, 408, 413, 431.
  std::function<void(int status)> on_refusal;
};

// HTTP/1.1 with keep-alive and pipelining, on every loop given (SO_REUSEPORT, one acceptor each).
class HttpServer {
 public:
  // Binds and starts to serve. `handler` is called on the loop that holds the connection; a request
  // that breaks off doesn't cancel it. CONFIG_INVALID where the address or the TLS files can't be used.
  static absl::StatusOr<std::unique_ptr<HttpServer>> Start(LoopPool& loops, ServerOptions options, Handler handler);
  // Breaks off every connection, cancels their handlers and waits for these to end (but not when
  // called on one of the loops' threads). `loops` must outlive the server.
  virtual ~HttpServer() = default;
  virtual uint16_t Port() const = 0;
  // Stops accepting, answers what was begun with `Connection: close`, and returns when all
  // connections have ended or `grace` is over; what is left then is broken off. From any thread.
  virtual base::Task<void> Drain(std::chrono::milliseconds grace) = 0;
};

}  // namespace tajo::net
