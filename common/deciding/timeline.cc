#include "common/deciding/timeline.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <string_view>

#include "common/crypto/digest.h"
#include "common/json/time.h"

namespace tajo::deciding {
namespace {

using jira::v1::FieldChange;
using jira::v1::History;
using jira::v1::OutboxEvent;
using Json = nlohmann::json;

constexpr std::size_t kSummaryCharacters = 255;
constexpr std::size_t kValueCharacters = 255;
constexpr std::size_t kProjectsInSnapshot = 50;  // the busiest

// Parts are joined by a byte that none of them can hold.
std::string Uid(std::string_view name, const store::ContactId& contact, std::string_view source_id) {
  const auto digest = crypto::Sha256(fmt::format("{}\x1f{}\x1f{}", name, contact.Hex(), source_id));
  return {digest.begin(), digest.end()};
}

Json IssueProperties(const Subject& subject) {
  Json properties = {{"issue_key", subject.issue_key},
                     {"issue_id", std::to_string(subject.issue_id)},
                     {"project_key", subject.project_key}};
  const auto add = [&properties](const char* key, const std::string& value) {
    if (!value.empty()) properties[key] = value;
  };
  add("issue_type", subject.issue_type);
  add("summary", Shortened(subject.summary, kSummaryCharacters));
  add("status", subject.status);
  add("priority", subject.priority);
  return properties;
}

OutboxEvent Make(std::string_view name, const Subject& subject, std::string_view source_id, int64_t event_ms,
                 Json properties) {
  OutboxEvent event;
  event.set_uid(Uid(name, subject.contact, source_id));
  event.set_contact(subject.contact.Bytes());
  event.set_name(std::string(name));
  event.set_event_ms(event_ms);
  event.set_source_ms(event_ms);
  event.set_issue_id(subject.issue_id);
  properties["uid"] = crypto::Hex(event.uid());
  event.set_properties_json(properties.dump(-1, ' ', false, Json::error_handler_t::replace));
  return event;
}

// Fields whose change is worth a `jira_issue_updated`, under the name the event gives them.
const std::map<std::string, std::string, std::less<>>& PlainFields() {
  static const auto& fields = *new std::map<std::string, std::string, std::less<>>{
      {"priority", "priority"},       {"issuetype", "issue_type"}, {"summary", "summary"}, {"duedate", "due_date"},
      {"Fix Version", "fix_version"}, {"Sprint", "sprint"},        {"Key", "issue_key"},
  };
  return fields;
}

std::string ChangeSource(const History& history, const FieldChange& change) {
  const auto values = crypto::Sha256(
      fmt::format("{}\x1f{}\x1f{}\x1f{}", change.from_id(), change.from_text(), change.to_id(), change.to_text()));
  return fmt::format("{}\x1f{}\x1f{}", history.id(), change.field(),
                     crypto::Hex(std::string(values.begin(), values.end())));
}

}  // namespace

Subject SubjectOf(const jira::v1::Issue& issue, store::ContactId contact) {
  return {contact,         issue.id(),     issue.key(),     issue.project_key(), issue.issue_type(),
          issue.summary(), issue.status(), issue.priority()};
}

OutboxEvent CreatedEvent(const Subject& subject, int64_t created_ms) {
  return Make("jira_issue_created", subject, std::to_string(subject.issue_id), created_ms, IssueProperties(subject));
}

OutboxEvent DeletedEvent(const Subject& subject, int64_t deleted_ms) {
  return Make("jira_issue_deleted", subject, std::to_string(subject.issue_id), deleted_ms, IssueProperties(subject));
}

std::vector<OutboxEvent> HistoryEvents(const Subject& subject, const History& history) {
  std::vector<OutboxEvent> events;
  for (const FieldChange& change : history.changes()) {
    if (change.from_id() == change.to_id() && change.from_text() == change.to_text()) continue;
    Json properties = IssueProperties(subject);
    const std::string from = Shortened(change.from_text(), kValueCharacters);
    const std::string to = Shortened(change.to_text(), kValueCharacters);
    std::string_view name;
    if (change.field() == "status") {
      name = "jira_issue_status_changed";
      properties["from_status"] = from;
      properties["to_status"] = to;
    } else if (change.field() == "resolution") {
      // Taking a resolution back is no resolution: the status change tells it.
      if (to.empty()) continue;
      name = "jira_issue_resolved";
      properties["resolution"] = to;
    } else if (change.field() == "assignee") {
      // Names of the company's people stay in Jira: only whether somebody has it.
      name = "jira_issue_assigned";
      properties["assigned"] = !change.to_id().empty() || !to.empty();
    } else if (const auto plain = PlainFields().find(change.field()); plain != PlainFields().end()) {
      name = "jira_issue_updated";
      properties["field"] = plain->second;
      properties["from"] = from;
      properties["to"] = to;
    } else {
      continue;
    }
    properties["changed_at"] = json::FormatIso8601(history.created_ms());
    events.push_back(Make(name, subject, ChangeSource(history, change), history.created_ms(), std::move(properties)));
  }
  return events;
}

OutboxEvent CommentEvent(const Subject& subject, const jira::v1::Comment& comment, const Rules& rules,
                         const std::string& customer_account_id) {
  Json properties = IssueProperties(subject);
  properties["comment_id"] = comment.id();
  properties["comment"] =
      Shortened(comment.text(), static_cast<std::size_t>(rules.Config().comments().max_characters()));
  properties["by_customer"] =
      !customer_account_id.empty() && comment.author().account_id() == customer_account_id ? "yes" : "no";
  return Make("jira_comment_added", subject, comment.id(), comment.created_ms(), std::move(properties));
}

OutboxEvent WorklogEvent(const Subject& subject, const jira::v1::Worklog& worklog) {
  Json properties = IssueProperties(subject);
  properties["worklog_id"] = worklog.id();
  properties["time_spent_seconds"] = worklog.time_spent_s();
  return Make("jira_worklog_added", subject, worklog.id(), worklog.created_ms(), std::move(properties));
}

OutboxEvent VersionReleasedEvent(const Subject& subject, const jira::v1::Version& version, int64_t released_ms) {
  Json properties = IssueProperties(subject);
  properties["version_id"] = std::to_string(version.id());
  properties["version"] = version.name();
  if (!version.release_date().empty()) properties["release_date"] = version.release_date();
  // A customer with several settled tickets hears of the release once.
  return Make("jira_version_released", subject, fmt::format("{}\x1f{}", version.id(), version.release_date()),
              released_ms, std::move(properties));
}

OutboxEvent SprintEvent(const Subject& subject, const jira::v1::Sprint& sprint, int64_t changed_ms) {
  const bool completed = sprint.state() == "closed";
  Json properties = IssueProperties(subject);
  properties["sprint_id"] = std::to_string(sprint.id());
  properties["sprint"] = sprint.name();
  const int64_t date = completed ? sprint.complete_ms() : sprint.start_ms();
  return Make(completed ? "jira_sprint_completed" : "jira_sprint_started", subject,
              fmt::format("{}\x1f{}\x1f{}", sprint.id(), sprint.state(), date), changed_ms, std::move(properties));
}

OutboxEvent CapacityEvent(const store::ContactId& lead, const std::string& site_url, const std::string& day,
                          const store::Capacity& capacity, int64_t now_ms) {
  store::Workload total;
  int64_t unassigned = 0;
  std::map<uint64_t, int64_t> by_assignee;
  std::map<int64_t, int64_t> by_project;
  for (const store::Workload& work : capacity.workloads) {
    total.open_issues += work.open_issues;
    total.original_estimate_min += work.original_estimate_min;
    total.remaining_estimate_min += work.remaining_estimate_min;
    total.time_spent_min += work.time_spent_min;
    total.story_points_x10 += work.story_points_x10;
    by_project[work.project_id] += work.open_issues;
    if (work.assignee_hash == 0) unassigned += work.open_issues;
    if (work.assignee_hash != 0) by_assignee[work.assignee_hash] += work.open_issues;
  }
  int64_t most = 0;
  for (const auto& [assignee, open] : by_assignee) most = std::max(most, open);
  const auto hours = [](int64_t minutes) { return static_cast<double>(minutes * 10 / 60) / 10; };
  Json properties = {{"day", day},
                     {"open_issues", total.open_issues},
                     {"unassigned_issues", unassigned},
                     {"assignees", by_assignee.size()},
                     {"most_of_one_assignee", most},
                     {"projects", by_project.size()},
                     {"original_estimate_hours", hours(total.original_estimate_min)},
                     {"remaining_estimate_hours", hours(total.remaining_estimate_min)},
                     {"time_spent_hours", hours(total.time_spent_min)},
                     {"story_points", static_cast<double>(total.story_points_x10) / 10}};
  std::vector<std::pair<int64_t, std::string>> projects;
  for (const auto& [id, open] : by_project) {
    if (const auto key = capacity.project_keys.find(id); key != capacity.project_keys.end()) {
      projects.emplace_back(open, key->second);
    }
  }
  std::sort(projects.rbegin(), projects.rend());
  projects.resize(std::min(projects.size(), kProjectsInSnapshot));
  for (const auto& [open, key] : projects) properties["open_issues_" + key] = open;
  Subject subject;
  subject.contact = lead;
  return Make("jira_capacity_snapshot", subject, fmt::format("{}\x1f{}", site_url, day), now_ms, std::move(properties));
}

std::string Shortened(const std::string& text, std::size_t max_characters) {
  std::size_t characters = 0;
  std::size_t cut = 0;  // where the last character that leaves room for the ellipsis ends
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool starts_character = (static_cast<unsigned char>(text[i]) & 0xc0) != 0x80;
    if (!starts_character) continue;
    if (characters + 1 == max_characters) cut = i;
    if (++characters > max_characters) return text.substr(0, cut) + "…";
  }
  return text;
}

}  // namespace tajo::deciding
