#include "services/gateway/jql.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <vector>

namespace tajo::gateway {
namespace {

std::string Quote(const std::string& text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted.push_back('\\');
    quoted.push_back(c);
  }
  return quoted + '"';
}

}  // namespace

std::string FilterJql(const jira::v1::ConnectionConfig& config) {
  std::vector<std::string> clauses;
  std::vector<std::string> words;
  for (const auto& project : config.projects()) words.push_back(Quote(project.key()));
  if (!words.empty()) clauses.push_back(fmt::format("project in ({})", fmt::join(words, ", ")));
  words.clear();
  for (const auto& type : config.issue_types()) words.push_back(Quote(type));
  if (!words.empty()) clauses.push_back(fmt::format("issuetype in ({})", fmt::join(words, ", ")));
  if (!config.jql().empty()) clauses.push_back(fmt::format("({})", config.jql()));
  // Jira refuses JQL without a restriction.
  if (clauses.empty()) clauses.emplace_back("project is not EMPTY");
  return fmt::format("{}", fmt::join(clauses, " AND "));
}

}  // namespace tajo::gateway
