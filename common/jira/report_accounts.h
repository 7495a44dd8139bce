#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "common/base/task.h"
#include "common/jira/auth.h"
#include "common/jira/connection.h"

namespace tajo::jira {

inline constexpr std::size_t kReportLimit = 90;  // accounts a call
inline constexpr std::chrono::hours kDefaultCycle{7 * 24};

// Calls that are the app's and not a site's: {api_url}/app/... with a token of one of its grants.
// `tokens` outlives it.
class AppAuthorizer final : public Authorizer {
 public:
  AppAuthorizer(TokenSource& tokens, std::string api_url);

  base::Task<absl::StatusOr<Authorization>> Current() override;
  base::Task<absl::Status> Renew(const Authorization& refused) override;

 private:
  TokenSource& tokens_;
  std::string base_url_;
};

// An account whose personal data we hold, and as of when.
struct HeldAccount {
  std::string account_id;
  int64_t as_of_ms = 0;
};
struct ReportedAccount {
  std::string account_id;
  bool closed = false;  // erase; else: changed since, refresh or erase
};
struct ReportAnswer {
  std::vector<ReportedAccount> accounts;       // those with something to do; others are as they were
  std::chrono::seconds cycle = kDefaultCycle;  // an account isn't to be reported more often
};

// Atlassian's personal data reporting: at most kReportLimit accounts. JIRA_SCOPE_MISSING for a grant
// without report:personal-data.
base::Task<absl::StatusOr<ReportAnswer>> ReportAccounts(Connection& connection, std::vector<HeldAccount> accounts);

// The header Cycle-Period: days ("7") or an ISO duration in days or weeks ("P7D", "P1W").
std::optional<std::chrono::seconds> ParseCyclePeriod(std::string_view text);

}  // namespace tajo::jira
