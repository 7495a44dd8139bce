#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/jira/shapes.h"
#include "common/jira/webhook.h"

// Only for .cc files of this folder.
namespace tajo::jira {

// What stands in a webhook's body, whatever its kind; the order of its members doesn't matter.
struct WebhookParts {
  std::string webhook_event;
  std::string issue_event_type;
  int64_t timestamp_ms = 0;
  std::vector<int64_t> matched_webhook_ids;

  v1::User user;  // who did it; in user_* events whom it was done to
  std::string user_self;

  bool has_issue = false;
  bool issue_is_whole = false;
  v1::Issue issue;
  std::string issue_self;
  bool has_history = false;
  v1::History history;

  bool has_comment = false;
  v1::Comment comment;
  ReadAuthored comment_links;

  bool has_worklog = false;
  v1::Worklog worklog;
  ReadAuthored worklog_links;

  v1::Version version;
  std::string version_self;
  int64_t merged_to = 0;

  v1::Sprint sprint;
  std::string sprint_self;

  int64_t project_id = 0;
  std::string project_key;
  std::string project_name;
  std::string project_self;

  v1::IssueLinkChange link;
  int64_t attachment_id = 0;
  v1::User attachment_author;
  std::string property_key;
  std::string property_self;
  std::string other_self;  // of an attachment, board, ...
};

// False if the body isn't an object.
bool ReadParts(JsonWalk& walk, JsonValue root, const NormaliseOptions& options, WebhookParts& parts);

// The site that a link leads to: its host (and port), or the cloud id behind api.atlassian.com/ex/jira.
// Leaves both as they are for what isn't a link ("/rest/api/2/10357").
void SiteOf(std::string_view link, std::string& host, std::string& cloud_id);

}  // namespace tajo::jira
