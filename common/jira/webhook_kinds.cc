#include "common/jira/webhook_kinds.h"

#include <array>

#include "tajo/jira/v1/event.pb.h"

namespace tajo::jira {
namespace {

struct Entry {
  std::string_view name;
  WebhookKind kind;
};

// The catalogue of events; the commonest first.
constexpr std::array<Entry, 49> kEntries{{
    {"jira:issue_updated", {Subject::kIssue, v1::UPDATED}},
    {"jira:issue_created", {Subject::kIssue, v1::CREATED}},
    {"jira:issue_deleted", {Subject::kIssue, v1::DELETED}},
    {"comment_created", {Subject::kComment, v1::CREATED}},
    {"comment_updated", {Subject::kComment, v1::UPDATED}},
    {"comment_deleted", {Subject::kComment, v1::DELETED}},
    {"worklog_created", {Subject::kWorklog, v1::CREATED}},
    {"worklog_updated", {Subject::kWorklog, v1::UPDATED}},
    {"worklog_deleted", {Subject::kWorklog, v1::DELETED}},
    {"jira:worklog_updated", {Subject::kIssue, v1::UPDATED}},  // old, with the whole issue
    {"issue_property_set", {Subject::kProperty, v1::UPDATED}},
    {"issue_property_deleted", {Subject::kProperty, v1::DELETED}},
    {"attachment_created", {Subject::kAttachment, v1::CREATED}},
    {"attachment_deleted", {Subject::kAttachment, v1::DELETED}},
    {"issuelink_created", {Subject::kIssueLink, v1::CREATED}},
    {"issuelink_deleted", {Subject::kIssueLink, v1::DELETED}},
    {"jira:version_created", {Subject::kVersion, v1::VersionChange::KIND_CREATED}},
    {"jira:version_updated", {Subject::kVersion, v1::VersionChange::KIND_UPDATED}},
    {"jira:version_released", {Subject::kVersion, v1::VersionChange::KIND_RELEASED}},
    {"jira:version_unreleased", {Subject::kVersion, v1::VersionChange::KIND_UNRELEASED}},
    {"jira:version_merged", {Subject::kVersion, v1::VersionChange::KIND_MERGED}},
    {"jira:version_deleted", {Subject::kVersion, v1::VersionChange::KIND_DELETED}},
    {"jira:version_moved", {Subject::kVersion, v1::VersionChange::KIND_MOVED}},
    {"sprint_created", {Subject::kSprint, v1::SprintChange::KIND_CREATED}},
    {"sprint_updated", {Subject::kSprint, v1::SprintChange::KIND_UPDATED}},
    {"sprint_started", {Subject::kSprint, v1::SprintChange::KIND_STARTED}},
    {"sprint_closed", {Subject::kSprint, v1::SprintChange::KIND_CLOSED}},
    {"sprint_deleted", {Subject::kSprint, v1::SprintChange::KIND_DELETED}},
    {"project_created", {Subject::kProject, v1::ProjectChange::KIND_CREATED}},
    {"project_updated", {Subject::kProject, v1::ProjectChange::KIND_UPDATED}},
    {"project_deleted", {Subject::kProject, v1::ProjectChange::KIND_DELETED}},
    {"project_soft_deleted", {Subject::kProject, v1::ProjectChange::KIND_SOFT_DELETED}},
    {"project_restored_deleted", {Subject::kProject, v1::ProjectChange::KIND_RESTORED}},
    {"project_archived", {Subject::kProject, v1::ProjectChange::KIND_ARCHIVED}},
    {"project_restored_archived", {Subject::kProject, v1::ProjectChange::KIND_UNARCHIVED}},
    {"user_created", {Subject::kUser, v1::CREATED}},
    {"user_updated", {Subject::kUser, v1::UPDATED}},
    {"user_deleted", {Subject::kUser, v1::DELETED}},
    {"issuetype_created", {}},
    {"issuetype_updated", {}},
    {"issuetype_deleted", {}},
    {"board_created", {}},
    {"board_updated", {}},
    {"board_deleted", {}},
    {"board_configuration_changed", {}},
    {"filter_created", {}},
    {"jira_expression_evaluation_failed", {}},
    {"app_access_to_objects_blocked", {}},
    {"app_access_to_objects_in_container_blocked", {}},
}};

// Seven options of the site ("option_watching_changed") and what happens to filters.
constexpr std::array<std::string_view, 2> kPrefixes{"option_", "filter_"};

}  // namespace

std::optional<WebhookKind> KindOf(std::string_view webhook_event) {
  for (const Entry& entry : kEntries) {
    if (entry.name == webhook_event) return entry.kind;
  }
  for (const std::string_view prefix : kPrefixes) {
    if (webhook_event.substr(0, prefix.size()) == prefix) return WebhookKind{};
  }
  return std::nullopt;
}

}  // namespace tajo::jira
