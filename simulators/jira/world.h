#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "simulators/jira/model.h"
#include "simulators/jira/people.h"

namespace tajo::jira_sim {

struct WorldOptions {
  uint64_t seed = 1;
  uint32_t issues = 5000;
  uint32_t customers = 1000;
  std::vector<std::string> projects{"SUPPORT", "PRODUCT"};
  std::string caller_email = "ops@example.com";
  Millis now = 0;  // the seeded two years end here
};

// What happened to an issue after the seed; most issues have none.
struct IssueExtras {
  std::vector<History> histories;
  std::vector<Comment> comments;  // live ones, and seeded ones that were edited
  std::vector<int64_t> removed_comments;
  std::vector<Worklog> worklogs;
  std::map<std::string, std::string> properties;  // key → JSON
  std::optional<std::string> summary;
  std::optional<std::string> description;  // plain text
};

// All that the site holds, in memory; owned and touched by one thread. It answers what is, and lets
// Changes alter it; it knows no HTTP.
class World {
 public:
  explicit World(const WorldOptions& options);

  const People& Persons() const { return people_; }
  People& MutablePersons() { return people_; }
  uint32_t IssueCount() const { return static_cast<uint32_t>(issues_.size()); }  // deleted ones included
  const IssueRow& Issue(IssueIndex index) const { return issues_[index]; }
  IssueRow& Mutable(IssueIndex index) { return issues_[index]; }
  static int64_t IssueId(IssueIndex index) { return kFirstIssueId + index; }
  std::string Key(const IssueRow& row) const;

  // By id or key, an old key of a moved issue too; what is deleted or hidden from the caller isn't found.
  std::optional<IssueIndex> Find(std::string_view id_or_key) const;
  std::optional<IssueIndex> FindId(int64_t id) const;

  const std::vector<Project>& Projects() const { return projects_; }
  std::optional<uint8_t> FindProject(std::string_view id_or_key) const;  // not what is hidden
  bool IsVisible(const IssueRow& row) const { return !row.deleted && !row.hidden && IsVisible(row.project); }
  bool IsVisible(uint8_t project) const { return !hidden_projects_.contains(project); }
  // The caller loses or gets back the permission to browse it; no other trace, no webhook.
  bool ShowProject(std::string_view key, bool visible);
  bool ShowIssue(int64_t id, bool visible);  // by a security level, which it keeps
  const std::vector<Version>& Versions() const { return versions_; }
  std::vector<Version>& MutableVersions() { return versions_; }
  std::optional<uint32_t> FindVersion(int64_t id) const;
  const std::vector<Sprint>& Sprints() const { return sprints_; }
  std::vector<Sprint>& MutableSprints() { return sprints_; }
  std::optional<uint32_t> FindSprint(int64_t id) const;
  static int64_t BoardId(uint8_t project) { return 1 + project; }

  const IssueExtras* Extras(IssueIndex index) const;
  IssueExtras& MutableExtras(IssueIndex index) { return extras_[index]; }

  // All of it, seeded and live, oldest first.
  std::vector<History> Histories(IssueIndex index) const;
  std::vector<Comment> Comments(IssueIndex index) const;
  std::vector<Worklog> Worklogs(IssueIndex index) const;
  std::size_t CommentCount(IssueIndex index) const;
  // Every worklog of the site as (updated, id), oldest first.
  const std::vector<std::pair<Millis, int64_t>>& WorklogLog();
  std::optional<Worklog> FindWorklog(int64_t id) const;
  std::string Summary(IssueIndex index) const;
  std::string Description(IssueIndex index) const;  // may be empty

  // Adds an issue with the next number of its project.
  IssueIndex AddIssue(IssueRow row);
  // Gives it a number in another project; its old key keeps leading to it.
  void Rekey(IssueIndex index, uint8_t project);
  Worklog AddWorklog(IssueIndex issue, Worklog worklog);
  int64_t NextHistoryId() { return next_history_id_++; }
  int64_t NextCommentId() { return next_comment_id_++; }

  bool IsSeeded(IssueIndex index) const { return index < seeded_; }

 private:
  static constexpr int64_t kFirstIssueId = 10'001;

  friend class Seeding;

  uint64_t seed_;
  Millis seeded_until_;
  uint32_t seeded_ = 0;
  People people_;
  std::vector<Project> projects_;
  std::set<uint8_t> hidden_projects_;
  std::vector<Version> versions_;
  std::vector<Sprint> sprints_;
  std::vector<IssueRow> issues_;
  std::unordered_map<IssueIndex, IssueExtras> extras_;
  std::vector<std::pair<Millis, int64_t>> worklog_log_;
  bool worklog_log_made_ = false;
  std::unordered_map<int64_t, IssueIndex> live_worklogs_;
  int64_t next_history_id_ = 900'000'001;
  int64_t next_comment_id_ = 900'000'001;
  int64_t next_worklog_id_ = 900'000'001;
};

}  // namespace tajo::jira_sim
