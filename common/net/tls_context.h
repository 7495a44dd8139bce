#pragma once

#include <boost/asio/ssl/context.hpp>
#include <chrono>
#include <filesystem>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "common/net/http_server.h"

namespace tajo::net {

// A server's TLS 1.2+ context from the options' files. CONFIG_INVALID where they don't fit.
absl::StatusOr<std::shared_ptr<boost::asio::ssl::context>> LoadServerTls(const ServerOptions& options);

// The context for new connections, loaded anew when a file's time changes (looked at once a
// second). While the new files don't load (a key that isn't there yet) the old context stays.
class ReloadingTls {
 public:
  ReloadingTls(const ServerOptions& options, std::shared_ptr<boost::asio::ssl::context> context);
  // Shared with the connections made from it.
  std::shared_ptr<boost::asio::ssl::context> Current(std::chrono::steady_clock::time_point now);

 private:
  struct Times {
    std::filesystem::file_time_type cert, key, ca;
    bool operator==(const Times&) const = default;
  };
  Times Look() const;

  const ServerOptions& options_;
  std::shared_ptr<boost::asio::ssl::context> context_;
  Times loaded_;
  std::chrono::steady_clock::time_point next_look_{};
};

}  // namespace tajo::net
