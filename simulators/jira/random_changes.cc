#include "simulators/jira/random_changes.h"

#include <algorithm>
#include <array>
#include <span>

#include "simulators/jira/seeding.h"

namespace tajo::jira_sim {
namespace {

struct Kind {
  std::string_view name;
  uint32_t weight;  // of 1,000
};
constexpr std::array<Kind, 13> kKinds{{{"create", 120},
                                       {"transition", 330},
                                       {"assign", 110},
                                       {"comment", 250},
                                       {"priority", 60},
                                       {"summary", 30},
                                       {"worklog", 60},
                                       {"version", 15},
                                       {"delete", 10},
                                       {"move", 10},
                                       {"release_version", 2},
                                       {"sprint_start", 1},
                                       {"sprint_close", 2}}};

// Where a ticket goes from each status.
std::span<const uint8_t> NextStatuses(uint8_t status) {
  static constexpr std::array<uint8_t, 2> kFromToDo{kStatusInProgress, kStatusInProgress};
  static constexpr std::array<uint8_t, 4> kFromInProgress{kStatusWaiting, kStatusInReview, kStatusResolved,
                                                          kStatusDone};
  static constexpr std::array<uint8_t, 2> kFromWaiting{kStatusInProgress, kStatusResolved};
  static constexpr std::array<uint8_t, 3> kFromReview{kStatusDone, kStatusDone, kStatusInProgress};
  static constexpr std::array<uint8_t, 4> kFromResolved{kStatusClosed, kStatusClosed, kStatusClosed, kStatusInProgress};
  static constexpr std::array<uint8_t, 1> kReopen{kStatusInProgress};
  switch (status) {
    case kStatusToDo:
      return kFromToDo;
    case kStatusInProgress:
      return kFromInProgress;
    case kStatusWaiting:
      return kFromWaiting;
    case kStatusInReview:
      return kFromReview;
    case kStatusResolved:
      return kFromResolved;
    default:
      return kReopen;
  }
}

}  // namespace

const std::vector<std::string_view>& RandomChanges::KnownKinds() {
  static const std::vector<std::string_view> names = [] {
    std::vector<std::string_view> out;
    for (const Kind& kind : kKinds) out.push_back(kind.name);
    return out;
  }();
  return names;
}

RandomChanges::RandomChanges(const World& world, Changes& changes, uint64_t seed, std::vector<std::string> kinds)
    : world_(world), changes_(changes), dice_(seed, 0, 31) {
  for (const Kind& kind : kKinds) {
    if (!kinds.empty() && std::find(kinds.begin(), kinds.end(), kind.name) == kinds.end()) continue;
    choices_.push_back({kind.name, kind.weight});
    total_weight_ += kind.weight;
  }
}

std::string_view RandomChanges::Act() {
  // A kind may find nothing to do (all sprints closed); then another is tried.
  for (int attempt = 0; attempt < 50 && total_weight_ > 0; ++attempt) {
    auto at = static_cast<uint32_t>(dice_.Below(total_weight_));
    for (const Choice& choice : choices_) {
      if (at < choice.weight) {
        if (Do(choice.kind)) return choice.kind;
        break;
      }
      at -= choice.weight;
    }
  }
  return {};
}

IssueIndex RandomChanges::PickIssue() {
  const uint32_t count = world_.IssueCount();
  for (int attempt = 0; attempt < 100 && count > 0; ++attempt) {
    const auto issue = static_cast<IssueIndex>(dice_.Below(count));
    if (!world_.Issue(issue).deleted) return issue;
  }
  return kAbsent;
}

bool RandomChanges::Create() {
  NewIssue wish;
  wish.project = static_cast<uint8_t>(dice_.Below(world_.Projects().size()));
  const bool support = world_.Projects()[wish.project].service_desk;
  wish.type = support ? 3 : static_cast<uint8_t>(dice_.Below(3));
  wish.summary = SummaryText(dice_.Next() >> 8, support);
  wish.description = CommentText(dice_.Next() >> 8, true);
  const People& people = world_.Persons();
  if (people.Customers() > 0) wish.reporter = people.Customer(static_cast<uint32_t>(dice_.Below(people.Customers())));
  if (dice_.Percent(30)) wish.assignee = PickAgent();
  wish.priority = static_cast<uint8_t>(dice_.Below(kPriorities.size()));
  changes_.Create(wish, wish.reporter.value_or(people.Caller()));
  return true;
}

bool RandomChanges::Transition(IssueIndex issue) {
  const auto next = NextStatuses(world_.Issue(issue).status);
  const auto resolution = static_cast<uint8_t>(dice_.Percent(75) ? 0 : dice_.Below(kResolutions.size()));
  changes_.Transition(issue, next[dice_.Below(next.size())], resolution, PickAgent());
  return true;
}

bool RandomChanges::Milestone(std::string_view kind) {
  if (kind == "release_version") {
    for (uint32_t i = 0; i < world_.Versions().size(); ++i) {
      if (world_.Versions()[i].released) continue;
      changes_.ReleaseVersion(i);
      return true;
    }
    return false;
  }
  const SprintState from = kind == "sprint_start" ? SprintState::kFuture : SprintState::kActive;
  for (uint32_t i = 0; i < world_.Sprints().size(); ++i) {
    const Sprint& sprint = world_.Sprints()[i];
    if (sprint.state != from || world_.Projects()[sprint.project].service_desk) continue;
    if (kind == "sprint_start") {
      changes_.StartSprint(i);
    } else {
      changes_.CloseSprint(i);
    }
    return true;
  }
  return false;
}

bool RandomChanges::Do(std::string_view kind) {
  if (kind == "create") return Create();
  if (kind == "release_version" || kind.starts_with("sprint_")) return Milestone(kind);
  const IssueIndex issue = PickIssue();
  if (issue == kAbsent) return false;
  const IssueRow row = world_.Issue(issue);
  if (kind == "transition") return Transition(issue);
  if (kind == "assign") {
    const UserIndex to = dice_.Percent(10) ? kAbsent : PickAgent();
    changes_.Assign(issue, to, PickAgent());
    return to != row.assignee;
  }
  if (kind == "comment") {
    const bool customer = row.reporter != kAbsent && dice_.Percent(40);
    const bool hidden = !customer && dice_.Percent(30);
    const Audience audience = !hidden                                       ? Audience::kPublic
                              : world_.Projects()[row.project].service_desk ? Audience::kInternal
                                                                            : Audience::kRestricted;
    changes_.AddComment(issue, customer ? row.reporter : PickAgent(), audience,
                        CommentText(dice_.Next() >> 8, customer));
    return true;
  }
  if (kind == "priority") {
    const auto priority = static_cast<uint8_t>(dice_.Below(kPriorities.size()));
    changes_.SetPriority(issue, priority, PickAgent());
    return priority != row.priority;
  }
  if (kind == "summary") {
    changes_.SetSummary(issue, world_.Summary(issue) + " (again)", PickAgent());
    return true;
  }
  if (kind == "worklog") {
    changes_.LogWork(issue, 900 * static_cast<int32_t>(1 + dice_.Below(16)), PickAgent());
    return true;
  }
  if (kind == "version") {
    std::vector<uint32_t> own;
    for (uint32_t i = 0; i < world_.Versions().size(); ++i) {
      const Version& version = world_.Versions()[i];
      if (version.project == row.project && !version.released && i != row.version) own.push_back(i);
    }
    if (own.empty()) return false;
    changes_.SetVersion(issue, own[dice_.Below(own.size())], PickAgent());
    return true;
  }
  if (kind == "delete") {
    changes_.Delete(issue, PickAgent());
    return true;
  }
  if (world_.Projects().size() < 2) return false;
  changes_.Move(issue, static_cast<uint8_t>((row.project + 1) % world_.Projects().size()), PickAgent());
  return true;
}

}  // namespace tajo::jira_sim
