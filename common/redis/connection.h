#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>

#include "absl/status/statusor.h"
#include "common/base/clock.h"
#include "common/base/random.h"
#include "common/redis/client.h"
#include "common/redis/dial.h"
#include "common/redis/open.h"

namespace tajo::redis {

enum class Asking { kNo, kYes };  // kYes: ASKING goes right before the command (cluster)

// A pipeline to one server at a time, which it finds by `locate` and reconnects to by itself.
// What was sent and not answered when a connection is lost fails with REDIS_AMBIGUOUS; what wasn't
// sent waits for the next connection, at most `connect_wait`, and then fails with REDIS_UNAVAILABLE.
class Connection {
 public:
  Connection(boost::asio::io_context& loop, const base::Clock& clock, base::Random& random, Options options,
             Locate locate, Login login);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Cancelling it (boost::system::system_error) gives up the answer, not the command if it was sent.
  base::Task<absl::StatusOr<Reply>> Execute(Args command, Asking asking = Asking::kNo);
  // Nobody waits for anything.
  bool Idle() const;

 private:
  class Core;
  boost::asio::io_context& loop_;
  std::shared_ptr<Core> core_;  // shared with the I/O under way, which ends after the destructor
};

}  // namespace tajo::redis
