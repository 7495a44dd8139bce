#include "services/gateway/issue_reading.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "common/base/error.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::gateway {
namespace {

namespace v1 = ::tajo::jira::v1;

base::Task<absl::StatusOr<std::map<std::string, v1::User>>> ReadUsers(jira::Client& jira, store::OwnerStore& store,
                                                                      std::vector<std::string> accounts) {
  std::sort(accounts.begin(), accounts.end());
  accounts.erase(std::unique(accounts.begin(), accounts.end()), accounts.end());
  TAJO_CO_ASSIGN_OR_RETURN(auto users, co_await store.Users(accounts));
  std::erase_if(accounts, [&users](const std::string& id) { return users.contains(id); });
  if (accounts.size() > jira::kUserBulkLimit) accounts.resize(jira::kUserBulkLimit);
  TAJO_CO_ASSIGN_OR_RETURN(const std::vector<v1::User> shown, co_await jira.UsersByAccountId(std::move(accounts)));
  for (const v1::User& user : shown) users.emplace(user.account_id(), user);
  co_return users;
}

// Whether the config's own jql admits the issue: read-after-write for an id that is named.
base::Task<absl::StatusOr<bool>> Matches(jira::Client& jira, int64_t id, std::string jql) {
  jira::IssueQuery query;
  query.jql = fmt::format("id = {} AND ({})", id, jql);
  query.max_results = 1;
  query.reconcile_ids.push_back(id);
  std::vector<std::string> fields(1, "id");
  const auto page = co_await jira.SearchRaw(std::move(query), std::move(fields));
  if (!page.ok()) co_return page.status();
  co_return !page->issues.empty();
}

}  // namespace

deciding::UserLookup IssueReading::Lookup() const {
  return [this](const std::string& account_id) -> const v1::User* {
    const auto found = users.find(account_id);
    return found == users.end() ? nullptr : &found->second;
  };
}

base::Task<absl::StatusOr<ReadyRules>> MakeReady(jira::Client& jira, v1::ConnectionConfig config) {
  TAJO_CO_ASSIGN_OR_RETURN(const std::vector<jira::Field> catalogue, co_await jira.Fields());
  jira::ResolvedFields resolved = jira::ResolveFields(config, catalogue);
  deciding::Rules rules(jira::WithFieldIds(std::move(config), catalogue));
  ReadyRules ready{std::move(rules), std::move(resolved.fields), std::move(resolved.unknown)};
  co_return ready;
}

base::Task<absl::StatusOr<IssueReading>> ReadForDeciding(jira::Client& jira, store::OwnerStore& store,
                                                         const base::Clock& clock, ReadyRules ready, IssueRef ref) {
  IssueReading reading;
  deciding::Facts& facts = reading.facts;
  facts.read_ms = base::ToMillis(clock.Now());
  TAJO_CO_ASSIGN_OR_RETURN(jira::FullIssue full, co_await jira.GetIssue(ref.Text(), ready.fields));
  facts.reread = std::move(full.issue);
  const int64_t id = facts.reread->id();
  const v1::ConnectionConfig& config = ready.rules.Config();
  if (!config.jql().empty()) {
    TAJO_CO_ASSIGN_OR_RETURN(facts.matches_jql, co_await Matches(jira, id, config.jql()));
  }
  std::vector<int64_t> ids(1, id);
  TAJO_CO_ASSIGN_OR_RETURN(std::vector<jira::IssueHistories> histories, co_await jira.BulkChangelogs(std::move(ids)));
  for (jira::IssueHistories& of_issue : histories) {
    if (of_issue.issue_id == id) facts.histories = std::move(of_issue.histories);
  }
  if (config.sync().comments()) {
    TAJO_CO_ASSIGN_OR_RETURN(facts.comments, co_await jira.Comments(id));
  }
  facts.histories_read = true;
  std::vector<std::string> accounts = deciding::AccountsToLookUp(*facts.reread, ready.rules, reading.Lookup());
  TAJO_CO_ASSIGN_OR_RETURN(reading.users, co_await ReadUsers(jira, store, std::move(accounts)));
  co_return reading;
}

}  // namespace tajo::gateway
