#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/base/task.h"
#include "common/jira/connection.h"
#include "common/jira/types.h"

namespace tajo::jira {

inline constexpr std::size_t kBulkFetchLimit = 100;       // issues
inline constexpr std::size_t kBulkChangelogLimit = 1000;  // issues
inline constexpr std::size_t kWorklogListLimit = 1000;
inline constexpr std::size_t kUserBulkLimit = 100;

// Jira Cloud's REST API v3, one method an endpoint; what Jira pages by offset is read to its end. Cheap to make: one
// for live work and one for backfill may share a connection, which outlives them. Errors of every call:
// JIRA_AUTHENTICATION_FAILED, JIRA_SCOPE_MISSING, JIRA_PERMISSION_DENIED, JIRA_NOT_FOUND, JIRA_REQUEST_INVALID,
// JIRA_RATE_LIMITED, JIRA_UNAVAILABLE, JIRA_API_REMOVED, JIRA_RESPONSE_INVALID, UPSTREAM_*, and what the authorizer and
// the governor say.
class Client {
 public:
  explicit Client(Connection& connection, Lane lane = Lane::kLive) : connection_(connection), lane_(lane) {}

  // Also the check that we aren't anonymous: searches answer 200 and nothing to a bad token.
  base::Task<absl::StatusOr<Myself>> GetMyself();
  base::Task<absl::StatusOr<ServerInfo>> GetServerInfo();

  // One page. JIRA_JQL_INVALID with Jira's own words, JIRA_PROJECT_UNKNOWN. Not read-after-write.
  base::Task<absl::StatusOr<IssuePage>> SearchJql(IssueQuery query, IssueFields fields);
  base::Task<absl::StatusOr<RawPage>> SearchRaw(IssueQuery query, std::vector<std::string> field_names);
  base::Task<absl::StatusOr<int64_t>> ApproximateCount(std::string jql);
  base::Task<absl::StatusOr<std::vector<ParsedJql>>> ParseJql(std::vector<std::string> queries);

  // Direct reads: they see a change at once.
  base::Task<absl::StatusOr<FetchedIssues>> BulkFetch(std::vector<int64_t> ids, IssueFields fields,
                                                      bool with_changelog = false);
  base::Task<absl::StatusOr<FullIssue>> GetIssue(std::string id_or_key, IssueFields fields,
                                                 bool with_changelog = false);
  // Every history of each issue. Issues that aren't visible are left out.
  base::Task<absl::StatusOr<std::vector<IssueHistories>>> BulkChangelogs(std::vector<int64_t> ids);
  // All comments, oldest first.
  base::Task<absl::StatusOr<std::vector<v1::Comment>>> Comments(int64_t issue_id);

  base::Task<absl::StatusOr<std::vector<ProjectInfo>>> Projects(std::vector<std::string> keys = {});
  // `status`: released, unreleased or archived; empty: all.
  base::Task<absl::StatusOr<std::vector<v1::Version>>> ProjectVersions(std::string project_id_or_key,
                                                                       std::string status = {});
  base::Task<absl::StatusOr<v1::Version>> GetVersion(int64_t version_id);
  base::Task<absl::StatusOr<std::vector<Field>>> Fields();
  base::Task<absl::StatusOr<std::vector<StatusInfo>>> Statuses();

  // Those that Jira knows, in its order; at most kUserBulkLimit ids.
  base::Task<absl::StatusOr<std::vector<v1::User>>> UsersByAccountId(std::vector<std::string> account_ids);
  // Empty also without the permission "Browse users and groups". Active users only.
  base::Task<absl::StatusOr<std::vector<v1::User>>> SearchUsers(std::string query, int max_results = 50);

  // Dynamic webhooks: OAuth only (JIRA_PERMISSION_DENIED with an API token); one URL per app.
  base::Task<absl::StatusOr<std::vector<WebhookRegistration>>> RegisterWebhooks(std::string url,
                                                                                std::vector<WebhookSpec> webhooks);
  base::Task<absl::StatusOr<std::vector<RegisteredWebhook>>> ListWebhooks();
  // The new expiry. Ids that Jira doesn't know are ignored by it: compare with ListWebhooks.
  base::Task<absl::StatusOr<int64_t>> RefreshWebhooks(std::vector<int64_t> ids);
  base::Task<absl::Status> DeleteWebhooks(std::vector<int64_t> ids);
  // Admin webhooks: a Jira administrator's token; all events, no expiry. Returns its `self` URL.
  base::Task<absl::StatusOr<std::string>> CreateAdminWebhook(AdminWebhook webhook);

  base::Task<absl::StatusOr<UpdatedWorklogs>> WorklogsUpdated(int64_t since_ms);
  base::Task<absl::StatusOr<std::vector<v1::Worklog>>> WorklogList(std::vector<int64_t> ids);

  // Boards' and sprints' scopes are granular: JIRA_SCOPE_MISSING with the classic ones alone.
  base::Task<absl::StatusOr<v1::Sprint>> GetSprint(int64_t sprint_id);
  // Of that project, or all where it is empty. JIRA_REQUEST_INVALID for a project that isn't visible.
  base::Task<absl::StatusOr<std::vector<Board>>> Boards(std::string project_key);
  // `states`: "active,closed". JIRA_REQUEST_INVALID for a board without sprints.
  base::Task<absl::StatusOr<std::vector<v1::Sprint>>> BoardSprints(int64_t board_id, std::string states);

  // Sent at most once: UPSTREAM_AMBIGUOUS or JIRA_UNAVAILABLE means that it may exist; search first.
  base::Task<absl::StatusOr<CreatedIssue>> CreateIssue(NewIssue issue);
  // The property's value as JSON; nothing if it isn't set.
  base::Task<absl::StatusOr<std::optional<std::string>>> GetIssueProperty(std::string id_or_key, std::string property);
  base::Task<absl::Status> SetIssueProperty(std::string id_or_key, std::string property, std::string value_json);
  // One page of a search, without fields but with that property. Not read-after-write.
  base::Task<absl::StatusOr<PropertyPage>> SearchProperty(IssueQuery query, std::string property);
  // Direct reads of at most kBulkFetchLimit issues; what isn't there or isn't visible is left out.
  base::Task<absl::StatusOr<std::vector<IssueProperty>>> FetchProperty(std::vector<std::string> ids_or_keys,
                                                                       std::string property);

 private:
  Request Get(std::string_view endpoint, std::string path, int cost = 1) const;
  Request Send(net::Method method, std::string_view endpoint, std::string path, std::string body, int cost = 1) const;
  // So many points had been asked for the objects of an answer, and so many it had.
  void Settle(int estimated, std::size_t given) { connection_.Settle(static_cast<int>(given) - estimated); }

  Connection& connection_;
  Lane lane_;
};

}  // namespace tajo::jira
