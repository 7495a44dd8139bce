#include "simulators/jira/exact_change.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "common/base/error.h"
#include "common/json/time.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::jira_sim {
namespace {

absl::Status Refuse(std::string_view message) {
  return base::Error(jira::v1::REQUEST_INVALID, message);
}

// The text of a value that may be a number too.
std::string TextOf(const nlohmann::json& order, const char* key) {
  const auto found = order.find(key);
  if (found == order.end() || found->is_null()) return {};
  return found->is_string() ? found->get<std::string>() : found->dump();
}

template <class Types>
absl::StatusOr<uint8_t> Pick(const Types& types, const std::string& name, std::string_view what) {
  for (std::size_t i = 0; i < types.size(); ++i) {
    if (types[i].name == name) return static_cast<uint8_t>(i);
  }
  return Refuse(fmt::format("no {} '{}'", what, name));
}

template <class Things>
absl::StatusOr<uint32_t> PickThing(const Things& things, const std::string& name, std::string_view what) {
  for (std::size_t i = 0; i < things.size(); ++i) {
    if (things[i].name == name || std::to_string(things[i].id) == name) return static_cast<uint32_t>(i);
  }
  return Refuse(fmt::format("no {} '{}'", what, name));
}

class Order {
 public:
  Order(World& world, Changes& changes, const nlohmann::json& order)
      : world_(world), changes_(changes), order_(order) {}

  absl::StatusOr<std::string> Run() {
    const std::string op = Text("op");
    nlohmann::json done{{"op", op}};
    if (op == "create") {
      TAJO_RETURN_IF_ERROR(Create());
    } else if (op == "release_version" || op == "sprint_start" || op == "sprint_close") {
      TAJO_RETURN_IF_ERROR(Milestone(op));
      return done.dump();
    } else if (op == "set_version") {
      TAJO_RETURN_IF_ERROR(SetVersion());
      return done.dump();
    } else {
      const auto found = world_.Find(Text("issue"));
      if (!found) return Refuse(fmt::format("no issue '{}'", Text("issue")));
      issue_ = *found;
      TAJO_RETURN_IF_ERROR(OnIssue(op, done));
    }
    const IssueRow& row = world_.Issue(issue_);
    done["issue"] = world_.Key(row);
    done["id"] = std::to_string(World::IssueId(issue_));
    done["updated_ms"] = row.updated;
    done["status"] = kStatuses[row.status].name;
    if (const IssueExtras* extras = world_.Extras(issue_); extras != nullptr && !extras->histories.empty()) {
      done["history_id"] = std::to_string(extras->histories.back().id);
    }
    return done.dump();
  }

 private:
  std::string Text(const char* key) const { return TextOf(order_, key); }

  absl::StatusOr<UserIndex> Person(const char* key, UserIndex absent) const {
    const std::string name = Text(key);
    if (name.empty()) return absent;
    if (const auto found = world_.Persons().ByAccountId(name)) return *found;
    if (const auto found = world_.Persons().ByEmail(name)) return *found;
    return Refuse(fmt::format("'{}' is nobody here", key));
  }

  absl::Status Create() {
    NewIssue wish;
    const auto project = world_.FindProject(Text("project"));
    if (!project) return Refuse(fmt::format("no project '{}'", Text("project")));
    wish.project = *project;
    TAJO_ASSIGN_OR_RETURN(wish.type, Pick(kIssueTypes, order_.value("type", std::string("Bug")), "issue type"));
    wish.summary = order_.value("summary", std::string("Something doesn't work"));
    wish.description = order_.value("description", std::string());
    TAJO_ASSIGN_OR_RETURN(wish.reporter, Person("reporter", world_.Persons().Caller()));
    TAJO_ASSIGN_OR_RETURN(const UserIndex assignee, Person("assignee", kAbsent));
    if (assignee != kAbsent) wish.assignee = assignee;
    if (order_.contains("priority")) {
      TAJO_ASSIGN_OR_RETURN(wish.priority, Pick(kPriorities, Text("priority"), "priority"));
    }
    issue_ = changes_.Create(wish, *wish.reporter);
    return absl::OkStatus();
  }

  absl::Status Milestone(const std::string& op) {
    if (op == "release_version") {
      TAJO_ASSIGN_OR_RETURN(const uint32_t version, PickThing(world_.Versions(), Text("version"), "version"));
      changes_.ReleaseVersion(version);
      return absl::OkStatus();
    }
    TAJO_ASSIGN_OR_RETURN(const uint32_t sprint, PickThing(world_.Sprints(), Text("sprint"), "sprint"));
    if (op == "sprint_start") {
      changes_.StartSprint(sprint);
    } else {
      changes_.CloseSprint(sprint);
    }
    return absl::OkStatus();
  }

  absl::Status SetVersion() {
    TAJO_ASSIGN_OR_RETURN(const uint32_t index, PickThing(world_.Versions(), Text("version"), "version"));
    const auto date = json::ParseJiraTime(order_.value("release_date", std::string("1970-01-01")));
    if (!date) return Refuse("release_date isn't a date");
    Version& version = world_.MutableVersions()[index];
    version.released = order_.value("released", version.released);
    version.release = *date;
    return absl::OkStatus();
  }

  absl::Status OnIssue(const std::string& op, nlohmann::json& done) {
    TAJO_ASSIGN_OR_RETURN(const UserIndex actor, Person("actor", world_.Persons().Caller()));
    if (op == "transition") {
      TAJO_ASSIGN_OR_RETURN(const uint8_t status, Pick(kStatuses, Text("to"), "status"));
      TAJO_ASSIGN_OR_RETURN(const uint8_t resolution,
                            Pick(kResolutions, order_.value("resolution", std::string("Done")), "resolution"));
      changes_.Transition(issue_, status, resolution, actor);
    } else if (op == "comment") {
      return Comment(actor, done);
    } else if (op == "edit_comment" || op == "delete_comment") {
      const int64_t id = std::atoll(Text("comment").c_str());
      const bool found = op == "edit_comment" ? changes_.EditComment(issue_, id, Text("text"))
                                              : changes_.RemoveComment(issue_, id, actor);
      if (!found) return Refuse(fmt::format("no comment {}", id));
    } else if (op == "assign") {
      TAJO_ASSIGN_OR_RETURN(const UserIndex assignee, Person("assignee", kAbsent));
      changes_.Assign(issue_, assignee, actor);
    } else if (op == "reporter") {
      TAJO_ASSIGN_OR_RETURN(const UserIndex reporter, Person("reporter", kAbsent));
      changes_.SetReporter(issue_, reporter, actor);
    } else if (op == "priority") {
      TAJO_ASSIGN_OR_RETURN(const uint8_t priority, Pick(kPriorities, Text("to"), "priority"));
      changes_.SetPriority(issue_, priority, actor);
    } else if (op == "summary") {
      changes_.SetSummary(issue_, Text("text"), actor);
    } else if (op == "worklog") {
      const Worklog worklog = changes_.LogWork(issue_, order_.value("seconds", 1800), actor);
      done["worklog_id"] = std::to_string(worklog.id);
    } else if (op == "version") {
      TAJO_ASSIGN_OR_RETURN(const uint32_t version, PickThing(world_.Versions(), Text("version"), "version"));
      changes_.SetVersion(issue_, version, actor);
    } else if (op == "sprint") {
      TAJO_ASSIGN_OR_RETURN(const uint32_t sprint, PickThing(world_.Sprints(), Text("sprint"), "sprint"));
      changes_.SetSprint(issue_, sprint, actor);
    } else if (op == "move") {
      const auto project = world_.FindProject(Text("project"));
      if (!project) return Refuse(fmt::format("no project '{}'", Text("project")));
      changes_.Move(issue_, *project, actor);
    } else if (op == "delete") {
      changes_.Delete(issue_, actor);
    } else {
      return Refuse(fmt::format("no op '{}'", op));
    }
    return absl::OkStatus();
  }

  absl::Status Comment(UserIndex actor, nlohmann::json& done) {
    const std::string name = order_.value("audience", std::string("public"));
    if (name != "public" && name != "internal" && name != "restricted") return Refuse("audience?");
    const Audience audience = name == "public"     ? Audience::kPublic
                              : name == "internal" ? Audience::kInternal
                                                   : Audience::kRestricted;
    TAJO_ASSIGN_OR_RETURN(const UserIndex author, Person("author", actor));
    const jira_sim::Comment comment =
        changes_.AddComment(issue_, author, audience, order_.value("text", std::string("We are looking into it.")));
    done["comment_id"] = std::to_string(comment.id);
    return absl::OkStatus();
  }

  World& world_;
  Changes& changes_;
  const nlohmann::json& order_;
  IssueIndex issue_ = kAbsent;
};

}  // namespace

absl::StatusOr<std::string> MakeExactChange(World& world, Changes& changes, const nlohmann::json& order) {
  if (!order.is_object()) return Refuse("a change is a JSON object");
  try {
    return Order(world, changes, order).Run();
  } catch (const nlohmann::json::exception&) {
    return Refuse("a value has the wrong type");
  }
}

}  // namespace tajo::jira_sim
