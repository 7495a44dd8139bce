#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "common/access/quotas.h"
#include "common/base/clock.h"
#include "common/base/random.h"
#include "common/brevo/client.h"
#include "common/jira/auth.h"
#include "common/jira/client.h"
#include "common/jira/connection.h"
#include "common/jira/oauth.h"
#include "common/net/http_client.h"
#include "common/store/grants.h"
#include "tajo/jira/v1/connection.pb.h"

namespace tajo::access {

// Where the vendors are and how long a call to them may take.
struct Endpoints {
  std::string jira_auth_url = "https://auth.atlassian.com";
  std::string jira_api_url = "https://api.atlassian.com";
  std::string brevo_api_url = "https://api.brevo.com/v3";
  std::chrono::milliseconds jira_timeout{30'000};
  std::chrono::milliseconds brevo_timeout{30'000};
};

// A connection's way to its Jira site: authorization, limits and retries put together. What it is given
// outlives it; `observer` may be null.
class JiraAccess {
 public:
  // `connection_id`: whose share of the app's points is used; empty where there is no connection yet.
  JiraAccess(net::HttpClient& http, store::Grants& grants, Quotas& quotas, base::Clock& clock, base::Random& random,
             const Endpoints& endpoints, const std::string& connection_id, const jira::v1::ConnectionConfig& config,
             const jira::v1::Credentials& credentials, jira::Observer* observer = nullptr);

  jira::Client& Live() { return live_; }
  jira::Client& Backfill() { return backfill_; }
  // The quota that backfill has been waiting for, for some seconds now; empty: none.
  std::string_view BackfillWaitsFor() const { return governor_->BackfillWaitsFor(); }
  // Calls that would wait long for a quota fail from now on, with LEASE_LOST.
  void Close() { governor_->Close(); }

 private:
  jira::OAuthClient oauth_;
  std::unique_ptr<jira::TokenSource> tokens_;  // OAuth only
  std::unique_ptr<jira::Authorizer> authorizer_;
  std::unique_ptr<JiraGovernor> governor_;
  jira::RetryingConnection connection_;
  jira::Client live_;
  jira::Client backfill_;
};

// The same for its Brevo account. `import_http` carries imports, which take longer than other calls.
class BrevoAccess {
 public:
  // `account`: the connection's brevo_account_key; empty where the account isn't known yet: see Identify.
  BrevoAccess(net::HttpClient& http, net::HttpClient& import_http, Quotas& quotas, base::Clock& clock,
              base::Random& random, const Endpoints& endpoints, const std::string& account,
              const jira::v1::Credentials& credentials, brevo::Observer* observer = nullptr);

  brevo::Client& Client() { return client_; }
  // With a longer time-out, for imports of megabytes.
  brevo::Client& Importer() { return importer_; }
  const brevo::Governor& Governor() const { return *governor_; }
  // The account that GetAccount found: its limits are shared from now on.
  void Identify(const std::string& account) { governor_->Use(quotas_.BrevoAccount(account)); }
  // Calls that would wait long for a quota fail from now on, with LEASE_LOST.
  void Close() { governor_->Close(); }

 private:
  Quotas& quotas_;
  std::unique_ptr<BrevoGovernor> governor_;
  brevo::Client client_;
  brevo::Client importer_;
};

}  // namespace tajo::access
