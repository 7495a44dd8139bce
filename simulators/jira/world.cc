#include "simulators/jira/world.h"

#include <algorithm>
#include <charconv>

#include "common/base/ascii.h"
#include "simulators/jira/seeding.h"

namespace tajo::jira_sim {
namespace {

std::optional<int64_t> ParseNumber(std::string_view text) {
  int64_t number = 0;
  const auto end = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || end.ec != std::errc() || end.ptr != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace

World::World(const WorldOptions& options)
    : seed_(options.seed),
      seeded_until_(options.now),
      seeded_(options.issues),
      people_(options.seed, options.customers, options.caller_email) {
  Seeding::AddProjects(*this, options.projects);
  Seeding::AddVersionsAndSprints(*this);
  const Seeding seeding(*this);
  issues_.reserve(options.issues + options.issues / 8 + 1024);
  for (IssueIndex index = 0; index < options.issues; ++index) {
    IssueRow row = seeding.Row(index);
    Project& project = projects_[row.project];
    project.by_number.push_back(index);
    row.number = static_cast<uint32_t>(project.by_number.size());
    issues_.push_back(row);
  }
}

std::string World::Key(const IssueRow& row) const {
  return projects_[row.project].key + '-' + std::to_string(row.number);
}

std::optional<IssueIndex> World::FindId(int64_t id) const {
  const int64_t index = id - kFirstIssueId;
  if (index < 0 || index >= static_cast<int64_t>(issues_.size())) return std::nullopt;
  if (!IsVisible(issues_[static_cast<std::size_t>(index)])) return std::nullopt;
  return static_cast<IssueIndex>(index);
}

std::optional<IssueIndex> World::Find(std::string_view id_or_key) const {
  if (const auto id = ParseNumber(id_or_key)) return FindId(*id);
  const std::size_t dash = id_or_key.rfind('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const auto number = ParseNumber(id_or_key.substr(dash + 1));
  const auto project = FindProject(id_or_key.substr(0, dash));
  if (!number || !project || ParseNumber(id_or_key.substr(0, dash))) return std::nullopt;
  const auto& numbers = projects_[*project].by_number;
  if (*number < 1 || *number > static_cast<int64_t>(numbers.size())) return std::nullopt;
  const IssueIndex index = numbers[static_cast<std::size_t>(*number - 1)];
  if (!IsVisible(issues_[index])) return std::nullopt;
  return index;
}

bool World::ShowProject(std::string_view key, bool visible) {
  for (std::size_t i = 0; i < projects_.size(); ++i) {
    if (projects_[i].key != key) continue;
    if (visible) {
      hidden_projects_.erase(static_cast<uint8_t>(i));
    } else {
      hidden_projects_.insert(static_cast<uint8_t>(i));
    }
    return true;
  }
  return false;
}

bool World::ShowIssue(int64_t id, bool visible) {
  const int64_t index = id - kFirstIssueId;
  if (index < 0 || index >= static_cast<int64_t>(issues_.size())) return false;
  IssueRow& row = issues_[static_cast<std::size_t>(index)];
  row.secured = true;
  row.hidden = !visible;
  return true;
}

std::optional<uint8_t> World::FindProject(std::string_view id_or_key) const {
  const auto id = ParseNumber(id_or_key);
  for (std::size_t i = 0; i < projects_.size(); ++i) {
    const bool named = id ? projects_[i].id == *id : base::EqualsIgnoringCase(projects_[i].key, id_or_key);
    if (named && IsVisible(static_cast<uint8_t>(i))) return static_cast<uint8_t>(i);
  }
  return std::nullopt;
}

std::optional<uint32_t> World::FindVersion(int64_t id) const {
  for (std::size_t i = 0; i < versions_.size(); ++i) {
    if (versions_[i].id == id) return static_cast<uint32_t>(i);
  }
  return std::nullopt;
}

std::optional<uint32_t> World::FindSprint(int64_t id) const {
  for (std::size_t i = 0; i < sprints_.size(); ++i) {
    if (sprints_[i].id == id) return static_cast<uint32_t>(i);
  }
  return std::nullopt;
}

const IssueExtras* World::Extras(IssueIndex index) const {
  const auto found = extras_.find(index);
  return found == extras_.end() ? nullptr : &found->second;
}

std::vector<History> World::Histories(IssueIndex index) const {
  std::vector<History> out;
  if (IsSeeded(index)) out = Seeding(*this).Histories(index);
  if (const IssueExtras* extras = Extras(index)) {
    out.insert(out.end(), extras->histories.begin(), extras->histories.end());
  }
  return out;
}

std::vector<Comment> World::Comments(IssueIndex index) const {
  std::vector<Comment> out;
  if (IsSeeded(index)) out = Seeding(*this).Comments(index);
  const IssueExtras* extras = Extras(index);
  if (extras == nullptr) return out;
  for (const Comment& live : extras->comments) {
    const auto edited = std::find_if(out.begin(), out.end(), [&](const Comment& c) { return c.id == live.id; });
    if (edited != out.end()) {
      *edited = live;
    } else {
      out.push_back(live);
    }
  }
  std::erase_if(out, [&](const Comment& comment) {
    return std::find(extras->removed_comments.begin(), extras->removed_comments.end(), comment.id) !=
           extras->removed_comments.end();
  });
  return out;
}

std::size_t World::CommentCount(IssueIndex index) const {
  if (Extras(index) != nullptr) return Comments(index).size();
  return IsSeeded(index) ? Seeding(*this).CommentCount(index) : 0;
}

std::vector<Worklog> World::Worklogs(IssueIndex index) const {
  std::vector<Worklog> out;
  if (IsSeeded(index)) out = Seeding(*this).Worklogs(index);
  if (const IssueExtras* extras = Extras(index)) {
    out.insert(out.end(), extras->worklogs.begin(), extras->worklogs.end());
  }
  return out;
}

const std::vector<std::pair<Millis, int64_t>>& World::WorklogLog() {
  if (!worklog_log_made_) {
    worklog_log_made_ = true;
    for (IssueIndex index = 0; index < issues_.size(); ++index) {
      if (issues_[index].spent_seconds == 0 || issues_[index].deleted) continue;
      for (const Worklog& worklog : Worklogs(index)) worklog_log_.emplace_back(worklog.updated, worklog.id);
    }
    std::sort(worklog_log_.begin(), worklog_log_.end());
  }
  return worklog_log_;
}

std::optional<Worklog> World::FindWorklog(int64_t id) const {
  IssueIndex index = kAbsent;
  if (const auto live = live_worklogs_.find(id); live != live_worklogs_.end()) {
    index = live->second;
  } else {
    const int64_t seeded = (id - Seeding::kFirstWorklogId) / Seeding::kIdsPerIssue;
    if (id < Seeding::kFirstWorklogId || seeded >= seeded_) return std::nullopt;
    index = static_cast<IssueIndex>(seeded);
  }
  if (issues_[index].deleted) return std::nullopt;
  for (Worklog& worklog : Worklogs(index)) {
    if (worklog.id == id) return std::move(worklog);
  }
  return std::nullopt;
}

std::string World::Summary(IssueIndex index) const {
  if (const IssueExtras* extras = Extras(index); extras != nullptr && extras->summary) return *extras->summary;
  return Seeding(*this).Summary(index);
}

std::string World::Description(IssueIndex index) const {
  if (const IssueExtras* extras = Extras(index); extras != nullptr && extras->description) return *extras->description;
  return Seeding(*this).Description(index);
}

IssueIndex World::AddIssue(IssueRow row) {
  const auto index = static_cast<IssueIndex>(issues_.size());
  Project& project = projects_[row.project];
  project.by_number.push_back(index);
  row.number = static_cast<uint32_t>(project.by_number.size());
  issues_.push_back(row);
  return index;
}

void World::Rekey(IssueIndex index, uint8_t project) {
  IssueRow& row = issues_[index];
  row.project = project;
  projects_[project].by_number.push_back(index);
  row.number = static_cast<uint32_t>(projects_[project].by_number.size());
}

Worklog World::AddWorklog(IssueIndex issue, Worklog worklog) {
  WorklogLog();
  worklog.id = next_worklog_id_++;
  worklog.issue = issue;
  extras_[issue].worklogs.push_back(worklog);
  live_worklogs_.emplace(worklog.id, issue);
  worklog_log_.emplace_back(worklog.updated, worklog.id);
  return worklog;
}

}  // namespace tajo::jira_sim
