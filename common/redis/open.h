#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "common/base/clock.h"
#include "common/base/random.h"
#include "common/redis/client.h"

namespace tajo::redis {

struct Options {
  std::string url = "redis://127.0.0.1:6379";        // see url.h
  std::string name = "tajo";                         // stands in CLIENT LIST
  std::string tls_ca_file;                           // rediss://; empty: the system's authorities
  std::chrono::milliseconds connect_wait{2'000};     // how long a command waits for a connection
  std::chrono::milliseconds command_timeout{5'000};  // from its write to its reply
  std::chrono::milliseconds connect_timeout{2'000};  // one attempt, log-in included
  std::chrono::milliseconds backoff_min{50};
  std::chrono::milliseconds backoff_max{2'000};
  std::size_t max_pending = 262'144;  // commands of one connection; more are REDIS_UNAVAILABLE
};

// A client for `loop`, which connects at once and reconnects by itself. Waits are the machine's,
// since Redis is outside; `clock` tells how long an outage has lasted.
// `loop` outlives the client and runs on one thread; `clock` and `random` outlive the loop's run.
// It may be opened and destroyed on any thread, but not used while it is destroyed. Destroying it
// ends the waiting commands (REDIS_AMBIGUOUS where sent).
absl::StatusOr<std::unique_ptr<Client>> Open(boost::asio::io_context& loop, const base::Clock& clock,
                                             base::Random& random, Options options);

// A subscriber for `loop`; each Run has a connection of its own. It outlives its Runs.
absl::StatusOr<std::unique_ptr<Subscriber>> OpenSubscriber(boost::asio::io_context& loop, base::Random& random,
                                                           Options options);

}  // namespace tajo::redis
