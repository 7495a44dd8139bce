#include "services/gateway/created_issues.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "common/base/error.h"

namespace tajo::gateway {
namespace {

constexpr char kProperty[] = "tajo.creation";
constexpr char kNameMember[] = "name";
constexpr int64_t kClockMarginMinutes = 15;  // Jira's clock and ours differ
constexpr int kMostPages = 20;
// Keys that are read: some before the newest that the search knows, the rest behind it.
constexpr int64_t kProbesBefore = 20;
constexpr int64_t kProbes = 100;
constexpr std::chrono::milliseconds kFirstPause{250};

std::optional<jira::CreatedIssue> Marked(const std::vector<jira::IssueProperty>& issues, const std::string& name) {
  for (const jira::IssueProperty& issue : issues) {
    const auto value = nlohmann::json::parse(issue.value_json, nullptr, /*allow_exceptions=*/false);
    if (value.is_object() && value.value(kNameMember, nlohmann::json()) == name) {
      return jira::CreatedIssue{issue.id, issue.key};
    }
  }
  return std::nullopt;
}

int64_t NumberOf(const std::string& key) {
  return std::strtoll(key.substr(std::min(key.rfind('-'), key.size() - 1) + 1).c_str(), nullptr, 10);
}

}  // namespace

std::pair<std::string, std::string> CreationProperty(const std::string& name) {
  nlohmann::json value;
  value[kNameMember] = name;
  return {kProperty, value.dump()};
}

base::Task<CreatedIssues::Found> CreatedIssues::Searched(std::string project_key, std::string name, int64_t sent_ms) {
  const int64_t age_ms = std::max<int64_t>(base::ToMillis(clock_.Now()) - sent_ms, 0);
  jira::IssueQuery query;
  // A period: a time would be read in the time zone of the account.
  query.jql = fmt::format("project = \"{}\" AND creator = currentUser() AND created >= \"-{}m\" ORDER BY created DESC",
                          project_key, age_ms / 60'000 + kClockMarginMinutes);
  for (int page_number = 0; page_number < kMostPages; ++page_number) {
    std::string property = kProperty;
    TAJO_CO_ASSIGN_OR_RETURN(const jira::PropertyPage page, co_await jira_.SearchProperty(query, std::move(property)));
    if (auto found = Marked(page.issues, name)) co_return found;
    if (page.next_token.empty() || page.next_token == query.page_token) break;
    query.page_token = page.next_token;
  }
  co_return std::nullopt;
}

base::Task<CreatedIssues::Found> CreatedIssues::Probed(std::string project_key, std::string name) {
  jira::IssueQuery newest;
  newest.jql = fmt::format("project = \"{}\" ORDER BY created DESC", project_key);
  newest.max_results = 1;
  std::string property = kProperty;
  TAJO_CO_ASSIGN_OR_RETURN(const jira::PropertyPage page, co_await jira_.SearchProperty(newest, std::move(property)));
  const int64_t last = page.issues.empty() ? 0 : NumberOf(page.issues.front().key);
  const int64_t first = std::max<int64_t>(1, last - kProbesBefore);
  std::vector<std::string> keys;
  for (int64_t number = first; number < first + kProbes; ++number) {
    keys.push_back(fmt::format("{}-{}", project_key, number));
  }
  property = kProperty;
  TAJO_CO_ASSIGN_OR_RETURN(const std::vector<jira::IssueProperty> issues,
                           co_await jira_.FetchProperty(std::move(keys), std::move(property)));
  co_return Marked(issues, name);
}

base::Task<CreatedIssues::Found> CreatedIssues::Find(std::string project_key, std::string name, int64_t sent_ms) {
  for (base::Duration pause = kFirstPause;; pause *= 2) {
    const int64_t left_ms = sent_ms + settle_.count() - base::ToMillis(clock_.Now());
    auto found = co_await Probed(project_key, name);
    if (!found.ok() || *found) co_return found;
    found = co_await Searched(project_key, name, sent_ms);
    if (!found.ok() || *found || left_ms <= 0) co_return found;
    const base::Duration wait = std::min<base::Duration>(pause, std::chrono::milliseconds(left_ms));
    co_await clock_.Sleep(wait);
  }
}

}  // namespace tajo::gateway
