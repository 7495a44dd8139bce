#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/jira/fields.h"
#include "tajo/jira/v1/event.pb.h"

namespace tajo::jira {

struct Myself {
  std::string account_id;
  std::string account_type;
  std::string time_zone;  // "Europe/Berlin": JQL's date literals are in it; may change any time
};

struct ServerInfo {
  std::string base_url;
  std::string deployment_type;  // "Cloud"
  std::string version;
  int64_t server_time_ms = 0;  // for clock skew; 0 if not said
};

struct IssueQuery {
  std::string jql;         // bounded: Jira refuses a JQL without a restriction
  std::string page_token;  // lives 7 days; no cursor to keep
  int max_results = 100;   // a wish: Jira gives fewer as it likes
  std::vector<std::string> expand;
  std::vector<int64_t> reconcile_ids;  // at most 50, the same on every page
};

struct IssueHistories {
  int64_t issue_id = 0;
  std::vector<v1::History> histories;  // oldest first
};

struct IssuePage {
  std::vector<v1::Issue> issues;
  std::vector<IssueHistories> histories;  // with expand "changelog": at most the 40 newest of each issue
  std::string next_token;                 // empty on the last page
  bool is_last = false;
  std::vector<std::string> warnings;
  bool truncated = false;  // a warning says that the result isn't whole
};

struct RawIssue {
  int64_t id = 0;
  std::string key;
  std::string fields_json;  // "{}" if Jira sent none
};
struct RawPage {
  std::vector<RawIssue> issues;
  std::string next_token;
  bool is_last = false;
  std::vector<std::string> warnings;
  bool truncated = false;
};

struct FullIssue {
  v1::Issue issue;
  std::vector<v1::History> histories;  // if the changelog was asked for; bounded: see BulkChangelogs
};

struct FetchedIssues {
  std::vector<FullIssue> issues;
  // Asked for and neither there nor refused: deleted, or not visible to us. Jira doesn't tell which.
  std::vector<int64_t> missing;
  std::vector<std::pair<std::string, std::string>> errors;  // id, what Jira says
};

struct ProjectInfo {
  int64_t id = 0;
  std::string key;
  std::string name;
  bool archived = false;
};

// Of a status category's key: "new", "indeterminate", "done".
v1::StatusCategory StatusCategoryOf(std::string_view key);

struct StatusInfo {
  std::string id;
  std::string name;
  v1::StatusCategory category = v1::STATUS_CATEGORY_UNSPECIFIED;
};

struct ParsedJql {
  std::string query;
  std::vector<std::string> errors;  // empty: valid, in the caller's context
  std::vector<std::string> warnings;
};

struct WebhookSpec {
  std::vector<std::string> events;
  std::string jql_filter;
  std::vector<std::string> field_ids;  // empty: all fields
};
// In the order asked for: Jira answers 200 even if each of them failed.
struct WebhookRegistration {
  std::optional<int64_t> id;
  std::vector<std::string> errors;
};
struct RegisteredWebhook {
  int64_t id = 0;
  std::string url;
  std::string jql_filter;
  std::vector<std::string> events;
  int64_t expires_ms = 0;
};

struct AdminWebhook {
  std::string name;
  std::string url;
  std::vector<std::string> events;
  std::string jql_filter;
  std::string secret;  // never returned by Jira
};

struct Board {
  int64_t id = 0;
  std::string type;  // scrum, kanban, simple; open set
};

struct UpdatedWorklogs {
  std::vector<int64_t> ids;
  int64_t until_ms = 0;  // the next `since`; never now(): the last minute is left out
  bool last_page = false;
};

struct NewIssue {
  std::string project_key;
  std::string issue_type;
  std::string summary;
  std::string description;  // plain text; sent as ADF
  std::string priority;     // name; may be empty
  std::string assignee_account_id;
  std::string reporter_account_id;
  std::vector<std::string> labels;
  std::vector<std::pair<std::string, std::string>> fields;      // further field id -> JSON
  std::vector<std::pair<std::string, std::string>> properties;  // entity property -> JSON, set in the same call
};
struct CreatedIssue {
  int64_t id = 0;
  std::string key;
};

struct IssueProperty {
  int64_t id = 0;
  std::string key;
  std::string value_json;  // empty: the issue hasn't got it
};
struct PropertyPage {
  std::vector<IssueProperty> issues;
  std::string next_token;  // empty on the last page
};

}  // namespace tajo::jira
