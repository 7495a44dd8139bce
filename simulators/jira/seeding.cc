#include "simulators/jira/seeding.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>

#include "common/base/ascii.h"
#include "simulators/jira/dice.h"

namespace tajo::jira_sim {
namespace {

constexpr Millis kDay = 86'400'000;
constexpr Millis kHistorySpan = 730 * kDay;
constexpr int kVersionsPerProject = 12;
constexpr int kReleasedVersions = 8;
constexpr int kSprintsPerProject = 20;
constexpr int kClosedSprints = 17;
constexpr Millis kSprintLength = 14 * kDay;

// The way from To Do to each status.
constexpr std::array<std::array<uint8_t, 3>, kStatuses.size()> kPaths{{
    {},
    {kStatusInProgress},
    {kStatusInProgress, kStatusWaiting},
    {kStatusInProgress, kStatusInReview},
    {kStatusInProgress, kStatusResolved},
    {kStatusInProgress, kStatusResolved, kStatusClosed},
    {kStatusInProgress, kStatusInReview, kStatusDone},
}};
constexpr std::array<uint8_t, kStatuses.size()> kPathLengths{0, 1, 2, 2, 2, 3, 3};

constexpr std::array<std::string_view, 12> kSupportSubjects{
    "Can't sign in after the password reset",
    "Invoice shows the wrong VAT rate",
    "Export to CSV stops at 10,000 rows",
    "App crashes when a photo is attached",
    "Webhook isn't delivered any more",
    "Question about the \"Premium\" plan",
    "Dashboard is slow since Monday",
    "E-mail notifications arrive twice",
    "Search finds nothing with umlauts (äöü)",
    "Please delete my old account",
    "Two-factor code is refused",
    "Report shows times in the wrong time zone",
};
constexpr std::array<std::string_view, 8> kProductSubjects{
    "Paginate the audit log",        "Add a dark theme",
    "Support SSO with SAML",         "Rate limits per tenant",
    "Move attachments to new store", "Upgrade the editor component",
    "Public API: list webhooks",     "Reduce cold start of the importer",
};
constexpr std::array<std::string_view, 8> kAgentWords{
    "Thank you for the report, we are looking into it.",
    "Could you send us a screenshot of the error?",
    "We found the cause; a fix is on its way.",
    "This is fixed in the next release.\nPlease try again then & tell us.",
    "I could reproduce it with the data you sent.",
    "Handed over to development, see the linked issue.",
    "As discussed: the import runs again tonight.",
    "Closing this, please reopen if it happens again.",
};
constexpr std::array<std::string_view, 4> kCustomerWords{
    "It still happens, since this morning even more often.",
    "That worked, thanks a lot!",
    "Is there any news? Our team is waiting for it.",
    "I attached the log file \"app.log\" as asked.",
};

}  // namespace

std::string CommentText(uint64_t choice, bool from_customer) {
  return std::string(from_customer ? kCustomerWords[choice % kCustomerWords.size()]
                                   : kAgentWords[choice % kAgentWords.size()]);
}

std::string SummaryText(uint64_t choice, bool support) {
  return std::string(support ? kSupportSubjects[choice % kSupportSubjects.size()]
                             : kProductSubjects[choice % kProductSubjects.size()]);
}

struct Seeding::Plot {
  enum class Kind : uint8_t { kAssign, kTransition, kComment, kWorklog };
  IssueRow row;
  bool assigned_later = false;
  uint8_t comments = 0;
  uint8_t worklogs = 0;
  std::array<Kind, Seeding::kIdsPerIssue> steps{};
  uint8_t step_count = 0;

  std::span<const uint8_t> Path() const { return {kPaths[row.status].data(), kPathLengths[row.status]}; }
  Millis TimeOf(uint32_t step) const {
    return row.created + (row.updated - row.created) * static_cast<Millis>(step + 1) / step_count;
  }
};

void Seeding::AddProjects(World& world, const std::vector<std::string>& keys) {
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const bool desk = keys[i].find("SUP") != std::string::npos || keys[i].find("HELP") != std::string::npos;
    world.projects_.push_back({.id = 10'000 + static_cast<int64_t>(i),
                               .key = keys[i],
                               .name = keys[i].substr(0, 1) + base::LowerCase(keys[i].substr(1)),
                               .service_desk = desk,
                               .by_number = {}});
  }
}

void Seeding::AddVersionsAndSprints(World& world) {
  const Millis now = world.seeded_until_;
  for (uint8_t p = 0; p < world.projects_.size(); ++p) {
    for (int v = 0; v < kVersionsPerProject; ++v) {
      const Millis release = now + (v - kReleasedVersions + 1) * 60 * kDay - 20 * kDay;
      world.versions_.push_back({.id = 10'100 + static_cast<int64_t>(world.versions_.size()),
                                 .project = p,
                                 .name = fmt::format("{}.{}", 1 + v / 4, v % 4),
                                 .start = release - 60 * kDay,
                                 .release = release,
                                 .released = v < kReleasedVersions,
                                 .archived = v == 0});
    }
    for (int s = 0; s < kSprintsPerProject; ++s) {
      const Millis start = now + (s - kClosedSprints) * kSprintLength - 5 * kDay;
      const SprintState state = s < kClosedSprints    ? SprintState::kClosed
                                : s == kClosedSprints ? SprintState::kActive
                                                      : SprintState::kFuture;
      world.sprints_.push_back({.id = 1 + static_cast<int64_t>(world.sprints_.size()),
                                .project = p,
                                .board = World::BoardId(p),
                                .name = fmt::format("{} Sprint {}", world.projects_[p].key, s + 1),
                                .goal = s % 3 == 0 ? "Fewer open tickets" : "",
                                .state = state,
                                .created = start - 20 * kDay,
                                .start = state == SprintState::kFuture ? 0 : start,
                                .end = state == SprintState::kFuture ? 0 : start + kSprintLength,
                                .complete = state == SprintState::kClosed ? start + kSprintLength : 0});
    }
  }
}

Seeding::Plot Seeding::Plan(IssueIndex index) const {
  Dice dice(world_.seed_, index, 1);
  Plot plot;
  IssueRow& row = plot.row;
  const uint32_t count = std::max<uint32_t>(1, world_.seeded_);
  row.project = static_cast<uint8_t>(index % world_.projects_.size());
  const bool support = world_.projects_[row.project].service_desk;
  row.created = world_.seeded_until_ - kHistorySpan + kHistorySpan / count * index +
                static_cast<Millis>(dice.Below(static_cast<uint64_t>(std::max<Millis>(1, kHistorySpan / count))));
  row.type = support ? (dice.Percent(70) ? 3 : 0) : static_cast<uint8_t>(dice.Below(3));
  constexpr std::array<uint8_t, 20> kOften{0, 0, 1, 1, 1, 2, 2, 3, 4, 4, 4, 4, 4, 5, 5, 5, 6, 6, 6, 6};
  row.status = kOften[dice.Below(kOften.size())];
  row.priority = static_cast<uint8_t>(std::min<uint64_t>(4, dice.Below(4) + dice.Below(3)));
  const People& people = world_.Persons();
  const uint64_t who = dice.Below(100);
  if (who < 92 && people.Customers() > 0) {
    row.reporter = people.Customer(static_cast<uint32_t>(dice.Below(people.Customers())));
  } else if (who < 94) {
    row.reporter = people.App(0);
  } else {
    row.reporter = people.Agent(static_cast<uint32_t>(dice.Below(People::kAgents)));
  }
  if (row.status != kStatusToDo || dice.Percent(40)) {
    row.assignee = people.Agent(static_cast<uint32_t>(dice.Below(People::kAgents)));
    plot.assigned_later = true;
  }
  if (dice.Percent(40)) {
    row.version = row.project * kVersionsPerProject + static_cast<uint32_t>(dice.Below(kVersionsPerProject));
  }
  if (!support && dice.Percent(50)) {
    row.sprint = row.project * kSprintsPerProject + static_cast<uint32_t>(dice.Below(kSprintsPerProject));
    if (row.sprint % kSprintsPerProject != 0 && dice.Percent(20)) row.past_sprint = row.sprint - 1;
    row.points = static_cast<uint8_t>(1 + dice.Below(8));
  }
  row.labels = dice.Percent(25) ? static_cast<uint8_t>(1 + dice.Below(15)) : 0;
  plot.comments = static_cast<uint8_t>(dice.Below(4));
  plot.worklogs = dice.Percent(15) ? static_cast<uint8_t>(1 + dice.Below(2)) : 0;
  if (plot.worklogs > 0 || dice.Percent(20)) {
    row.estimate_seconds = 3600 * static_cast<int32_t>(1 + dice.Below(16));
    row.spent_seconds = 1800 * plot.worklogs;
    row.remaining_seconds = std::max(0, row.estimate_seconds - row.spent_seconds);
  }

  const auto step = [&plot](Plot::Kind kind) { plot.steps[plot.step_count++] = kind; };
  if (plot.assigned_later) step(Plot::Kind::kAssign);
  uint8_t comments = 0;
  for (std::size_t i = 0; i < plot.Path().size(); ++i) {
    if (comments < plot.comments) {
      step(Plot::Kind::kComment);
      ++comments;
    }
    step(Plot::Kind::kTransition);
  }
  for (; comments < plot.comments; ++comments) step(Plot::Kind::kComment);
  for (uint8_t i = 0; i < plot.worklogs; ++i) step(Plot::Kind::kWorklog);

  row.updated = row.created;
  if (plot.step_count > 0) {
    const Millis longest = world_.seeded_until_ - 1000 - row.created;
    const Millis usual = static_cast<Millis>(1 + dice.Below(30)) * kDay + static_cast<Millis>(dice.Below(kDay));
    row.updated = row.created + std::max<Millis>(0, std::min(longest, usual));
  }
  row.status_changed = row.created;
  uint32_t transition = 0;
  for (uint32_t i = 0; i < plot.step_count; ++i) {
    if (plot.steps[i] != Plot::Kind::kTransition) continue;
    row.status_changed = plot.TimeOf(i);
    const uint8_t to = plot.Path()[transition++];
    if (kStatuses[to].category == Category::kDone && row.resolved == 0) row.resolved = row.status_changed;
  }
  if (row.resolved != 0) row.resolution = static_cast<uint8_t>(dice.Percent(75) ? 0 : dice.Below(kResolutions.size()));
  return plot;
}

IssueRow Seeding::Row(IssueIndex index) const {
  return Plan(index).row;
}

std::vector<History> Seeding::Histories(IssueIndex index) const {
  const Plot plot = Plan(index);
  const UserIndex agent = plot.row.assignee == kAbsent ? world_.Persons().Caller() : plot.row.assignee;
  std::vector<History> out;
  std::size_t transition = 0;
  uint8_t from = kStatusToDo;
  for (uint32_t i = 0; i < plot.step_count; ++i) {
    History history{.id = kFirstHistoryId + static_cast<int64_t>(index) * kIdsPerIssue + i,
                    .created = plot.TimeOf(i),
                    .author = agent,
                    .items = {}};
    if (plot.steps[i] == Plot::Kind::kAssign) {
      const Person& person = world_.Persons().At(plot.row.assignee);
      history.items.push_back({"assignee", "assignee", "", "", person.account_id, person.display_name});
    } else if (plot.steps[i] == Plot::Kind::kTransition) {
      const uint8_t to = plot.Path()[transition++];
      const bool was_done = kStatuses[from].category == Category::kDone;
      if (kStatuses[to].category == Category::kDone && !was_done) {
        const NamedType& resolution = kResolutions[plot.row.resolution];
        history.items.push_back(
            {"resolution", "resolution", "", "", std::to_string(resolution.id), std::string(resolution.name)});
      }
      history.items.push_back({"status", "status", std::to_string(kStatuses[from].id),
                               std::string(kStatuses[from].name), std::to_string(kStatuses[to].id),
                               std::string(kStatuses[to].name)});
      from = to;
    } else if (plot.steps[i] == Plot::Kind::kWorklog) {
      history.items.push_back({"timespent", "timespent", "", "", "1800", "1800"});
    } else {
      continue;
    }
    out.push_back(std::move(history));
  }
  return out;
}

std::vector<Comment> Seeding::Comments(IssueIndex index) const {
  const Plot plot = Plan(index);
  const bool support = world_.projects_[plot.row.project].service_desk;
  std::vector<Comment> out;
  for (uint32_t i = 0; i < plot.step_count; ++i) {
    if (plot.steps[i] != Plot::Kind::kComment) continue;
    Dice dice(world_.seed_, index * 16ull + i, 2);
    const bool customer = dice.Percent(40) && plot.row.reporter != kAbsent;
    Comment comment{.id = kFirstCommentId + static_cast<int64_t>(index) * kIdsPerIssue + i,
                    .created = plot.TimeOf(i),
                    .updated = plot.TimeOf(i),
                    .author = customer                       ? plot.row.reporter
                              : plot.row.assignee != kAbsent ? plot.row.assignee
                                                             : world_.Persons().Caller(),
                    .audience = Audience::kPublic,
                    .text = CommentText(dice.Next() >> 8, customer)};
    if (!customer && dice.Percent(30)) comment.audience = support ? Audience::kInternal : Audience::kRestricted;
    out.push_back(std::move(comment));
  }
  return out;
}

uint32_t Seeding::CommentCount(IssueIndex index) const {
  return Plan(index).comments;
}

std::vector<Worklog> Seeding::Worklogs(IssueIndex index) const {
  const Plot plot = Plan(index);
  std::vector<Worklog> out;
  for (uint32_t i = 0; i < plot.step_count && plot.worklogs > 0; ++i) {
    if (plot.steps[i] != Plot::Kind::kWorklog) continue;
    const Millis time = plot.TimeOf(i);
    out.push_back({.id = kFirstWorklogId + static_cast<int64_t>(index) * kIdsPerIssue + i,
                   .issue = index,
                   .created = time,
                   .updated = time,
                   .started = time - 1'800'000,
                   .author = plot.row.assignee == kAbsent ? world_.Persons().Caller() : plot.row.assignee,
                   .seconds = 1800});
  }
  return out;
}

std::string Seeding::Summary(IssueIndex index) const {
  Dice dice(world_.seed_, index, 3);
  const bool support = world_.projects_[index % world_.projects_.size()].service_desk;
  return SummaryText(dice.Next() >> 8, support);
}

std::string Seeding::Description(IssueIndex index) const {
  Dice dice(world_.seed_, index, 4);
  if (dice.Percent(10)) return {};
  std::string text = CommentText(dice.Next() >> 8, true);
  const uint64_t more = dice.Below(4);
  for (uint64_t i = 0; i < more; ++i) text += "\n\n" + CommentText(dice.Next() >> 8, false);
  return text;
}

}  // namespace tajo::jira_sim
