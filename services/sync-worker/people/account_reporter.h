#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "common/access/access.h"
#include "common/jira/client.h"
#include "common/jira/oauth.h"
#include "common/jira/report_accounts.h"
#include "common/redis/client.h"
#include "common/store/people.h"
#include "services/sync-worker/instruments.h"

namespace tajo::worker {

// Tells Atlassian, as every OAuth app that holds personal data must, of whom we hold any, and does what it
// answers: a closed account's person is erased, a changed one's tickets and profile are read again.
//
// An account is reported once a cycle (Atlassian says how long that is), whichever of the app's
// connections it is held for: they share what was reported and answered in `tajo:{app:<id>}:reported`. Of
// the connection: `accounts`, by when each was last reported; `accounts_as_of`, when its data was read at
// the earliest; and the cursors report_scanned_ms and report_cycle_s. Used from one loop.
class AccountReporter {
 public:
  struct Parts {
    redis::Client& redis;
    store::OwnerStore& store;
    jira::Client& jira;
    jira::Connection& app;  // authorised by AppAuthorizer
    base::Clock& clock;
    Instruments& instruments;
  };
  // `scan_every`: how often it is looked for accounts that were never reported. `created_ms`: of the
  // connection; no data is older.
  AccountReporter(Parts parts, std::string app_id, int64_t created_ms, base::Duration scan_every)
      : parts_(parts),
        people_(parts.redis, parts.store),
        app_id_(std::move(app_id)),
        created_ms_(created_ms),
        scan_every_(scan_every) {}

  struct Outcome {
    base::Duration wait{};  // until the next turn
    bool closed = false;    // somebody is to be erased now
  };
  // One call to Atlassian at most.
  base::Task<absl::StatusOr<Outcome>> Work();

 private:
  using Accounts = std::vector<std::string>;
  // What Atlassian said of accounts, to us or to another connection of the app.
  struct Answers {
    Accounts closed;
    Accounts updated;
  };

  base::Task<absl::Status> Scan(int64_t scanned_ms, int64_t now_ms);
  base::Task<absl::StatusOr<Accounts>> Due(int64_t before_ms);
  base::Task<absl::StatusOr<Answers>> Ask(Accounts accounts, int64_t now_ms);
  base::Task<absl::StatusOr<std::vector<jira::HeldAccount>>> Held(Accounts accounts);
  base::Task<absl::Status> Report(Accounts accounts, int64_t now_ms, Answers* answers);
  base::Task<absl::Status> Follow(Answers answers, int64_t now_ms);
  base::Task<absl::Status> Refresh(Accounts accounts, int64_t now_ms);
  base::Task<absl::Status> SetCursor(std::string name, int64_t value);
  std::string SharedKey() const { return "tajo:{app:" + app_id_ + "}:reported"; }

  Parts parts_;
  store::People people_;
  std::string app_id_;
  int64_t created_ms_;
  base::Duration scan_every_;
  int64_t cycle_ms_ = 0;
};

// An app's way to Atlassian for one grant: token, limits and retries put together.
class AppAccess {
 public:
  AppAccess(net::HttpClient& http, store::Grants& grants, access::Quotas& quotas, base::Clock& clock,
            base::Random& random, const access::Endpoints& endpoints, const std::string& connection_id,
            const jira::v1::Credentials& credentials, jira::Observer* observer);
  jira::Connection& Connection() { return connection_; }

 private:
  jira::OAuthClient oauth_;
  std::unique_ptr<jira::TokenSource> tokens_;
  jira::AppAuthorizer authorizer_;
  std::unique_ptr<access::JiraGovernor> governor_;
  jira::RetryingConnection connection_;
};

}  // namespace tajo::worker
