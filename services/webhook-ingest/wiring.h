#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

#include "common/config/common_settings.h"
#include "common/config/settings.h"

namespace tajo::ingest {

// The service's flags; docs/configuration.md lists them.
struct IngestSettings {
  config::ListenAddress listen{"0.0.0.0", 8080};
  config::TlsSettings tls;
  config::RedisSettings redis;
  config::RedisAckSettings ack;
  config::KeyringSettings keyring;
  config::ServiceSettings service{9465};
  int64_t threads = 0;
  int64_t max_connections = 10'000;

  void AddTo(config::Settings& settings);
};

// Runs the service until a signal ends it; its exit code.
int RunIngest(const IngestSettings& settings, std::string_view version);

}  // namespace tajo::ingest
