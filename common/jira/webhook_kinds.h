#pragma once

#include <optional>
#include <string_view>

namespace tajo::jira {

// What a webhook is about; kNobody for documented kinds that concern no ticket, user or milestone.
enum class Subject {
  kIssue,
  kComment,
  kWorklog,
  kVersion,
  kSprint,
  kProject,
  kUser,
  kIssueLink,
  kAttachment,
  kProperty,
  kNobody,
};

struct WebhookKind {
  Subject subject = Subject::kNobody;
  int change = 0;  // of the subject's own enum: v1::ChangeKind, VersionChange::Kind, ...
};

// Nothing for a name that Jira doesn't document.
std::optional<WebhookKind> KindOf(std::string_view webhook_event);

}  // namespace tajo::jira
