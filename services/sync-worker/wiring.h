#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "common/config/common_settings.h"
#include "common/config/settings.h"

namespace tajo::worker {

// The worker's flags; docs/configuration.md lists them.
struct WorkerSettings {
  config::RedisSettings redis;
  config::RedisAckSettings ack;
  config::KeyringSettings keyring;
  config::ServiceSettings service{9466};
  config::UpstreamSettings upstreams;
  std::vector<std::string> connections;
  std::vector<std::string> exclude_connections;
  config::PublicUrlSettings public_url;
  int64_t threads = 0;
  base::Duration lease_ttl = std::chrono::seconds(9);
  base::Duration brevo_timeout = std::chrono::seconds(5);
  base::Duration jira_timeout = std::chrono::seconds(30);
  std::vector<std::string> ambiguous_looks = {"1m", "5m", "15m"};
  base::Duration account_report_scan = std::chrono::hours(24);
  base::Duration jira_probe = std::chrono::minutes(5);

  void AddTo(config::Settings& settings);
};

// Runs the worker until a signal ends it; its exit code.
int RunWorker(const WorkerSettings& settings, std::string_view version);

}  // namespace tajo::worker
