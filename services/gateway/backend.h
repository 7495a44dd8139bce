#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "common/access/access.h"
#include "common/base/clock.h"
#include "common/base/random.h"
#include "common/net/http_client.h"
#include "common/redis/client.h"
#include "common/store/connections.h"
#include "common/store/event_intake.h"
#include "common/store/grants.h"
#include "common/store/jobs.h"
#include "common/telemetry/log.h"

namespace tajo::gateway {

struct BackendOptions {
  access::Endpoints endpoints;
  bool allow_insecure_upstreams = false;
  std::string public_url;  // before webhook paths; may be empty
  // How long Disconnect waits for the worker that owns the connection.
  std::chrono::milliseconds owner_wait{10'000};
  // How long it tries to remove webhooks at Jira.
  std::chrono::milliseconds webhook_removal{20'000};
  std::chrono::milliseconds watch_interval{250};
  // How long calls that can answer without Jira wait for it, its limits included.
  std::chrono::milliseconds jira_patience{10'000};
  // How long ForgetContact waits for the worker.
  std::chrono::milliseconds forget_wait{15'000};
  // For how long after it was sent CreateIssue looks for an issue whose answer was lost, before it takes
  // it for not created: longer than Jira works on a call that we no longer wait for.
  std::chrono::milliseconds create_settle{45'000};
};

// What the calls of one loop work with; all of it outlives them and is used from that loop.
struct Backend {
  redis::Client& redis;
  net::HttpClient& http;
  base::Clock& clock;
  base::Random& random;
  store::Connections& connections;
  store::Grants& grants;
  access::Quotas& quotas;
  store::Jobs& jobs;
  store::EventIntake& intake;
  telemetry::Logger& log;
  jira::Observer* jira_observer = nullptr;
  brevo::Observer* brevo_observer = nullptr;
  BackendOptions options;

  // CONNECTION_PENDING for an OAuth connection that nobody has consented to yet.
  // `connection_id`, and `account` (brevo_account_key): whose limits they share; empty where that isn't known yet.
  absl::StatusOr<std::unique_ptr<access::JiraAccess>> OpenJira(const std::string& connection_id,
                                                               const jira::v1::ConnectionConfig& config,
                                                               const jira::v1::Credentials& credentials);
  std::unique_ptr<access::BrevoAccess> OpenBrevo(const std::string& account, const jira::v1::Credentials& credentials);
};

}  // namespace tajo::gateway
