#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <cstddef>
#include <string>

#include "absl/status/statusor.h"
#include "common/base/task.h"
#include "common/redis/transport.h"
#include "common/redis/url.h"

namespace tajo::redis {

// Asks the sentinels of a URL who the master is. A sentinel that is cut off may name one that was
// deposed, so each time another one is asked first, and whoever connects checks ROLE.
class MasterFinder {
 public:
  MasterFinder(boost::asio::any_io_executor executor, Url url, std::string tls_ca_file,
               std::chrono::milliseconds timeout);

  // The master now, by the first sentinel that knows it; REDIS_UNAVAILABLE with the last one's
  // trouble when none does.
  base::Task<absl::StatusOr<Endpoint>> Find();

 private:
  base::Task<absl::StatusOr<Endpoint>> AskSentinel(Address sentinel, bool with_password);

  const boost::asio::any_io_executor executor_;
  const Url url_;
  const std::string tls_ca_file_;
  const std::chrono::milliseconds timeout_;  // for each sentinel
  std::size_t next_ = 0;
};

}  // namespace tajo::redis
