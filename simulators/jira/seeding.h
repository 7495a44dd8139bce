#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "simulators/jira/model.h"
#include "simulators/jira/world.h"

namespace tajo::jira_sim {

// What an issue looked like when the simulation began. Every function is pure: the same seed gives
// the same site.
class Seeding {
 public:
  explicit Seeding(const World& world) : world_(world) {}

  static void AddProjects(World& world, const std::vector<std::string>& keys);
  static void AddVersionsAndSprints(World& world);

  IssueRow Row(IssueIndex index) const;  // `number` is the caller's to give
  std::vector<History> Histories(IssueIndex index) const;
  std::vector<Comment> Comments(IssueIndex index) const;
  std::vector<Worklog> Worklogs(IssueIndex index) const;
  std::string Summary(IssueIndex index) const;
  std::string Description(IssueIndex index) const;
  uint32_t CommentCount(IssueIndex index) const;

  // Ids that say whose they are, so that none must be stored.
  static constexpr int64_t kFirstHistoryId = 100'000'000;
  static constexpr int64_t kFirstCommentId = 200'000'000;
  static constexpr int64_t kFirstWorklogId = 300'000'000;
  static constexpr int64_t kIdsPerIssue = 16;

 private:
  struct Plot;  // how many of what, and when
  Plot Plan(IssueIndex index) const;

  const World& world_;
};

// Sentences of tickets and their comments, by a number.
std::string CommentText(uint64_t choice, bool from_customer);
std::string SummaryText(uint64_t choice, bool support);

}  // namespace tajo::jira_sim
