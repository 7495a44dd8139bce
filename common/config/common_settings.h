#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "common/base/clock.h"
#include "common/base/secret.h"
#include "common/config/settings.h"

// The settings that several services share, each with its default. AddTo binds them: the struct
// outlives the Settings.
namespace tajo::config {

struct RedisSettings {
  base::Secret url{"redis://127.0.0.1:6379"};  // may hold a password

  void AddTo(Settings& settings);
};

// Ingest and worker.
struct RedisAckSettings {
  int64_t replicas = 0;

  void AddTo(Settings& settings);
};

// Where the world reaches webhook-ingest. Gateway and worker.
struct PublicUrlSettings {
  std::string url;  // without a slash at its end; may be empty

  void AddTo(Settings& settings);
};

struct KeyringSettings {
  std::string file;

  void AddTo(Settings& settings);
};

// What every service has.
struct ServiceSettings {
  explicit ServiceSettings(uint16_t metrics_port) : metrics_listen{"0.0.0.0", metrics_port} {}

  ListenAddress metrics_listen;
  bool metrics_per_connection = false;
  std::string log_level = "info";
  std::string log_format = "json";
  base::Duration shutdown_grace = std::chrono::seconds(25);

  void AddTo(Settings& settings);
};

// Gateway and worker. URLs have no slash at their end.
struct UpstreamSettings {
  std::string jira_auth_url = "https://auth.atlassian.com";
  std::string jira_api_url = "https://api.atlassian.com";
  std::string brevo_api_url = "https://api.brevo.com/v3";
  int64_t jira_points_per_hour = 65'000;
  bool allow_insecure_upstreams = false;
  bool allow_private_upstreams = false;

  // Whether tenants' sites must be on the public net.
  bool PublicOnly() const;
  // Adds the check that http:// URLs are allowed.
  void AddTo(Settings& settings);
};

// Gateway and ingest. Either certificate and key, or neither; a client CA only with them.
struct TlsSettings {
  std::string cert;
  std::string key;
  std::string client_ca;

  void AddTo(Settings& settings);
  bool Enabled() const { return !cert.empty(); }
};

}  // namespace tajo::config
