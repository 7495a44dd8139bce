#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <future>
#include <list>
#include <memory>
#include <optional>

#include "common/net/http_connection.h"
#include "common/net/tls_context.h"

namespace tajo::net {

// What all shards of a server share; constant but for the count.
struct ServerScope {
  ServerOptions options;
  Handler handler;
  std::atomic<std::size_t> connections{0};
};

// A server's part on one loop: an acceptor and its connections. Held by the server and by its own
// coroutines (shared_ptr: either may end last).
class HttpShard : public std::enable_shared_from_this<HttpShard> {
 public:
  HttpShard(boost::asio::io_context& context, std::shared_ptr<ServerScope> server,
            boost::asio::ip::tcp::acceptor acceptor, std::shared_ptr<boost::asio::ssl::context> tls);

  // From any thread.
  void Start();
  void BeginDrain();
  void Abort();
  boost::asio::io_context& Context() { return context_; }
  // Ready when the acceptor and all connections have ended.
  std::future<void> Ended() { return ended_.get_future(); }

 private:
  using Connections = std::list<std::unique_ptr<HttpConnection>>;

  base::Task<void> Accept();
  void Open(boost::asio::ip::tcp::socket socket, const boost::asio::ip::tcp::endpoint& remote);
  void Close(Connections::iterator connection);
  void Sweep();
  void StopAccepting();
  void EndIfEmpty();

  boost::asio::io_context& context_;
  const std::shared_ptr<ServerScope> server_;
  const std::chrono::milliseconds sweep_interval_;
  ConnectionScope scope_;
  boost::asio::ip::tcp::acceptor acceptor_;
  std::optional<ReloadingTls> tls_;
  boost::asio::steady_timer sweep_timer_;
  boost::asio::steady_timer accept_pause_;
  Connections connections_;
  bool sweeping_ = false;
  bool accepting_ = true;
  bool has_ended_ = false;
  std::promise<void> ended_;
};

}  // namespace tajo::net
