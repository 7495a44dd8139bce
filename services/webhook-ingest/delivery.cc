#include "services/webhook-ingest/delivery.h"

#include <utility>

namespace tajo::ingest {
namespace {

using jira::v1::Event;
using jira::v1::IssueHint;

std::optional<IssueHint> IssueOf(const Event& event) {
  IssueHint hint;
  switch (event.body_case()) {
    case Event::kIssue:
      hint.set_issue_id(event.issue().issue().id());
      hint.set_issue_key(event.issue().issue().key());
      break;
    case Event::kComment:
      hint.set_issue_id(event.comment().issue().id());
      hint.set_issue_key(event.comment().issue().key());
      break;
    case Event::kWorklog:
      hint.set_issue_id(event.worklog().worklog().issue_id());
      break;
    case Event::kHint:
      hint = event.hint();
      break;
    case Event::kProperty:
      hint.set_issue_id(event.property().issue_id());
      break;
    case Event::kAttachment:
      hint.set_issue_id(event.attachment().issue_id());
      break;
    default:
      break;
  }
  if (hint.issue_id() == 0 && hint.issue_key().empty()) return std::nullopt;
  return hint;
}

}  // namespace

std::string DeliveryName(std::string_view identifier, std::string_view digest) {
  std::string name;
  name.reserve(identifier.size() + 1 + digest.size());
  name.append(identifier).push_back('\0');
  name.append(digest);
  return name;
}

std::optional<Event> HintOf(const jira::Normalised& delivery, int64_t received_ms) {
  for (const Event& event : delivery.events) {
    std::optional<IssueHint> issue = IssueOf(event);
    if (!issue) continue;
    Event hint;
    hint.set_source(Event::SOURCE_HINT);
    hint.set_received_ms(received_ms);
    hint.set_occurred_ms(event.occurred_ms());
    hint.set_webhook_event(delivery.webhook_event);
    *hint.mutable_hint() = *std::move(issue);
    return hint;
  }
  return std::nullopt;
}

void MarkIssuesPartial(jira::Normalised& delivery) {
  for (Event& event : delivery.events) {
    if (event.has_issue()) event.mutable_issue()->mutable_issue()->set_partial(true);
  }
}

}  // namespace tajo::ingest
