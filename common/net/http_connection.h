#pragma once

#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <chrono>
#include <memory>

#include "common/base/task.h"
#include "common/net/http_message.h"
#include "common/net/http_server.h"

namespace tajo::net {

// What the connections of one loop share; the shard owns it and outlives them.
struct ConnectionScope {
  const ServerOptions& options;
  const Handler& handler;
  DateText date;
  bool draining = false;
};

// One client, on its loop's thread. Serve runs until the connection has ended; everything else is
// called between its steps.
class HttpConnection {
 public:
  virtual ~HttpConnection() = default;
  virtual base::Task<void> Serve() = 0;

  // Ends a step that took too long: 408 where a request had begun, else just the end.
  void CheckDeadline(std::chrono::steady_clock::time_point now);
  // Ends it at once where no request is under way; `draining` does the rest.
  void EndIfIdle();
  // Ends it now, and cancels its handler.
  void Abort();
  boost::asio::cancellation_slot CancellationSlot() { return cancel_.slot(); }

 protected:
  enum class Phase { kHandshake, kIdle, kHeader, kBody, kHandler, kWrite, kLinger };

  void Enter(Phase phase, std::chrono::milliseconds timeout);
  virtual boost::asio::ip::tcp::socket& Socket() = 0;

  Phase phase_ = Phase::kHandshake;
  bool timed_out_ = false;

 private:
  std::chrono::steady_clock::time_point deadline_ = std::chrono::steady_clock::time_point::max();
  boost::asio::cancellation_signal cancel_;
};

std::unique_ptr<HttpConnection> MakePlainConnection(boost::asio::ip::tcp::socket socket,
                                                    const boost::asio::ip::tcp::endpoint& remote,
                                                    ConnectionScope& scope);
std::unique_ptr<HttpConnection> MakeTlsConnection(boost::asio::ip::tcp::socket socket,
                                                  const boost::asio::ip::tcp::endpoint& remote, ConnectionScope& scope,
                                                  std::shared_ptr<boost::asio::ssl::context> tls);

}  // namespace tajo::net
