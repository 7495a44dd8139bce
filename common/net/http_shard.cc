#include "common/net/http_shard.h"

#include <algorithm>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

namespace tajo::net {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

// While the process is out of descriptors.
constexpr std::chrono::milliseconds kAcceptPause{100};

// Deadlines are looked at in turn, by one timer a loop: a request then costs no timer at all.
// They end late by a quarter of the shortest at most.
std::chrono::milliseconds SweepInterval(const ServerOptions& options) {
  const auto shortest = std::min({options.header_timeout, options.body_timeout, options.idle_timeout});
  return std::clamp<std::chrono::milliseconds>(shortest / 4, std::chrono::milliseconds(5), std::chrono::seconds(1));
}

}  // namespace

HttpShard::HttpShard(asio::io_context& context, std::shared_ptr<ServerScope> server, tcp::acceptor acceptor,
                     std::shared_ptr<asio::ssl::context> tls)
    : context_(context),
      server_(std::move(server)),
      sweep_interval_(SweepInterval(server_->options)),
      scope_{server_->options, server_->handler, {}, false},
      acceptor_(std::move(acceptor)),
      sweep_timer_(context),
      accept_pause_(context) {
  if (tls) tls_.emplace(server_->options, std::move(tls));
}

void HttpShard::Start() {
  asio::co_spawn(context_, Accept(), [self = shared_from_this()](const std::exception_ptr&) {
    self->accepting_ = false;
    self->EndIfEmpty();
  });
}

base::Task<void> HttpShard::Accept() {
  while (acceptor_.is_open()) {
    tcp::socket socket(context_);
    tcp::endpoint remote;
    error_code error;
    co_await acceptor_.async_accept(socket, remote, asio::redirect_error(asio::use_awaitable, error));
    if (!acceptor_.is_open()) co_return;
    if (error == asio::error::connection_aborted) continue;  // gone before we came to it
    if (error) {
      accept_pause_.expires_after(kAcceptPause);
      co_await accept_pause_.async_wait(asio::redirect_error(asio::use_awaitable, error));
      continue;
    }
    if (server_->connections.fetch_add(1) >= server_->options.max_connections) {
      server_->connections.fetch_sub(1);
      continue;  // closes the socket
    }
    Open(std::move(socket), remote);
  }
}

void HttpShard::Open(tcp::socket socket, const tcp::endpoint& remote) {
  if (tls_) {
    auto context = tls_->Current(std::chrono::steady_clock::now());
    connections_.push_front(MakeTlsConnection(std::move(socket), remote, scope_, std::move(context)));
  } else {
    connections_.push_front(MakePlainConnection(std::move(socket), remote, scope_));
  }
  const auto connection = connections_.begin();
  const auto on_end = [self = shared_from_this(), connection](const std::exception_ptr&) {
    // Not at once: the coroutine that calls this still hangs on the connection's cancellation slot.
    asio::post(self->context_, [self, connection] { self->Close(connection); });
  };
  asio::co_spawn(context_, (*connection)->Serve(),
                 asio::bind_cancellation_slot((*connection)->CancellationSlot(), on_end));
  Sweep();
}

void HttpShard::Close(Connections::iterator connection) {
  connections_.erase(connection);
  server_->connections.fetch_sub(1);
  if (connections_.empty()) sweep_timer_.cancel();
  EndIfEmpty();
}

void HttpShard::Sweep() {
  if (sweeping_ || connections_.empty()) return;
  sweeping_ = true;
  sweep_timer_.expires_after(sweep_interval_);
  sweep_timer_.async_wait([self = shared_from_this()](const error_code&) {
    self->sweeping_ = false;
    const auto now = std::chrono::steady_clock::now();
    for (const auto& connection : self->connections_) connection->CheckDeadline(now);
    self->Sweep();
  });
}

void HttpShard::StopAccepting() {
  scope_.draining = true;
  error_code ignored;
  acceptor_.close(ignored);
  accept_pause_.cancel();
}

void HttpShard::BeginDrain() {
  asio::post(context_, [self = shared_from_this()] {
    self->StopAccepting();
    for (const auto& connection : self->connections_) connection->EndIfIdle();
  });
}

void HttpShard::Abort() {
  asio::post(context_, [self = shared_from_this()] {
    self->StopAccepting();
    for (const auto& connection : self->connections_) connection->Abort();
  });
}

void HttpShard::EndIfEmpty() {
  if (accepting_ || !connections_.empty() || std::exchange(has_ended_, true)) return;
  ended_.set_value();
}

}  // namespace tajo::net
