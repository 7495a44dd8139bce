#include "common/redis/transport.h"

#include <fmt/format.h>
#include <openssl/ssl.h>

#include <sys/un.h>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <tuple>
#include <utility>
#include <vector>

#include "common/base/error.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::redis {
namespace {

namespace asio = boost::asio;
namespace v1 = ::tajo::jira::v1;
using asio::ip::tcp;
using boost::system::error_code;
using Socket = asio::generic::stream_protocol::socket;

constexpr auto kAsTuple = asio::as_tuple(asio::use_awaitable);

absl::Status Unavailable(const Endpoint& endpoint, std::string_view what) {
  return base::Error(v1::REDIS_UNAVAILABLE, fmt::format("Redis at {}: {}", ToString(endpoint), what));
}

// What opens the socket beneath, plain or TLS.
class Dialer {
 public:
  Dialer(const asio::any_io_executor& executor, Endpoint endpoint)
      : endpoint_(std::move(endpoint)), resolver_(executor) {}

  const Endpoint& Target() const { return endpoint_; }

  base::Task<absl::Status> Dial(Socket& socket) {
    if (!endpoint_.socket_path.empty()) {
      const asio::local::stream_protocol::endpoint path(endpoint_.socket_path);
      co_return co_await Connect(socket, path);
    }
    std::vector<tcp::endpoint> found;
    error_code failed;
    const auto numeric = asio::ip::make_address(endpoint_.address.host, failed);
    if (!failed) {
      found.emplace_back(numeric, endpoint_.address.port);
    } else {
      auto [error, results] = co_await resolver_.async_resolve(
          endpoint_.address.host, std::to_string(endpoint_.address.port), tcp::resolver::numeric_service, kAsTuple);
      if (error) co_return Unavailable(endpoint_, fmt::format("name look-up failed: {}", error.message()));
      for (const auto& result : results) found.push_back(result.endpoint());
    }
    absl::Status status = Unavailable(endpoint_, "the name has no address");
    for (const tcp::endpoint& address : found) {
      status = co_await Connect(socket, address);
      if (!status.ok()) continue;
      socket.set_option(tcp::no_delay(true), failed);
      socket.set_option(asio::socket_base::keep_alive(true), failed);
      break;
    }
    co_return status;
  }

  void Cancel(Socket& socket) {
    cancelled_ = true;
    resolver_.cancel();
    error_code ignored;
    socket.close(ignored);
  }

 private:
  base::Task<absl::Status> Connect(Socket& socket, asio::generic::stream_protocol::endpoint address) {
    if (cancelled_) co_return Unavailable(endpoint_, "connecting took too long");
    error_code ignored;
    socket.close(ignored);
    auto [error] = co_await socket.async_connect(address, kAsTuple);
    if (cancelled_) co_return Unavailable(endpoint_, "connecting took too long");
    if (error) co_return Unavailable(endpoint_, fmt::format("can't connect: {}", error.message()));
    co_return absl::OkStatus();
  }

  const Endpoint endpoint_;
  tcp::resolver resolver_;
  bool cancelled_ = false;
};

class PlainTransport final : public Transport {
 public:
  PlainTransport(const asio::any_io_executor& executor, Endpoint endpoint)
      : dialer_(executor, std::move(endpoint)), socket_(executor) {}

  base::Task<absl::Status> Open() override { return dialer_.Dial(socket_); }
  void ReadSome(asio::mutable_buffer into, IoHandler done) override { socket_.async_read_some(into, std::move(done)); }
  void Write(asio::const_buffer bytes, IoHandler done) override { asio::async_write(socket_, bytes, std::move(done)); }
  void Close() override { dialer_.Cancel(socket_); }

 private:
  Dialer dialer_;
  Socket socket_;
};

class TlsTransport final : public Transport {
 public:
  TlsTransport(const asio::any_io_executor& executor, Endpoint endpoint, asio::ssl::context context)
      : dialer_(executor, std::move(endpoint)), context_(std::move(context)), stream_(executor, context_) {}

  base::Task<absl::Status> Open() override {
    const std::string& host = dialer_.Target().address.host;
    error_code not_numeric;
    asio::ip::make_address(host, not_numeric);
    // SNI is for names only.
    if (not_numeric)
      SSL_ctrl(stream_.native_handle(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
               const_cast<char*>(host.c_str()));
    stream_.set_verify_callback(asio::ssl::host_name_verification(host));
    absl::Status status = co_await dialer_.Dial(stream_.next_layer());
    if (!status.ok()) co_return status;
    auto [error] = co_await stream_.async_handshake(asio::ssl::stream_base::client, kAsTuple);
    if (error) co_return Unavailable(dialer_.Target(), fmt::format("TLS failed: {}", error.message()));
    co_return absl::OkStatus();
  }
  void ReadSome(asio::mutable_buffer into, IoHandler done) override { stream_.async_read_some(into, std::move(done)); }
  void Write(asio::const_buffer bytes, IoHandler done) override { asio::async_write(stream_, bytes, std::move(done)); }
  void Close() override { dialer_.Cancel(stream_.next_layer()); }

 private:
  Dialer dialer_;
  asio::ssl::context context_;
  asio::ssl::stream<Socket> stream_;
};

}  // namespace

std::string ToString(const Endpoint& endpoint) {
  return endpoint.socket_path.empty() ? ToString(endpoint.address) : endpoint.socket_path;
}

base::Task<absl::StatusOr<std::size_t>> Transport::Read(asio::mutable_buffer into) {
  auto [error, size] = co_await asio::async_initiate<decltype(kAsTuple), void(error_code, std::size_t)>(
      [this, into](auto handler) { ReadSome(into, IoHandler(std::move(handler))); }, kAsTuple);
  if (!error) co_return size;
  co_return base::Error(v1::REDIS_UNAVAILABLE, error == asio::error::eof ? "Redis closed the connection"
                                                                         : "connection lost: " + error.message());
}

base::Task<absl::Status> Transport::WriteAll(asio::const_buffer bytes) {
  auto [error, size] = co_await asio::async_initiate<decltype(kAsTuple), void(error_code, std::size_t)>(
      [this, bytes](auto handler) { Write(bytes, IoHandler(std::move(handler))); }, kAsTuple);
  if (!error) co_return absl::OkStatus();
  co_return base::Error(v1::REDIS_UNAVAILABLE, "connection lost: " + error.message());
}

absl::StatusOr<std::unique_ptr<Transport>> MakeTransport(const asio::any_io_executor& executor, Endpoint endpoint,
                                                         const std::string& tls_ca_file) {
  if (endpoint.socket_path.size() >= sizeof(sockaddr_un::sun_path)) {
    return base::Error(v1::REQUEST_INVALID, fmt::format("the path of the Redis socket is longer than {} bytes",
                                                        sizeof(sockaddr_un::sun_path) - 1));
  }
  if (!endpoint.tls) return std::make_unique<PlainTransport>(executor, std::move(endpoint));

  asio::ssl::context context(asio::ssl::context::tls_client);
  context.set_verify_mode(asio::ssl::verify_peer);
  error_code error;
  context.set_options(
      asio::ssl::context::default_workarounds | asio::ssl::context::no_tlsv1 | asio::ssl::context::no_tlsv1_1, error);
  if (tls_ca_file.empty()) {
    context.set_default_verify_paths(error);
  } else {
    context.load_verify_file(tls_ca_file, error);
  }
  if (error) {
    return base::Error(v1::REQUEST_INVALID,
                       fmt::format("can't read the certificate authorities for Redis: {}", error.message()));
  }
  return std::make_unique<TlsTransport>(executor, std::move(endpoint), std::move(context));
}

}  // namespace tajo::redis
