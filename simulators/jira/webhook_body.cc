#include "simulators/jira/webhook_body.h"

#include <array>

#include "simulators/jira/issue_json.h"

namespace tajo::jira_sim {
namespace {

using Kind = Happening::Kind;

constexpr std::array<std::string_view, 12> kEvents{
    "jira:issue_created",     "jira:issue_updated",    "jira:issue_deleted", "comment_created",
    "comment_updated",        "comment_deleted",       "worklog_created",    "issue_property_set",
    "issue_property_deleted", "jira:version_released", "sprint_started",     "sprint_closed"};

const IssueView& WholeIssue() {
  static const IssueView view = MakeView({"*all", "-comment", "-worklog", "-statusCategory"}, "*all");
  return view;
}

// What comments carry of their issue: no reporter.
const IssueView& SomeOfIssue() {
  static const IssueView view = MakeView({"summary", "issuetype", "project", "assignee", "priority", "status"}, "*all");
  return view;
}

}  // namespace

std::string_view WebhookEvent(const Happening& happening) {
  return kEvents[static_cast<std::size_t>(happening.kind)];
}

bool IsAboutIssue(const Happening& happening) {
  return happening.issue != kAbsent;
}

std::string OpenWebhookBody(const World& world, const Happening& happening, const std::string& site, const Zone& zone) {
  const Style style{.base = site, .api = 2, .zone = &zone};
  const bool issue_event = happening.kind <= Kind::kIssueDeleted;
  std::string body;
  JsonWriter json(body);
  json.BeginObject().Key("timestamp").Int(happening.time).Key("webhookEvent").String(WebhookEvent(happening));
  if (issue_event) {
    // Absent when the issue is deleted.
    if (happening.kind != Kind::kIssueDeleted) json.Key("issue_event_type_name").String(happening.type_name);
    if (happening.actor != kAbsent) {
      Style actor = style;
      actor.without_email = true;
      json.Key("user");
      WritePerson(json, world, happening.actor, actor);
    }
    json.Key("issue");
    WriteIssue(json, world, happening.issue, happening.row, WholeIssue(), style);
    if (happening.history) {
      json.Key("changelog").BeginObject().Key("id").Id(happening.history->id).Key("items");
      WriteHistoryItems(json, happening.history->items, Medium::kWebhook);
      json.EndObject();
    }
    if (happening.comment) {
      json.Key("comment");
      WriteComment(json, world, happening.issue, *happening.comment, style, false);
    }
    return body;
  }
  switch (happening.kind) {
    case Kind::kCommentCreated:
    case Kind::kCommentUpdated:
    case Kind::kCommentDeleted:
      json.Key("comment");
      WriteComment(json, world, happening.issue, *happening.comment, style, false);
      json.Key("issue");
      WriteIssue(json, world, happening.issue, happening.row, SomeOfIssue(), style);
      json.Key("eventType").String("primaryAction");
      break;
    case Kind::kWorklogCreated:
      json.Key("worklog");
      WriteWorklog(json, world, *happening.worklog, style);
      break;
    case Kind::kPropertySet:
    case Kind::kPropertyDeleted:
      json.Key("property").BeginObject().Key("key").String(happening.property).EndObject().Key("issue");
      WriteIssue(json, world, happening.issue, happening.row, SomeOfIssue(), style);
      break;
    case Kind::kVersionReleased:
      json.Key("version");
      WriteVersion(json, world, world.Versions()[happening.version], happening.time, style);
      break;
    default:
      json.Key("sprint");
      WriteSprint(json, world.Sprints()[happening.sprint], style);
      break;
  }
  return body;
}

}  // namespace tajo::jira_sim
