#include "services/gateway/verification.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>
#include <utility>

#include "common/base/error.h"
#include "common/jira/fields.h"
#include "services/gateway/jql.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::gateway {
namespace {

namespace v1 = ::tajo::jira::v1;

constexpr std::size_t kKeysPerCall = 50;

// Custom fields of mapping, contact_source and story_points; Jira is asked only where there are any.
base::Task<absl::Status> CheckFields(jira::Client& jira, v1::ConnectionConfig config) {
  const std::vector<jira::Field> nothing;
  if (jira::ResolveFields(config, nothing).unknown.empty() && config.story_points().empty()) {
    co_return absl::OkStatus();
  }
  TAJO_CO_ASSIGN_OR_RETURN(const std::vector<jira::Field> catalogue, co_await jira.Fields());
  const jira::ResolvedFields resolved = jira::ResolveFields(config, catalogue);
  if (!config.story_points().empty() && resolved.fields.story_points.empty()) {
    co_return base::FieldError(v1::CONFIG_INVALID, "connectors.jira.story_points",
                               fmt::format("Jira has no field named {}: correct story_points", config.story_points()));
  }
  if (!resolved.ambiguous.empty()) {
    co_return base::FieldError(v1::CONFIG_INVALID, "field_mapping",
                               fmt::format("several fields of Jira have the same name; in field_mapping, "
                                           "contact_source and story_points write the id of the one that you mean "
                                           "instead: {}",
                                           fmt::join(resolved.ambiguous, "; ")));
  }
  if (resolved.unknown.empty()) co_return absl::OkStatus();
  co_return base::FieldError(v1::CONFIG_INVALID, "field_mapping",
                             fmt::format("Jira has no field named {}: correct field_mapping or contact_source",
                                         fmt::join(resolved.unknown, ", ")));
}

base::Task<absl::Status> CheckFilters(jira::Client& jira, v1::ConnectionConfig config) {
  if (!config.issue_types().empty()) {
    v1::ConnectionConfig types;
    *types.mutable_issue_types() = config.issue_types();
    std::string jql = FilterJql(types);
    std::string field = "connectors.jira.issue_types";
    TAJO_CO_RETURN_IF_ERROR(co_await CheckJql(jira, std::move(jql), std::move(field)));
  }
  if (!config.jql().empty()) {
    std::string jql = config.jql();
    std::string field = "connectors.jira.jql";
    TAJO_CO_RETURN_IF_ERROR(co_await CheckJql(jira, std::move(jql), std::move(field)));
  }
  co_return absl::OkStatus();
}

// A lead that is named by account must show an e-mail: Brevo's contacts are found by it.
base::Task<absl::Status> CheckLead(jira::Client& jira, std::string lead) {
  if (lead.empty() || lead.find('@') != std::string::npos) co_return absl::OkStatus();
  std::vector<std::string> ids(1, std::move(lead));
  TAJO_CO_ASSIGN_OR_RETURN(const std::vector<v1::User> users, co_await jira.UsersByAccountId(std::move(ids)));
  if (!users.empty() && !users.front().email().empty()) co_return absl::OkStatus();
  co_return base::FieldError(v1::CONFIG_INVALID, "connectors.jira.capacity.snapshot_to",
                             users.empty() ? "Jira knows no such account: correct capacity.snapshot_to"
                                           : "Jira hides this account's e-mail: name the lead by e-mail instead");
}

}  // namespace

base::Task<absl::Status> CheckJql(jira::Client& jira, std::string jql, std::string field) {
  std::vector<std::string> queries = {jql};
  TAJO_CO_ASSIGN_OR_RETURN(const std::vector<jira::ParsedJql> parsed, co_await jira.ParseJql(std::move(queries)));
  if (parsed.empty() || parsed.front().errors.empty()) co_return absl::OkStatus();
  co_return base::FieldError(
      v1::JIRA_JQL_INVALID, field,
      fmt::format("{}: Jira can't run this JQL: {}", field, fmt::join(parsed.front().errors, "; ")));
}

base::Task<absl::Status> CheckProjects(jira::Client& jira, v1::ConnectionConfig config) {
  std::set<std::string> visible;
  for (int begin = 0; begin < config.projects_size(); begin += static_cast<int>(kKeysPerCall)) {
    std::vector<std::string> keys;
    const int end = std::min(config.projects_size(), begin + static_cast<int>(kKeysPerCall));
    for (int i = begin; i < end; ++i) keys.push_back(config.projects(i).key());
    TAJO_CO_ASSIGN_OR_RETURN(const std::vector<jira::ProjectInfo> found, co_await jira.Projects(std::move(keys)));
    for (const jira::ProjectInfo& project : found) visible.insert(project.key);
  }
  std::vector<std::string> unknown;
  int first = -1;
  for (int i = 0; i < config.projects_size(); ++i) {
    if (visible.contains(config.projects(i).key())) continue;
    if (first < 0) first = i;
    unknown.push_back(config.projects(i).key());
  }
  if (unknown.empty()) co_return absl::OkStatus();
  co_return base::FieldError(v1::JIRA_PROJECT_UNKNOWN, fmt::format("connectors.jira.projects[{}].key", first),
                             fmt::format("Jira shows this account no project {}", fmt::join(unknown, ", ")));
}

base::Task<JiraFindings> VerifyJira(jira::Client& jira, v1::ConnectionConfig config, Problems& problems) {
  JiraFindings findings;
  auto myself = co_await jira.GetMyself();
  if (!myself.ok()) {
    // Whatever else would be asked fails for the same cause.
    problems.Add(base::Annotate(myself.status(), "Jira"));
    co_return findings;
  }
  findings.account_id = myself->account_id;
  findings.time_zone = myself->time_zone;
  absl::Status projects = co_await CheckProjects(jira, config);
  problems.Add(std::move(projects));
  absl::Status filters = co_await CheckFilters(jira, config);
  problems.Add(std::move(filters));
  absl::Status fields = co_await CheckFields(jira, config);
  problems.Add(std::move(fields));
  absl::Status lead = co_await CheckLead(jira, config.capacity().snapshot_to());
  problems.Add(std::move(lead));
  co_return findings;
}

// Every list that the config names, and where.
std::vector<std::pair<std::string, int64_t>> ListsOf(const v1::ConnectionConfig& config) {
  std::vector<std::pair<std::string, int64_t>> lists;
  for (int i = 0; i < config.projects_size(); ++i) {
    if (config.projects(i).sync_to_list() == 0) continue;
    lists.emplace_back(fmt::format("connectors.jira.projects[{}].sync_to_list", i), config.projects(i).sync_to_list());
  }
  const auto& ids = config.milestones().campaign().list_ids();
  for (int i = 0; i < ids.size(); ++i) {
    lists.emplace_back(fmt::format("connectors.jira.milestones.campaign.list_ids[{}]", i), ids[i]);
  }
  return lists;
}

base::Task<absl::Status> CheckLists(brevo::Client& brevo, v1::ConnectionConfig config) {
  std::set<int64_t> asked;
  std::vector<int64_t> unknown;
  std::string first;
  for (const auto& [path, id] : ListsOf(config)) {
    if (!asked.insert(id).second) continue;
    const auto list = co_await brevo.GetList(id);
    if (list.ok()) continue;
    if (base::ReasonOf(list.status()) != v1::BREVO_LIST_UNKNOWN) co_return list.status();
    if (first.empty()) first = path;
    unknown.push_back(id);
  }
  if (unknown.empty()) co_return absl::OkStatus();
  co_return base::FieldError(v1::BREVO_LIST_UNKNOWN, first,
                             fmt::format("Brevo has no list {}", fmt::join(unknown, ", ")));
}

base::Task<BrevoFindings> VerifyBrevo(access::BrevoAccess& access, v1::ConnectionConfig config, std::string api_key,
                                      Problems& problems) {
  BrevoFindings findings;
  brevo::Client& brevo = access.Client();
  auto account = co_await brevo.GetAccount();
  if (!account.ok()) {
    problems.Add(base::Annotate(account.status(), "Brevo"));
    co_return findings;
  }
  findings.company_name = account->company_name;
  findings.key_stands_for_account = account->organization_id.empty();
  findings.account_key = access::BrevoAccountKey(account->organization_id, api_key);
  access.Identify(findings.account_key);
  absl::Status lists = co_await CheckLists(brevo, config);
  problems.Add(std::move(lists));
  auto attributes = co_await brevo.Attributes();
  if (attributes.ok()) {
    findings.missing = PlanAttributes(config, *attributes, problems);
    findings.attributes = *std::move(attributes);
  } else {
    problems.Add(base::Annotate(attributes.status(), "Brevo"));
  }
  co_return findings;
}

base::Task<absl::Status> CreateAttributes(brevo::Client& brevo, BrevoFindings found, v1::ConnectionConfig& config) {
  for (const brevo::AttributeDefinition& attribute : found.missing) {
    const absl::Status created = co_await brevo.CreateAttribute(attribute);
    if (!created.ok()) {
      co_return base::Annotate(created, fmt::format("the attribute {} can't be created in Brevo", attribute.name));
    }
    found.attributes.push_back(attribute);
  }
  PinAttributes(found.attributes, config);
  co_return absl::OkStatus();
}

}  // namespace tajo::gateway
