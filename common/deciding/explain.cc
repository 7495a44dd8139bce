#include "common/deciding/explain.h"

#include <algorithm>
#include <utility>

#include "common/deciding/rules.h"

namespace tajo::deciding {

std::vector<std::string> FiltersRefusing(const jira::v1::Issue& issue, const jira::v1::ConnectionConfig& config,
                                         std::optional<bool> matches_jql) {
  std::vector<std::string> refusing;
  jira::v1::ConnectionConfig one = config;
  one.clear_issue_types();
  if (!Rules(one).Admits(issue)) refusing.emplace_back("connectors.jira.projects");
  one = config;
  one.clear_projects();
  if (!Rules(one).Admits(issue)) refusing.emplace_back("connectors.jira.issue_types");
  if (!matches_jql.value_or(true)) refusing.emplace_back("connectors.jira.jql");
  return refusing;
}

std::vector<SourceFinding> FindingsOf(const jira::v1::Issue& issue, const jira::v1::ConnectionConfig& config,
                                      const UserLookup& users) {
  std::vector<SourceFinding> findings;
  for (const std::string& source : config.contact_source()) {
    jira::v1::ConnectionConfig one = config;
    one.clear_contact_source();
    one.add_contact_source(source);
    findings.push_back({source, CustomerOf(issue, Rules(std::move(one)), users), false});
  }
  const auto has_email = [](const SourceFinding& finding) { return finding.found && !finding.found->email.empty(); };
  const auto is_someone = [](const SourceFinding& finding) { return finding.found.has_value(); };
  auto chosen = std::find_if(findings.begin(), findings.end(), has_email);
  if (chosen == findings.end()) chosen = std::find_if(findings.begin(), findings.end(), is_someone);
  if (chosen != findings.end()) chosen->chosen = true;
  return findings;
}

}  // namespace tajo::deciding
