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

// Of users only the account is known.
void Put(const std::string& source, const std::string& id, const std::string& text, Issue* issue) {
  if (source == "reporter") {
    issue->clear_reporter();
    if (!id.empty()) issue->mutable_reporter()->set_account_id(id);
  } else if (source == "assignee") {
    issue->clear_assignee();
    if (!id.empty()) issue->mutable_assignee()->set_account_id(id);
  } else {
    const nlohmann::json user = {{"accountId", id}};
    const nlohmann::json value = id.empty() ? nlohmann::json(text) : user;
    (*issue->mutable_fields())[source] = value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
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
                                 const UserLookup& users) {
  std::vector<const History*> concerned = ThatConcernCustomers(histories, rules);
  if (concerned.empty()) {
    now_ = CustomerOf(issue, rules, users);
    return;
  }
  std::stable_sort(concerned.begin(), concerned.end(),
                   [](const History* a, const History* b) { return a->created_ms() < b->created_ms(); });
  // Histories are read after the issue, and may tell more.
  Issue at = issue;
  for (const History* history : concerned) {
    if (history->created_ms() <= issue.updated_ms()) continue;
    for (const FieldChange& change : history->changes()) {
      if (const std::string* source = SourceOf(change, rules)) Put(*source, change.to_id(), change.to_text(), &at);
    }
  }
  now_ = CustomerOf(at, rules, users);
  std::reverse(concerned.begin(), concerned.end());
  for (const History* history : concerned) {
    for (const FieldChange& change : history->changes()) {
      if (const std::string* source = SourceOf(change, rules)) Put(*source, change.from_id(), change.from_text(), &at);
    }
    until_.emplace_back(history->created_ms(), CustomerOf(at, rules, users));
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

std::vector<std::string> AccountsInHistory(const std::vector<History>& histories, const Rules& rules,
                                           const UserLookup& users) {
  std::vector<std::string> accounts;
  for (const History* history : ThatConcernCustomers(histories, rules)) {
    for (const FieldChange& change : history->changes()) {
      if (SourceOf(change, rules) == nullptr) continue;
      for (const std::string& id : {change.from_id(), change.to_id()}) {
        if (!id.empty() && users(id) == nullptr) accounts.push_back(id);
      }
    }
  }
  return accounts;
}

}  // namespace tajo::deciding
