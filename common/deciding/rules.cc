#include "common/deciding/rules.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <chrono>
#include <utility>

#include "common/deciding/mapping.h"

namespace tajo::deciding {
namespace {

constexpr int64_t kDayMs = 24ll * 60 * 60 * 1000;

}  // namespace

Rules::Rules(jira::v1::ConnectionConfig config) : config_(std::move(config)) {
  for (const auto& project : config_.projects()) list_of_project_[project.key()] = project.sync_to_list();
  issue_types_.insert(config_.issue_types().begin(), config_.issue_types().end());
  for (auto& mapping : *config_.mutable_field_mapping()) CompleteMapping(mapping);
}

bool Rules::Admits(const jira::v1::Issue& issue) const {
  if (!list_of_project_.empty() && !list_of_project_.contains(issue.project_key())) return false;
  return issue_types_.empty() || issue_types_.contains(issue.issue_type());
}

int64_t Rules::ListOf(const std::string& project_key) const {
  const auto found = list_of_project_.find(project_key);
  return found == list_of_project_.end() ? 0 : found->second;
}

bool Rules::IsEventTime(int64_t event_ms, int64_t now_ms) const {
  if (event_ms <= now_ms - config_.retention().ledger_days() * kDayMs) return false;
  return config_.backfill_events() == jira::v1::BACKFILL_EVENTS_ALL || event_ms >= config_.events_from_ms();
}

std::vector<std::string> Rules::ClausesWithoutProjects() const {
  std::vector<std::string> clauses;
  if (!issue_types_.empty()) {
    std::vector<std::string> types;
    types.reserve(issue_types_.size());
    for (const auto& type : issue_types_) types.push_back(JqlQuote(type));
    clauses.push_back(fmt::format("issuetype in ({})", fmt::join(types, ", ")));
  }
  if (!config_.jql().empty()) clauses.push_back(fmt::format("({})", config_.jql()));
  return clauses;
}

std::string Rules::FilterJql() const {
  std::vector<std::string> clauses = ClausesWithoutProjects();
  std::vector<std::string> keys;
  for (const auto& [key, list] : list_of_project_) {
    if (!hidden_projects_.contains(key)) keys.push_back(JqlQuote(key));
  }
  if (!keys.empty()) clauses.insert(clauses.begin(), fmt::format("project in ({})", fmt::join(keys, ", ")));
  // Jira refuses JQL without a restriction.
  if (clauses.empty()) clauses.emplace_back("project is not EMPTY");
  return fmt::format("{}", fmt::join(clauses, " AND "));
}

std::string Rules::FilterJqlOf(int64_t project_id) const {
  std::vector<std::string> clauses = ClausesWithoutProjects();
  clauses.insert(clauses.begin(), fmt::format("project = {}", project_id));
  return fmt::format("{}", fmt::join(clauses, " AND "));
}

std::string JqlQuote(const std::string& text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted.push_back('\\');
    quoted.push_back(c);
  }
  quoted.push_back('"');
  return quoted;
}

}  // namespace tajo::deciding
