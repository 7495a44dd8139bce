#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/base/task.h"
#include "common/redis/codec.h"
#include "common/redis/open.h"
#include "common/redis/transport.h"

namespace tajo::redis {

// Where to connect next; asked before every attempt, so that it can follow a fail-over.
using Locate = std::function<base::Task<absl::StatusOr<Endpoint>>()>;
base::Task<absl::StatusOr<Endpoint>> Fixed(Endpoint endpoint);  // to connect to one place only

// What is said to a server before anything else.
struct Login {
  std::string user;
  base::Secret password;
  int db = 0;
  std::string name;
  enum class Role { kAny, kMaster } role = Role::kAny;  // kMaster: a replica is refused
};

// An attempt to reach a server, and the connection once it is made. Close ends it at any time.
class Dialled {
 public:
  Dialled(boost::asio::any_io_executor executor, std::string tls_ca_file, std::chrono::milliseconds timeout);

  // Connects and logs in, within the time-out.
  base::Task<absl::Status> Open(const Locate& locate, const Login& login);
  void Close();

  Transport& Wire() { return *transport_; }
  ReplyReader& Reader() { return reader_; }

  // Sends one batch and reads as many answers, within the time-out; only while nobody else reads or writes.
  base::Task<absl::StatusOr<std::vector<Answer>>> Ask(std::vector<Args> commands);

 private:
  base::Task<absl::Status> LogIn(const Login& login);

  const boost::asio::any_io_executor executor_;
  const std::string tls_ca_file_;
  const std::chrono::milliseconds timeout_;
  std::unique_ptr<Transport> transport_;
  ReplyReader reader_;
  bool closed_ = false;
};

}  // namespace tajo::redis
