#include "common/net/http_server.h"

#include <fmt/format.h>

#include <boost/asio/detail/socket_option.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <future>
#include <utility>
#include <vector>

#include "common/base/error.h"
#include "common/net/http_shard.h"
#include "common/net/tls_context.h"
#include "common/net/url.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::net {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using jira::v1::CONFIG_INVALID;

using ReusePort = asio::detail::socket_option::boolean<SOL_SOCKET, SO_REUSEPORT>;

constexpr int kListenBacklog = 4096;
constexpr std::chrono::milliseconds kDrainLook{5};

absl::StatusOr<tcp::endpoint> Resolve(asio::io_context& context, const std::string& listen) {
  TAJO_ASSIGN_OR_RETURN(const HostPort address, ParseHostPort(listen));
  error_code error;
  const std::string host = address.host.empty() ? "0.0.0.0" : address.host;
  const auto literal = asio::ip::make_address(host, error);
  if (!error) return tcp::endpoint(literal, address.port);
  tcp::resolver resolver(context);
  const auto found = resolver.resolve(host, std::to_string(address.port), error);
  if (error || found.empty()) {
    return base::Error(CONFIG_INVALID, fmt::format("can't listen on {}: {}", listen, error.message()));
  }
  return found.begin()->endpoint();
}

absl::StatusOr<tcp::acceptor> Listen(asio::io_context& context, const tcp::endpoint& endpoint) {
  tcp::acceptor acceptor(context);
  error_code error;
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(asio::socket_base::reuse_address(true), error);
  if (!error) acceptor.set_option(ReusePort(true), error);
  if (!error) acceptor.set_option(tcp::no_delay(true), error);  // accepted sockets inherit it
  if (!error && endpoint.address().is_v6()) acceptor.set_option(asio::ip::v6_only(false), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(kListenBacklog, error);
  if (error) {
    return base::Error(CONFIG_INVALID, fmt::format("can't listen on {}:{}: {}", endpoint.address().to_string(),
                                                   endpoint.port(), error.message()));
  }
  return acceptor;
}

class ShardedServer final : public HttpServer {
 public:
  ShardedServer(uint16_t port, std::shared_ptr<ServerScope> scope, std::vector<std::shared_ptr<HttpShard>> shards)
      : port_(port), scope_(std::move(scope)), shards_(std::move(shards)) {
    for (const auto& shard : shards_) {
      ended_.push_back(shard->Ended());
      shard->Start();
    }
  }

  ~ShardedServer() override {
    bool on_loop = false;
    for (const auto& shard : shards_) {
      shard->Abort();
      on_loop |= shard->Context().get_executor().running_in_this_thread();
    }
    if (on_loop) return;
    for (std::size_t i = 0; i < shards_.size(); ++i) {
      if (!shards_[i]->Context().stopped()) ended_[i].wait();
    }
  }

  uint16_t Port() const override { return port_; }

  base::Task<void> Drain(std::chrono::milliseconds grace) override {
    for (const auto& shard : shards_) shard->BeginDrain();
    const auto deadline = std::chrono::steady_clock::now() + grace;
    asio::steady_timer timer(co_await asio::this_coro::executor);
    // Looking is simpler than being told across threads, and this happens once.
    while (!HasEnded() && std::chrono::steady_clock::now() < deadline) {
      timer.expires_after(kDrainLook);
      co_await timer.async_wait(asio::use_awaitable);
    }
    for (const auto& shard : shards_) shard->Abort();
  }

 private:
  bool HasEnded() const {
    for (const auto& ended : ended_) {
      if (ended.wait_for(std::chrono::seconds(0)) != std::future_status::ready) return false;
    }
    return true;
  }

  const uint16_t port_;
  const std::shared_ptr<ServerScope> scope_;
  const std::vector<std::shared_ptr<HttpShard>> shards_;
  std::vector<std::future<void>> ended_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<HttpServer>> HttpServer::Start(LoopPool& loops, ServerOptions options, Handler handler) {
  auto scope = std::make_shared<ServerScope>();
  scope->options = std::move(options);
  scope->handler = std::move(handler);
  const ServerOptions& settled = scope->options;
  if (settled.tls_cert_file.empty() != settled.tls_key_file.empty()) {
    return base::Error(CONFIG_INVALID, "TLS needs both a certificate file and a key file");
  }
  if (settled.tls_cert_file.empty() && !settled.tls_client_ca_file.empty()) {
    return base::Error(CONFIG_INVALID, "a client CA needs TLS: give a certificate file and a key file, too");
  }
  std::shared_ptr<asio::ssl::context> tls;
  if (!settled.tls_cert_file.empty()) {
    TAJO_ASSIGN_OR_RETURN(tls, LoadServerTls(settled));
  }

  TAJO_ASSIGN_OR_RETURN(tcp::endpoint endpoint, Resolve(loops.At(0).Context(), settled.listen));
  std::vector<std::shared_ptr<HttpShard>> shards;
  for (std::size_t i = 0; i < loops.Size(); ++i) {
    asio::io_context& context = loops.At(i).Context();
    TAJO_ASSIGN_OR_RETURN(tcp::acceptor acceptor, Listen(context, endpoint));
    error_code error;
    if (endpoint.port() == 0) endpoint = acceptor.local_endpoint(error);  // the others join the first
    shards.push_back(std::make_shared<HttpShard>(context, scope, std::move(acceptor), tls));
  }
  return std::make_unique<ShardedServer>(endpoint.port(), std::move(scope), std::move(shards));
}

}  // namespace tajo::net
