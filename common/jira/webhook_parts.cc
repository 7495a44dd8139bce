#include "common/jira/webhook_parts.h"
#include "common/base/ascii.h"

#include <utility>

namespace tajo::jira {
namespace {

// Jira lists the webhooks of one app on one site, five a user: a longer list is nobody's.
constexpr std::size_t kMaxMatchedIds = 1'000;

std::string SelfOf(JsonWalk& walk, std::string_view key, JsonValue member, std::string self) {
  return key == "self" ? walk.Text(member) : std::move(self);
}

void ReadChangelog(JsonWalk& walk, JsonValue value, WebhookParts& parts) {
  parts.has_history = walk.IsObject(value);
  ReadHistory(walk, value, &parts.history);
}

void ReadProjectPart(JsonWalk& walk, JsonValue value, WebhookParts& parts) {
  walk.Fields(value, [&](std::string_view key, JsonValue member) {
    if (key == "id") {
      parts.project_id = walk.Integer(member);
    } else if (key == "key") {
      parts.project_key = walk.Text(member);
    } else if (key == "name") {
      parts.project_name = walk.Text(member);
    } else if (key == "self") {
      parts.project_self = walk.Text(member);
    }
  });
}

void ReadLink(JsonWalk& walk, JsonValue value, WebhookParts& parts) {
  walk.Fields(value, [&](std::string_view key, JsonValue member) {
    if (key == "id") {
      parts.link.set_link_id(walk.Integer(member));
    } else if (key == "sourceIssueId") {
      parts.link.set_source_issue_id(walk.Integer(member));
    } else if (key == "destinationIssueId") {
      parts.link.set_destination_issue_id(walk.Integer(member));
    } else if (key == "issueLinkType") {
      walk.Fields(member, [&](std::string_view inner, JsonValue name) {
        if (inner == "name") parts.link.set_type_name(walk.Text(name));
      });
    }
  });
}

void ReadAttachment(JsonWalk& walk, JsonValue value, WebhookParts& parts) {
  walk.Fields(value, [&](std::string_view key, JsonValue member) {
    if (key == "id") {
      parts.attachment_id = walk.Integer(member);
    } else if (key == "author") {
      ReadUser(walk, member, &parts.attachment_author);
    } else {
      parts.other_self = SelfOf(walk, key, member, std::move(parts.other_self));
    }
  });
}

void ReadProperty(JsonWalk& walk, JsonValue value, WebhookParts& parts) {
  walk.Fields(value, [&](std::string_view key, JsonValue member) {
    if (key == "key") {
      parts.property_key = walk.Text(member);
    } else {
      parts.property_self = SelfOf(walk, key, member, std::move(parts.property_self));
    }
  });
}

// A version, or only its id.
int64_t ReadMergedTo(JsonWalk& walk, JsonValue value) {
  if (!walk.IsObject(value)) return walk.Integer(value);
  v1::Version target;
  ReadVersion(walk, value, &target);
  return target.id();
}

void ReadIssuePart(JsonWalk& walk, JsonValue value, const NormaliseOptions& options, WebhookParts& parts) {
  if (!walk.IsObject(value)) return;
  parts.has_issue = true;
  ReadIssueResult result = ReadIssue(walk, value, options.fields, &parts.issue);
  parts.issue_is_whole = result.is_whole;
  parts.issue_self = std::move(result.self);
}

}  // namespace

bool ReadParts(JsonWalk& walk, JsonValue root, const NormaliseOptions& options, WebhookParts& parts) {
  return walk.Fields(root, [&](std::string_view key, JsonValue member) {
    if (key == "webhookEvent") {
      parts.webhook_event = walk.Text(member);
    } else if (key == "issue_event_type_name") {
      parts.issue_event_type = walk.Text(member);
    } else if (key == "timestamp") {
      parts.timestamp_ms = walk.Time(member);
    } else if (key == "matchedWebhookIds") {
      walk.Items(member, [&](JsonValue id) {
        std::vector<int64_t>& ids = parts.matched_webhook_ids;
        if (ids.size() < kMaxMatchedIds) ids.push_back(walk.Integer(id));
      });
    } else if (key == "user") {
      ReadUser(walk, member, &parts.user, &parts.user_self);
    } else if (key == "issue") {
      ReadIssuePart(walk, member, options, parts);
    } else if (key == "changelog") {
      ReadChangelog(walk, member, parts);
    } else if (key == "comment") {
      parts.has_comment = walk.IsObject(member);
      parts.comment_links = ReadComment(walk, member, options.max_text_bytes, &parts.comment);
    } else if (key == "worklog") {
      parts.has_worklog = walk.IsObject(member);
      parts.worklog_links = ReadWorklog(walk, member, options.max_text_bytes, &parts.worklog);
    } else if (key == "version") {
      parts.version_self = ReadVersion(walk, member, &parts.version);
    } else if (key == "mergedTo") {
      parts.merged_to = ReadMergedTo(walk, member);
    } else if (key == "sprint") {
      parts.sprint_self = ReadSprint(walk, member, &parts.sprint);
    } else if (key == "project") {
      ReadProjectPart(walk, member, parts);
    } else if (key == "issueLink") {
      ReadLink(walk, member, parts);
    } else if (key == "attachment") {
      ReadAttachment(walk, member, parts);
    } else if (key == "property") {
      ReadProperty(walk, member, parts);
    } else if (key == "board" || key == "filter" || key == "issuetype") {
      walk.Fields(member, [&](std::string_view inner, JsonValue self) {
        parts.other_self = SelfOf(walk, inner, self, std::move(parts.other_self));
      });
    }
  });
}

void SiteOf(std::string_view link, std::string& host, std::string& cloud_id) {
  const std::size_t scheme = link.find("://");
  if (scheme > 8) return;  // npos too
  const std::string_view rest = link.substr(scheme + 3);
  const std::size_t slash = rest.find('/');
  std::string_view authority = rest.substr(0, slash);
  if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos) authority.remove_prefix(at + 1);
  if (authority.empty() || authority.size() > 255) return;
  constexpr std::string_view kGateway = "/ex/jira/";
  const std::string_view path = slash == std::string_view::npos ? std::string_view() : rest.substr(slash);
  if (path.substr(0, kGateway.size()) == kGateway) {
    const std::string_view id = path.substr(kGateway.size());
    cloud_id = std::string(id.substr(0, id.find('/')));
    return;
  }
  host = base::LowerCase(authority);
}

}  // namespace tajo::jira
