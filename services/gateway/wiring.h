#pragma once

#include <string>
#include <string_view>

#include "common/config/common_settings.h"
#include "common/config/settings.h"

namespace tajo::gateway {

// The gateway's flags; docs/configuration.md lists them.
struct GatewaySettings {
  config::RedisSettings redis;
  config::KeyringSettings keyring;
  config::ServiceSettings service{9464};
  config::UpstreamSettings upstreams;
  config::TlsSettings tls;
  config::ListenAddress listen{"0.0.0.0", 50051};
  std::string auth_tokens_file;
  bool insecure = false;
  config::PublicUrlSettings public_url;
  int64_t threads = 0;

  void AddTo(config::Settings& settings);
};

// Runs the gateway until a signal ends it; its exit code.
int RunGateway(const GatewaySettings& settings, std::string_view version);

}  // namespace tajo::gateway
