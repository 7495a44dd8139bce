#include "simulators/jira/truth.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "simulators/jira/json_writer.h"
#include "simulators/jira/zone.h"

namespace tajo::jira_sim {
namespace {

using Kind = Happening::Kind;

bool AmongOrAny(const std::vector<std::string>& all, std::string_view one) {
  return all.empty() || std::find(all.begin(), all.end(), one) != all.end();
}

bool IsDone(const IssueRow& row) {
  return kStatuses[row.status].category == Category::kDone;
}

// The facts of a change, one a history item that a timeline would show.
std::string_view FactOf(std::string_view field) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 9> kFacts{{{"status", "status_changed"},
                                                                                 {"resolution", "resolution_changed"},
                                                                                 {"assignee", "assigned"},
                                                                                 {"reporter", "reporter_changed"},
                                                                                 {"priority", "priority_changed"},
                                                                                 {"summary", "summary_changed"},
                                                                                 {"Fix Version", "version_changed"},
                                                                                 {"Sprint", "sprint_changed"},
                                                                                 {"Key", "moved"}}};
  for (const auto& [name, fact] : kFacts) {
    if (name == field) return fact;
  }
  return {};
}

}  // namespace

bool Truth::IsWithin(const Scope& scope, const IssueRow& row) const {
  return !row.deleted && AmongOrAny(scope.projects, world_.Projects()[row.project].key) &&
         AmongOrAny(scope.types, kIssueTypes[row.type].name);
}

void Truth::On(const Happening& happening) {
  nlohmann::json base{{"seq", 0}, {"time", happening.time}};
  if (happening.issue != kAbsent) {
    base["issue_id"] = std::to_string(World::IssueId(happening.issue));
    base["issue_key"] = world_.Key(happening.row);
    base["project"] = world_.Projects()[happening.row.project].key;
    base["issue_type"] = kIssueTypes[happening.row.type].name;
    const std::string_view email = world_.Persons().UsableEmail(happening.row.reporter);
    base["customer"] = email.empty() ? nlohmann::json() : nlohmann::json(email);
  }
  const auto add = [&](std::string_view kind, nlohmann::json fact) {
    fact["kind"] = kind;
    fact["seq"] = events_.size() + 1;
    events_.push_back({happening.time, fact.dump()});
  };
  switch (happening.kind) {
    case Kind::kIssueCreated:
      add("issue_created", base);
      break;
    case Kind::kIssueDeleted:
      add("issue_deleted", base);
      break;
    case Kind::kIssueUpdated:
      if (!happening.history) break;
      base["history_id"] = std::to_string(happening.history->id);
      for (const HistoryItem& item : happening.history->items) {
        const std::string_view kind = FactOf(item.field);
        if (kind.empty()) continue;
        nlohmann::json fact = base;
        fact["from"] = item.from_string;
        fact["to"] = item.to_string;
        fact["from_id"] = item.from;
        fact["to_id"] = item.to;
        if (kind == "status_changed") fact["done"] = IsDone(happening.row);
        add(kind, std::move(fact));
      }
      break;
    case Kind::kCommentCreated:
    case Kind::kCommentUpdated:
    case Kind::kCommentDeleted:
      if (happening.secondary) break;
      base["comment_id"] = std::to_string(happening.comment->id);
      base["public"] = happening.comment->audience == Audience::kPublic;
      add(happening.kind == Kind::kCommentCreated   ? "comment_added"
          : happening.kind == Kind::kCommentUpdated ? "comment_edited"
                                                    : "comment_deleted",
          base);
      break;
    case Kind::kWorklogCreated:
      base["worklog_id"] = std::to_string(happening.worklog->id);
      base["seconds"] = happening.worklog->seconds;
      add("worklog_added", base);
      break;
    case Kind::kVersionReleased: {
      const Version& version = world_.Versions()[happening.version];
      base["version_id"] = std::to_string(version.id);
      base["version"] = version.name;
      base["project"] = world_.Projects()[version.project].key;
      base["release_date"] = FormatDate(version.release);
      base["customers"] = CustomersOf(happening.version, kAbsent);
      add("version_released", base);
      break;
    }
    case Kind::kSprintStarted:
    case Kind::kSprintClosed: {
      const Sprint& sprint = world_.Sprints()[happening.sprint];
      base["sprint_id"] = std::to_string(sprint.id);
      base["sprint"] = sprint.name;
      base["project"] = world_.Projects()[sprint.project].key;
      base["customers"] = CustomersOf(kAbsent, happening.sprint);
      add(happening.kind == Kind::kSprintStarted ? "sprint_started" : "sprint_completed", base);
      break;
    }
    default:
      break;
  }
}

std::vector<std::string> Truth::CustomersOf(uint32_t version, uint32_t sprint) const {
  std::set<std::string> out;
  for (IssueIndex index = 0; index < world_.IssueCount(); ++index) {
    const IssueRow& row = world_.Issue(index);
    if (row.deleted || !IsDone(row)) continue;
    const bool in_version = version != kAbsent && row.version == version;
    const bool in_sprint = sprint != kAbsent && (row.sprint == sprint || row.past_sprint == sprint);
    if (!in_version && !in_sprint) continue;
    if (const auto email = world_.Persons().UsableEmail(row.reporter); !email.empty()) out.emplace(email);
  }
  return {out.begin(), out.end()};
}

void Truth::WriteTicketKeys(JsonWriter& json, IssueIndex index) const {
  const IssueRow& row = world_.Issue(index);
  json.Key("id").Id(World::IssueId(index)).Key("key").String(world_.Key(row));
  json.Key("project").String(world_.Projects()[row.project].key).Key("type").String(kIssueTypes[row.type].name);
  json.Key("status").String(kStatuses[row.status].name);
  json.Key("category").String(kCategories[static_cast<std::size_t>(kStatuses[row.status].category)].key);
  json.Key("priority").String(kPriorities[row.priority].name).Key("resolution");
  if (row.resolution == kUnresolved) {
    json.Null();
  } else {
    json.String(kResolutions[row.resolution].name);
  }
  json.Key("created").Time(row.created, zone_).Key("created_ms").Int(row.created);
  json.Key("updated").Time(row.updated, zone_).Key("updated_ms").Int(row.updated);
  json.Key("reporter").Raw(row.reporter == kAbsent ? "null" : '"' + world_.Persons().At(row.reporter).account_id + '"');
  json.Key("assignee").Raw(row.assignee == kAbsent ? "null" : '"' + world_.Persons().At(row.assignee).account_id + '"');
}

std::string Truth::Counts(const Scope& scope) const {
  nlohmann::json by_project = nlohmann::json::object();
  nlohmann::json by_status = nlohmann::json::object();
  std::vector<bool> has_ticket(world_.Persons().Size());
  int64_t issues = 0;
  int64_t deleted = 0;
  for (IssueIndex index = 0; index < world_.IssueCount(); ++index) {
    const IssueRow& row = world_.Issue(index);
    if (row.deleted) ++deleted;
    if (!IsWithin(scope, row)) continue;
    ++issues;
    if (row.reporter != kAbsent) has_ticket[row.reporter] = true;
    auto& project = by_project[world_.Projects()[row.project].key];
    project = project.is_null() ? 1 : project.get<int64_t>() + 1;
    auto& status = by_status[std::string(kStatuses[row.status].name)];
    status = status.is_null() ? 1 : status.get<int64_t>() + 1;
  }
  int64_t reachable = 0;
  for (UserIndex user = 0; user < has_ticket.size(); ++user) {
    if (has_ticket[user] && !world_.Persons().UsableEmail(user).empty()) ++reachable;
  }
  return nlohmann::json{{"issues", issues},
                        {"deleted", deleted},
                        {"projects", world_.Projects().size()},
                        {"users", world_.Persons().Size()},
                        {"customers", world_.Persons().Customers()},
                        {"reachable_customers", reachable},
                        {"by_project", by_project},
                        {"by_status", by_status},
                        {"events", events_.size()}}
      .dump();
}

std::optional<std::string> Truth::Issue(std::string_view key) const {
  const auto index = world_.Find(key);
  if (!index) return std::nullopt;
  std::string out;
  JsonWriter json(out);
  json.BeginObject();
  WriteTicketKeys(json, *index);
  const auto email = world_.Persons().UsableEmail(world_.Issue(*index).reporter);
  json.Key("customer").Raw(email.empty() ? "null" : '"' + std::string(email) + '"');
  json.Key("histories").BeginArray();
  for (const History& history : world_.Histories(*index)) json.Id(history.id);
  json.EndArray().Key("comments").BeginArray();
  for (const Comment& comment : world_.Comments(*index)) {
    json.BeginObject().Key("id").Id(comment.id).Key("public").Bool(comment.audience == Audience::kPublic);
    json.Key("created_ms").Int(comment.created).EndObject();
  }
  json.EndArray().EndObject();
  return out;
}

std::optional<std::string> Truth::Customer(std::string_view email, const Scope& scope) const {
  const auto user = world_.Persons().ByEmail(email);
  if (!user) return std::nullopt;
  std::vector<IssueIndex> tickets;
  for (IssueIndex index = 0; index < world_.IssueCount(); ++index) {
    if (world_.Issue(index).reporter == *user && IsWithin(scope, world_.Issue(index))) tickets.push_back(index);
  }
  std::sort(tickets.begin(), tickets.end(), [this](IssueIndex a, IssueIndex b) {
    return std::pair(world_.Issue(a).updated, a) > std::pair(world_.Issue(b).updated, b);
  });
  const Person& person = world_.Persons().At(*user);
  std::string out;
  JsonWriter json(out);
  json.BeginObject().Key("email").String(email).Key("account_id").String(person.account_id);
  json.Key("display_name").String(person.display_name);
  json.Key("visible").Bool(!world_.Persons().UsableEmail(*user).empty()).Key("tickets").BeginArray();
  for (const IssueIndex ticket : tickets) {
    json.BeginObject();
    WriteTicketKeys(json, ticket);
    json.EndObject();
  }
  json.EndArray().EndObject();
  return out;
}

std::string Truth::Customers(const Scope& scope) const {
  std::vector<IssueIndex> last(world_.Persons().Size(), kAbsent);
  std::vector<uint32_t> tickets(world_.Persons().Size());
  for (IssueIndex index = 0; index < world_.IssueCount(); ++index) {
    const IssueRow& row = world_.Issue(index);
    if (row.reporter == kAbsent || !IsWithin(scope, row)) continue;
    IssueIndex& best = last[row.reporter];
    ++tickets[row.reporter];
    if (best == kAbsent || row.updated >= world_.Issue(best).updated) best = index;  // ids ascend: the higher wins
  }
  std::string out;
  JsonWriter json(out);
  json.BeginObject().Key("customers").BeginArray();
  for (UserIndex user = 0; user < last.size(); ++user) {
    const std::string_view email = world_.Persons().UsableEmail(user);
    if (last[user] == kAbsent || email.empty()) continue;
    const Person& person = world_.Persons().At(user);
    json.BeginObject().Key("email").String(email).Key("account_id").String(person.account_id);
    json.Key("display_name").String(person.display_name).Key("count").Int(tickets[user]).Key("last").BeginObject();
    WriteTicketKeys(json, last[user]);
    json.EndObject().EndObject();
  }
  json.EndArray().EndObject();
  return out;
}

std::string Truth::Events(Millis since) const {
  std::string out = R"({"events":[)";
  bool first = true;
  for (const Fact& fact : events_) {
    if (fact.time < since) continue;
    if (!std::exchange(first, false)) out += ',';
    out += fact.json;
  }
  return out + "]}";
}

}  // namespace tajo::jira_sim
