#include "simulators/jira/changes.h"

#include <algorithm>
#include <utility>

namespace tajo::jira_sim {
namespace {

template <class Types>
HistoryItem TypeItem(std::string_view field, const Types& types, uint8_t from, uint8_t to) {
  return {std::string(field),
          std::string(field),
          std::to_string(types[from].id),
          std::string(types[from].name),
          std::to_string(types[to].id),
          std::string(types[to].name)};
}

bool IsDone(uint8_t status) {
  return kStatuses[status].category == Category::kDone;
}

}  // namespace

IssueRow& Changes::Touch(IssueIndex issue) {
  const Millis now = now_();
  IssueRow& row = world_.Mutable(issue);
  lag_.Remember(issue, &row, now);
  row.updated = std::max(now, row.updated + 1);
  ++count_;
  return row;
}

History Changes::Record(IssueIndex issue, UserIndex actor, std::vector<HistoryItem> items) {
  History history{
      .id = world_.NextHistoryId(), .created = world_.Issue(issue).updated, .author = actor, .items = std::move(items)};
  world_.MutableExtras(issue).histories.push_back(history);
  return history;
}

void Changes::Tell(const Happening& happening) {
  for (Listener* listener : listeners_) listener->On(happening);
}

void Changes::TellUpdate(IssueIndex issue, UserIndex actor, std::string_view type_name, std::optional<History> history,
                         std::optional<Comment> comment) {
  Happening happening;
  happening.kind = Happening::Kind::kIssueUpdated;
  happening.time = world_.Issue(issue).updated;
  happening.actor = actor;
  happening.issue = issue;
  happening.row = world_.Issue(issue);
  happening.type_name = type_name;
  happening.history = std::move(history);
  happening.comment = std::move(comment);
  Tell(happening);
}

HistoryItem Changes::UserItem(std::string_view field, UserIndex from, UserIndex to) const {
  HistoryItem item{std::string(field), std::string(field), {}, {}, {}, {}};
  if (from != kAbsent) {
    item.from = world_.Persons().At(from).account_id;
    item.from_string = world_.Persons().At(from).display_name;
  }
  if (to != kAbsent) {
    item.to = world_.Persons().At(to).account_id;
    item.to_string = world_.Persons().At(to).display_name;
  }
  return item;
}

IssueIndex Changes::Create(const NewIssue& wish, UserIndex actor) {
  const Millis now = now_();
  IssueRow row;
  row.created = row.updated = row.status_changed = now;
  row.project = wish.project;
  row.type = wish.type;
  row.reporter = wish.reporter.value_or(actor);
  row.assignee = wish.assignee.value_or(kAbsent);
  row.priority = wish.priority.value_or(2);
  const IssueIndex issue = world_.AddIssue(row);
  lag_.Remember(issue, nullptr, now);
  ++count_;
  IssueExtras& extras = world_.MutableExtras(issue);
  extras.summary = wish.summary;
  extras.description = wish.description.value_or("");
  extras.properties = wish.properties;
  Happening happening;
  happening.kind = Happening::Kind::kIssueCreated;
  happening.time = now;
  happening.actor = actor;
  happening.issue = issue;
  happening.row = world_.Issue(issue);
  happening.type_name = "issue_created";
  Tell(happening);
  return issue;
}

void Changes::Transition(IssueIndex issue, uint8_t status, uint8_t resolution, UserIndex actor) {
  if (world_.Issue(issue).status == status) return;
  IssueRow& row = Touch(issue);
  std::vector<HistoryItem> items;
  const uint8_t before = row.resolution;
  if (IsDone(status) && before == kUnresolved) {
    row.resolution = resolution;
    row.resolved = row.updated;
    const NamedType& to = kResolutions[resolution];
    items.push_back({"resolution", "resolution", "", "", std::to_string(to.id), std::string(to.name)});
  } else if (!IsDone(status) && before != kUnresolved) {
    row.resolution = kUnresolved;
    row.resolved = 0;
    const NamedType& from = kResolutions[before];
    items.push_back({"resolution", "resolution", std::to_string(from.id), std::string(from.name), "", ""});
  }
  items.push_back(TypeItem("status", kStatuses, row.status, status));
  row.status = status;
  row.status_changed = row.updated;
  TellUpdate(issue, actor, "issue_generic", Record(issue, actor, std::move(items)));
}

void Changes::Assign(IssueIndex issue, UserIndex assignee, UserIndex actor) {
  if (world_.Issue(issue).assignee == assignee) return;
  IssueRow& row = Touch(issue);
  HistoryItem item = UserItem("assignee", row.assignee, assignee);
  row.assignee = assignee;
  TellUpdate(issue, actor, "issue_assigned", Record(issue, actor, {std::move(item)}));
}

void Changes::SetReporter(IssueIndex issue, UserIndex reporter, UserIndex actor) {
  if (world_.Issue(issue).reporter == reporter) return;
  IssueRow& row = Touch(issue);
  HistoryItem item = UserItem("reporter", row.reporter, reporter);
  row.reporter = reporter;
  TellUpdate(issue, actor, "issue_updated", Record(issue, actor, {std::move(item)}));
}

void Changes::SetPriority(IssueIndex issue, uint8_t priority, UserIndex actor) {
  if (world_.Issue(issue).priority == priority) return;
  IssueRow& row = Touch(issue);
  HistoryItem item = TypeItem("priority", kPriorities, row.priority, priority);
  row.priority = priority;
  TellUpdate(issue, actor, "issue_updated", Record(issue, actor, {std::move(item)}));
}

void Changes::SetSummary(IssueIndex issue, const std::string& summary, UserIndex actor) {
  const std::string before = world_.Summary(issue);
  if (before == summary) return;
  Touch(issue);
  world_.MutableExtras(issue).summary = summary;
  TellUpdate(issue, actor, "issue_updated", Record(issue, actor, {{"summary", "summary", "", before, "", summary}}));
}

void Changes::SetVersion(IssueIndex issue, uint32_t version, UserIndex actor) {
  if (world_.Issue(issue).version == version) return;
  IssueRow& row = Touch(issue);
  HistoryItem item{"Fix Version", "fixVersions", {}, {}, {}, {}};
  if (row.version != kAbsent) {
    item.from = std::to_string(world_.Versions()[row.version].id);
    item.from_string = world_.Versions()[row.version].name;
  }
  if (version != kAbsent) {
    item.to = std::to_string(world_.Versions()[version].id);
    item.to_string = world_.Versions()[version].name;
  }
  row.version = version;
  TellUpdate(issue, actor, "issue_updated", Record(issue, actor, {std::move(item)}));
}

void Changes::SetSprint(IssueIndex issue, uint32_t sprint, UserIndex actor) {
  if (world_.Issue(issue).sprint == sprint) return;
  IssueRow& row = Touch(issue);
  HistoryItem item{"Sprint", "customfield_10020", {}, {}, {}, {}};
  if (row.sprint != kAbsent) item.from_string = world_.Sprints()[row.sprint].name;
  if (sprint != kAbsent) item.to_string = world_.Sprints()[sprint].name;
  if (row.sprint != kAbsent && world_.Sprints()[row.sprint].state == SprintState::kClosed) row.past_sprint = row.sprint;
  row.sprint = sprint;
  TellUpdate(issue, actor, "issue_updated", Record(issue, actor, {std::move(item)}));
}

Comment Changes::AddComment(IssueIndex issue, UserIndex author, Audience audience, std::string text) {
  const IssueRow& row = Touch(issue);
  Comment comment{.id = world_.NextCommentId(),
                  .created = row.updated,
                  .updated = row.updated,
                  .author = author,
                  .audience = audience,
                  .text = std::move(text)};
  world_.MutableExtras(issue).comments.push_back(comment);
  Happening happening;
  happening.kind = Happening::Kind::kCommentCreated;
  happening.time = comment.created;
  happening.actor = author;
  happening.issue = issue;
  happening.row = world_.Issue(issue);
  happening.comment = comment;
  Tell(happening);
  TellUpdate(issue, author, "issue_commented", std::nullopt, comment);
  return comment;
}

bool Changes::EditComment(IssueIndex issue, int64_t id, std::string text) {
  for (Comment comment : world_.Comments(issue)) {
    if (comment.id != id) continue;
    comment.updated = Touch(issue).updated;
    comment.text = std::move(text);
    auto& live = world_.MutableExtras(issue).comments;
    const auto found = std::find_if(live.begin(), live.end(), [id](const Comment& c) { return c.id == id; });
    if (found == live.end()) {
      live.push_back(comment);
    } else {
      *found = comment;
    }
    Happening happening;
    happening.kind = Happening::Kind::kCommentUpdated;
    happening.time = comment.updated;
    happening.actor = comment.author;
    happening.issue = issue;
    happening.row = world_.Issue(issue);
    happening.comment = comment;
    Tell(happening);
    TellUpdate(issue, comment.author, "issue_comment_edited", std::nullopt, comment);
    return true;
  }
  return false;
}

bool Changes::RemoveComment(IssueIndex issue, int64_t id, UserIndex actor) {
  for (const Comment& comment : world_.Comments(issue)) {
    if (comment.id != id) continue;
    Touch(issue);
    world_.MutableExtras(issue).removed_comments.push_back(id);
    Happening happening;
    happening.kind = Happening::Kind::kCommentDeleted;
    happening.time = world_.Issue(issue).updated;
    happening.actor = actor;
    happening.issue = issue;
    happening.row = world_.Issue(issue);
    happening.comment = comment;
    Tell(happening);
    return true;
  }
  return false;
}

Worklog Changes::LogWork(IssueIndex issue, int32_t seconds, UserIndex actor) {
  IssueRow& row = Touch(issue);
  const std::string before = row.spent_seconds == 0 ? "" : std::to_string(row.spent_seconds);
  row.spent_seconds += seconds;
  row.remaining_seconds = std::max(0, row.remaining_seconds - seconds);
  const std::string after = std::to_string(row.spent_seconds);
  Worklog worklog = world_.AddWorklog(issue, {.id = 0,
                                              .issue = issue,
                                              .created = row.updated,
                                              .updated = row.updated,
                                              .started = row.updated - seconds * 1000LL,
                                              .author = actor,
                                              .seconds = seconds});
  const History history =
      Record(issue, actor,
             {{"timespent", "timespent", before, before, after, after},
              {"WorklogId", "worklogId", "", "", std::to_string(worklog.id), std::to_string(worklog.id)}});
  Happening happening;
  happening.kind = Happening::Kind::kWorklogCreated;
  happening.time = worklog.created;
  happening.actor = actor;
  happening.issue = issue;
  happening.row = world_.Issue(issue);
  happening.worklog = worklog;
  Tell(happening);
  TellUpdate(issue, actor, "issue_work_logged", history);
  return worklog;
}

void Changes::Delete(IssueIndex issue, UserIndex actor) {
  Happening happening;
  happening.kind = Happening::Kind::kIssueDeleted;
  happening.actor = actor;
  happening.issue = issue;
  happening.row = world_.Issue(issue);
  const std::vector<Comment> comments = world_.Comments(issue);
  Touch(issue).deleted = true;
  happening.time = now_();
  Tell(happening);
  for (const Comment& comment : comments) {
    Happening gone = happening;
    gone.kind = Happening::Kind::kCommentDeleted;
    gone.comment = comment;
    gone.secondary = true;
    Tell(gone);
  }
}

void Changes::Move(IssueIndex issue, uint8_t project, UserIndex actor) {
  if (world_.Issue(issue).project == project) return;
  const IssueRow before = world_.Issue(issue);
  Touch(issue);
  world_.Rekey(issue, project);
  IssueRow& row = world_.Mutable(issue);
  row.version = kAbsent;  // belongs to the old project
  row.sprint = row.past_sprint = kAbsent;
  const Project& from = world_.Projects()[before.project];
  const Project& to = world_.Projects()[project];
  TellUpdate(issue, actor, "issue_moved",
             Record(issue, actor,
                    {{"project", "project", std::to_string(from.id), from.name, std::to_string(to.id), to.name},
                     {"Key", "issuekey", "", world_.Key(before), "", world_.Key(row)}}));
}

bool Changes::SetProperty(IssueIndex issue, const std::string& key, const std::string& json) {
  auto& properties = world_.MutableExtras(issue).properties;
  const bool existed = properties.contains(key);
  properties[key] = json;
  Happening happening;
  happening.kind = Happening::Kind::kPropertySet;
  happening.time = now_();
  happening.issue = issue;
  happening.row = world_.Issue(issue);
  happening.property = key;
  Tell(happening);
  return existed;
}

bool Changes::RemoveProperty(IssueIndex issue, const std::string& key) {
  if (world_.Extras(issue) == nullptr || world_.MutableExtras(issue).properties.erase(key) == 0) return false;
  Happening happening;
  happening.kind = Happening::Kind::kPropertyDeleted;
  happening.time = now_();
  happening.issue = issue;
  happening.row = world_.Issue(issue);
  happening.property = key;
  Tell(happening);
  return true;
}

void Changes::ReleaseVersion(uint32_t index) {
  Version& version = world_.MutableVersions()[index];
  if (version.released) return;
  version.released = true;
  version.release = now_();
  ++count_;
  Happening happening;
  happening.kind = Happening::Kind::kVersionReleased;
  happening.time = version.release;
  happening.version = index;
  Tell(happening);
}

void Changes::StartSprint(uint32_t index) {
  Sprint& sprint = world_.MutableSprints()[index];
  if (sprint.state != SprintState::kFuture) return;
  sprint.state = SprintState::kActive;
  sprint.start = now_();
  sprint.end = sprint.start + 14LL * 86'400'000;
  ++count_;
  Happening happening;
  happening.kind = Happening::Kind::kSprintStarted;
  happening.time = sprint.start;
  happening.sprint = index;
  Tell(happening);
}

void Changes::CloseSprint(uint32_t index) {
  Sprint& sprint = world_.MutableSprints()[index];
  if (sprint.state != SprintState::kActive) return;
  sprint.state = SprintState::kClosed;
  sprint.complete = now_();
  ++count_;
  Happening happening;
  happening.kind = Happening::Kind::kSprintClosed;
  happening.time = sprint.complete;
  happening.sprint = index;
  Tell(happening);
}

}  // namespace tajo::jira_sim
