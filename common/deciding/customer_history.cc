#include "common/deciding/customer_history.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace tajo::deciding {
namespace {

using jira::v1::FieldChange;
using jira::v1::History;
using jira::v1::Issue;

// The source of the config's `contact_source` that the change is about; nullptr: none.
const std::string* SourceOf(const FieldChange& change, const Rules& rules) {
  const auto& sources = rules.Config().contact_source();
  const auto found = std::find_if(sources.begin(), sources.end(), [&change](const std::string& source) {
    return source == change.field() || source == change.field_id();
  });
  return found == sources.end() ? nullptr : &*found;
}

// The issue's people as they were before the change; of users only the account is known.
void TakeBack(const FieldChange& change, const std::string& source, Issue* issue) {
  if (source == "reporter") {
    issue->clear_reporter();
    if (!change.from_id().empty()) issue->mutable_reporter()->set_account_id(change.from_id());
  } else if (source == "assignee") {
    issue->clear_assignee();
    if (!change.from_id().empty()) issue->mutable_assignee()->set_account_id(change.from_id());
  } else {
    const nlohmann::json user = {{"accountId", change.from_id()}};
    const nlohmann::json before = change.from_id().empty() ? nlohmann::json(change.from_text()) : user;
    (*issue->mutable_fields())[source] = before.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  }
}

std::vector<const History*> ThatConcernCustomers(const std::vector<History>& histories, const Rules& rules) {
  std::vector<const History*> concerned;
  for (const History& history : histories) {
    const auto& changes = history.changes();
    const bool concerns = std::any_of(changes.begin(), changes.end(), [&rules](const FieldChange& change) {
      return SourceOf(change, rules) != nullptr;
    });
    if (concerns) concerned.push_back(&history);
  }
  return concerned;
}

}  // namespace

CustomerHistory::CustomerHistory(const Issue& issue, const std::vector<History>& histories, const Rules& rules,
                                 const UserLookup& users)
    : now_(CustomerOf(issue, rules, users)) {
  std::vector<const History*> concerned = ThatConcernCustomers(histories, rules);
  if (concerned.empty()) return;
  std::stable_sort(concerned.begin(), concerned.end(),
                   [](const History* a, const History* b) { return a->created_ms() < b->created_ms(); });
  std::reverse(concerned.begin(), concerned.end());
  Issue before = issue;
  for (const History* history : concerned) {
    for (const FieldChange& change : history->changes()) {
      if (const std::string* source = SourceOf(change, rules)) TakeBack(change, *source, &before);
    }
    until_.emplace_back(history->created_ms(), CustomerOf(before, rules, users));
  }
}

const std::optional<Customer>& CustomerHistory::At(int64_t ms) const {
  const std::optional<Customer>* customer = &now_;
  for (const auto& [until_ms, before] : until_) {
    if (until_ms <= ms) break;
    customer = &before;
  }
  return *customer;
}

std::vector<std::string> EarlierAccounts(const std::vector<History>& histories, const Rules& rules,
                                         const UserLookup& users) {
  std::vector<std::string> accounts;
  for (const History* history : ThatConcernCustomers(histories, rules)) {
    for (const FieldChange& change : history->changes()) {
      const bool person = SourceOf(change, rules) != nullptr && !change.from_id().empty();
      if (person && users(change.from_id()) == nullptr) accounts.push_back(change.from_id());
    }
  }
  return accounts;
}

}  // namespace tajo::deciding
