#pragma once

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/system/error_code.hpp>
#include <cstddef>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "common/base/task.h"
#include "common/redis/url.h"

namespace tajo::redis {

// One server: a socket's path, or a host and port with or without TLS.
struct Endpoint {
  std::string socket_path;  // not empty: a unix socket
  Address address;
  bool tls = false;
};

std::string ToString(const Endpoint& endpoint);

// A stream of bytes to one server; opened once. One read and one write may be under way.
// Close may be called at any time, also while it opens: what is under way then fails.
class Transport {
 public:
  using IoHandler = boost::asio::any_completion_handler<void(boost::system::error_code, std::size_t)>;

  virtual ~Transport() = default;
  virtual base::Task<absl::Status> Open() = 0;
  virtual void ReadSome(boost::asio::mutable_buffer into, IoHandler done) = 0;
  virtual void Write(boost::asio::const_buffer bytes, IoHandler done) = 0;  // all of them
  virtual void Close() = 0;

  // ReadSome and Write as tasks.
  base::Task<absl::StatusOr<std::size_t>> Read(boost::asio::mutable_buffer into);
  base::Task<absl::Status> WriteAll(boost::asio::const_buffer bytes);
};

// `tls_ca_file` is who may sign the server's certificate; empty: the system's authorities.
absl::StatusOr<std::unique_ptr<Transport>> MakeTransport(const boost::asio::any_io_executor& executor,
                                                         Endpoint endpoint, const std::string& tls_ca_file);

}  // namespace tajo::redis
