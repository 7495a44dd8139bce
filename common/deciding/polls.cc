#include "common/deciding/polls.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string_view>

namespace tajo::deciding {
namespace {

using jira::v1::Event;
using jira::v1::Sprint;
using jira::v1::SprintChange;
using jira::v1::Version;

constexpr int64_t kSeldom = 8;
constexpr int64_t kPointsAnHour = 6'500;  // a tenth of what Jira gives an app
constexpr int64_t kHourMs = 3'600'000;

// "r2026-11-27 SUPPORT": released with that date. 'u': was, and isn't now.
std::string VersionState(char state, const std::string& date, const std::string& project_key) {
  return fmt::format("{}{} {}", state, date, project_key);
}
std::string_view DateIn(const std::string& state) {
  const std::string_view rest = std::string_view(state).substr(1);
  return rest.substr(0, rest.find(' '));
}
std::string_view ProjectIn(const std::string& state) {
  const std::size_t blank = state.find(' ');
  return blank == std::string::npos ? std::string_view() : std::string_view(state).substr(blank + 1);
}
bool IsId(const std::string& field) {
  return field.find(':') == std::string::npos;
}

Event Found(int64_t now_ms) {
  Event event;
  event.set_source(Event::SOURCE_INCREMENTAL);
  event.set_received_ms(now_ms);
  event.set_occurred_ms(now_ms);
  return event;
}

Event Release(const Version& version, int64_t now_ms) {
  Event event = Found(now_ms);
  event.mutable_version()->set_kind(jira::v1::VersionChange::KIND_RELEASED);
  *event.mutable_version()->mutable_version() = version;
  return event;
}

Event SprintEventOf(const Sprint& sprint, SprintChange::Kind kind, int64_t now_ms) {
  Event event = Found(now_ms);
  event.mutable_sprint()->set_kind(kind);
  *event.mutable_sprint()->mutable_sprint() = sprint;
  // One that has ended already began as an active one.
  event.mutable_sprint()->mutable_sprint()->set_state(kind == SprintChange::KIND_CLOSED ? "closed" : "active");
  return event;
}

std::string SprintState(const Sprint& sprint) {
  return sprint.state() == "closed" ? fmt::format("c{}", sprint.complete_ms()) : "a";
}

}  // namespace

Findings CompareVersions(const Seen& seen, const std::string& project_key, const std::vector<Version>& released,
                         int64_t now_ms) {
  Findings findings;
  const std::string mark = "p:" + project_key;
  const bool first = !seen.contains(mark);
  if (first) findings.seen[mark] = "1";
  std::set<std::string> there;
  for (const Version& version : released) {
    const std::string field = std::to_string(version.id());
    const std::string state = VersionState('r', version.release_date(), project_key);
    there.insert(field);
    const auto before = seen.find(field);
    if (before != seen.end() && before->second == state) continue;
    findings.seen[field] = state;
    const bool known =
        before != seen.end() && (before->second.front() == 'r' || DateIn(before->second) == version.release_date());
    if (!first && !known) findings.events.push_back(Release(version, now_ms));
  }
  for (const auto& [field, state] : seen) {
    if (!IsId(field) || state.front() != 'r' || ProjectIn(state) != project_key || there.contains(field)) continue;
    findings.seen[field] = VersionState('u', std::string(DateIn(state)), project_key);
  }
  return findings;
}

std::vector<std::string> ForgottenVersions(const Seen& seen, const std::vector<std::string>& project_keys) {
  const std::set<std::string, std::less<>> keys(project_keys.begin(), project_keys.end());
  std::vector<std::string> gone;
  for (const auto& [field, state] : seen) {
    const std::string_view project = IsId(field) ? ProjectIn(state) : std::string_view(field).substr(2);
    if (!keys.contains(project)) gone.push_back(field);
  }
  return gone;
}

Findings CompareSprints(const Seen& seen, int64_t board_id, const std::vector<Sprint>& sprints, int64_t since_ms,
                        int64_t now_ms) {
  Findings findings;
  const std::string mark = fmt::format("b:{}", board_id);
  const bool first = !seen.contains(mark);
  if (first) findings.seen[mark] = "1";
  for (const Sprint& sprint : sprints) {
    const bool closed = sprint.state() == "closed";
    if (!closed && sprint.state() != "active") continue;
    const std::string field = std::to_string(sprint.id());
    const std::string state = SprintState(sprint);
    const auto before = seen.find(field);
    if (before != seen.end() && before->second == state) continue;
    findings.seen[field] = state;
    const bool unseen = before == seen.end();
    // Only the end is Jira's own time; a start may be set to any day.
    const bool began = unseen && ((!closed && !first) || sprint.start_ms() >= since_ms);
    const bool ended = closed && (!unseen || sprint.complete_ms() >= since_ms);
    if (began) findings.events.push_back(SprintEventOf(sprint, SprintChange::KIND_STARTED, now_ms));
    if (ended) findings.events.push_back(SprintEventOf(sprint, SprintChange::KIND_CLOSED, now_ms));
  }
  return findings;
}

std::vector<int64_t> EndedSprints(const Seen& seen, const std::vector<Sprint>& active) {
  std::set<std::string> there;
  for (const Sprint& sprint : active) there.insert(std::to_string(sprint.id()));
  std::vector<int64_t> ended;
  for (const auto& [field, state] : seen) {
    if (!IsId(field) || state != "a" || there.contains(field)) continue;
    ended.push_back(std::strtoll(field.c_str(), nullptr, 10));
  }
  return ended;
}

std::vector<Event> NewWorklogs(const std::vector<jira::v1::Worklog>& worklogs, int64_t since_ms, int64_t now_ms) {
  std::vector<Event> events;
  for (const auto& worklog : worklogs) {
    if (worklog.issue_id() == 0 || worklog.created_ms() < since_ms) continue;
    Event& event = events.emplace_back(Found(now_ms));
    event.mutable_worklog()->set_kind(jira::v1::CREATED);
    *event.mutable_worklog()->mutable_worklog() = worklog;
  }
  return events;
}

int64_t NextLook(int64_t last_ms, int64_t interval_ms, int64_t last_webhook_ms, int64_t cost, int64_t now_ms) {
  const bool webhooks_come = last_webhook_ms != 0 && now_ms - last_webhook_ms <= kSeldom * interval_ms;
  const int64_t wait = webhooks_come ? kSeldom * interval_ms : interval_ms;
  return last_ms + std::max(wait, cost * kHourMs / kPointsAnHour);
}

}  // namespace tajo::deciding
