#include "simulators/jira/render.h"

#include <fmt/format.h>

#include <array>

namespace tajo::jira_sim {
namespace {

constexpr std::string_view kAvatarHost = "https://avatar-management--avatars.us-west-2.prod.public.atl-paas.net/";
constexpr std::array<int, 4> kAvatarSizes{48, 24, 16, 32};

void WriteAvatars(JsonWriter& json, std::string_view account_id) {
  json.Key("avatarUrls").BeginObject();
  for (const int size : kAvatarSizes) {
    char key[8];
    const auto end = fmt::format_to_n(key, sizeof key, "{0}x{0}", size);
    json.Key({key, end.size}).BeginString().Piece(kAvatarHost).Piece(account_id).Piece("/");
    json.Piece(size).Piece("?size=").Piece(size).Piece("&s=").Piece(size).EndString();
  }
  json.EndObject();
}

void WriteSelf(JsonWriter& json, const Style& style, std::string_view resource, int64_t id) {
  json.Key("self").BeginString().Piece(style.base).Piece("/rest/api/").Piece(style.api).Piece(resource).Piece(id);
  json.EndString();
}

void WriteParagraph(JsonWriter& json, std::string_view text) {
  json.BeginObject().Key("type").String("paragraph").Key("content").BeginArray();
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    if (end != 0) json.BeginObject().Key("type").String("text").Key("text").String(text.substr(0, end)).EndObject();
    if (end == std::string_view::npos) break;
    json.BeginObject().Key("type").String("hardBreak").EndObject();
    text.remove_prefix(end + 1);
  }
  json.EndArray().EndObject();
}

std::string_view StateName(SprintState state) {
  return state == SprintState::kFuture ? "future" : state == SprintState::kActive ? "active" : "closed";
}

void WriteSprintFields(JsonWriter& json, const Sprint& sprint) {
  json.Key("state").String(StateName(sprint.state)).Key("name").String(sprint.name);
  const auto time = [&json](std::string_view key, Millis at) {
    if (at == 0) return;
    json.Key(key).BeginString().Piece(FormatDate(at)).Piece("T");
    json.Piece(
        fmt::format("{:02}:{:02}:{:02}.{:03}Z", at / 3'600'000 % 24, at / 60'000 % 60, at / 1000 % 60, at % 1000));
    json.EndString();
  };
  time("startDate", sprint.start);
  time("endDate", sprint.end);
  time("completeDate", sprint.complete);
  time("createdDate", sprint.created);
}

}  // namespace

void WritePerson(JsonWriter& json, const World& world, UserIndex user, const Style& style) {
  const Person& person = world.Persons().At(user);
  json.BeginObject().Key("self").BeginString().Piece(style.base).Piece("/rest/api/").Piece(style.api);
  json.Piece("/user?accountId=").Piece(person.account_id).EndString();
  json.Key("accountId").String(person.account_id);
  if (!style.without_email) {
    if (person.visibility == EmailVisibility::kVisible) {
      json.Key("emailAddress").String(person.email);
    } else if (person.visibility == EmailVisibility::kQuestionMark) {
      json.Key("emailAddress").String("?");
    }
  }
  WriteAvatars(json, person.account_id);
  json.Key("displayName").String(person.display_name).Key("active").Bool(person.active);
  json.Key("timeZone").String(style.zone->Name());
  constexpr std::array<std::string_view, 3> kTypes{"atlassian", "app", "customer"};
  json.Key("accountType").String(person.account_id == "unknown" ? "unknown" : kTypes[static_cast<int>(person.type)]);
  json.EndObject();
}

void WritePersonOrNull(JsonWriter& json, const World& world, UserIndex user, const Style& style) {
  if (user == kAbsent) {
    json.Null();
  } else {
    WritePerson(json, world, user, style);
  }
}

void WriteStatus(JsonWriter& json, uint8_t status, const Style& style) {
  const StatusType& type = kStatuses[status];
  const CategoryType& category = kCategories[static_cast<std::size_t>(type.category)];
  json.BeginObject();
  WriteSelf(json, style, "/status/", type.id);
  json.Key("description").String("").Key("iconUrl").BeginString().Piece(style.base).Piece("/").EndString();
  json.Key("name").String(type.name).Key("id").Id(type.id).Key("statusCategory").BeginObject();
  WriteSelf(json, style, "/statuscategory/", category.id);
  json.Key("id").Int(category.id).Key("key").String(category.key).Key("colorName").String(category.color);
  json.Key("name").String(category.name).EndObject().EndObject();
}

void WritePriority(JsonWriter& json, uint8_t priority, const Style& style) {
  const NamedType& type = kPriorities[priority];
  json.BeginObject();
  WriteSelf(json, style, "/priority/", type.id);
  json.Key("iconUrl").BeginString().Piece(style.base).Piece("/images/icons/priorities/").Piece(type.name);
  json.Piece("_new.svg").EndString().Key("name").String(type.name).Key("id").Id(type.id).EndObject();
}

void WriteResolution(JsonWriter& json, uint8_t resolution, const Style& style) {
  if (resolution == kUnresolved) {
    json.Null();
    return;
  }
  const NamedType& type = kResolutions[resolution];
  json.BeginObject();
  WriteSelf(json, style, "/resolution/", type.id);
  json.Key("id").Id(type.id).Key("description").String("").Key("name").String(type.name).EndObject();
}

void WriteIssueType(JsonWriter& json, uint8_t type, const Style& style) {
  const NamedType& named = kIssueTypes[type];
  json.BeginObject();
  WriteSelf(json, style, "/issuetype/", named.id);
  json.Key("id").Id(named.id).Key("description").String("").Key("iconUrl").BeginString().Piece(style.base);
  json.Piece("/rest/api/2/universal_avatar/view/type/issuetype/avatar/10318?size=medium").EndString();
  json.Key("name").String(named.name).Key("subtask").Bool(false).Key("avatarId").Int(10318);
  json.Key("hierarchyLevel").Int(0).EndObject();
}

void WriteProject(JsonWriter& json, const Project& project, const Style& style) {
  json.BeginObject();
  WriteSelf(json, style, "/project/", project.id);
  json.Key("id").Id(project.id).Key("key").String(project.key).Key("name").String(project.name);
  json.Key("projectTypeKey").String(project.service_desk ? "service_desk" : "software");
  json.Key("simplified").Bool(false).Key("avatarUrls").BeginObject();
  constexpr std::array<std::string_view, 4> kSizes{"48x48", "24x24", "16x16", "32x32"};
  for (const std::string_view size : kSizes) {
    json.Key(size).BeginString().Piece(style.base).Piece("/rest/api/").Piece(style.api);
    json.Piece("/universal_avatar/view/type/project/avatar/10400").EndString();
  }
  json.EndObject().EndObject();
}

void WriteVersion(JsonWriter& json, const World& world, const Version& version, Millis now, const Style& style) {
  json.BeginObject();
  WriteSelf(json, style, "/version/", version.id);
  json.Key("id").Id(version.id).Key("description").String("").Key("name").String(version.name);
  json.Key("archived").Bool(version.archived).Key("released").Bool(version.released);
  if (version.start != 0) json.Key("startDate").Date(version.start);
  if (version.release != 0) {
    json.Key("releaseDate").Date(version.release);
    json.Key("overdue").Bool(!version.released && version.release < now);
    constexpr std::array<std::string_view, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const std::string date = FormatDate(version.release);
    const auto month = static_cast<std::size_t>((date[5] - '0') * 10 + date[6] - '1');
    json.Key("userReleaseDate").String(date.substr(8, 2) + '/' + std::string(kMonths[month]) + '/' + date.substr(2, 2));
  }
  json.Key("projectId").Int(world.Projects()[version.project].id).EndObject();
}

void WriteSprint(JsonWriter& json, const Sprint& sprint, const Style& style) {
  json.BeginObject().Key("id").Int(sprint.id).Key("self").BeginString().Piece(style.base);
  json.Piece("/rest/agile/1.0/sprint/").Piece(sprint.id).EndString();
  WriteSprintFields(json, sprint);
  json.Key("originBoardId").Int(sprint.board).Key("goal").String(sprint.goal).EndObject();
}

void WriteSprintValue(JsonWriter& json, const Sprint& sprint) {
  json.BeginObject().Key("id").Int(sprint.id);
  WriteSprintFields(json, sprint);
  json.Key("boardId").Int(sprint.board).Key("goal").String(sprint.goal).EndObject();
}

void WriteComment(JsonWriter& json, const World& world, IssueIndex issue, const Comment& comment, const Style& style,
                  bool with_properties) {
  json.BeginObject().Key("self").BeginString().Piece(style.base).Piece("/rest/api/").Piece(style.api).Piece("/issue/");
  json.Piece(World::IssueId(issue)).Piece("/comment/").Piece(comment.id).EndString();
  json.Key("id").Id(comment.id).Key("author");
  WritePersonOrNull(json, world, comment.author, style);
  json.Key("body");
  WriteRichText(json, comment.text, style);
  json.Key("updateAuthor");
  WritePersonOrNull(json, world, comment.author, style);
  json.Key("created").Time(comment.created, *style.zone).Key("updated").Time(comment.updated, *style.zone);
  json.Key("jsdPublic").Bool(comment.audience != Audience::kInternal);
  if (comment.audience == Audience::kRestricted) {
    json.Key("visibility").BeginObject().Key("type").String("role").Key("value").String("Developers");
    json.Key("identifier").String("Developers").EndObject();
  }
  if (with_properties && comment.audience == Audience::kInternal) {
    json.Key("properties").BeginArray().BeginObject().Key("key").String("sd.public.comment").Key("value");
    json.BeginObject().Key("internal").Bool(true).EndObject().EndObject().EndArray();
  }
  json.EndObject();
}

void WriteWorklog(JsonWriter& json, const World& world, const Worklog& worklog, const Style& style) {
  json.BeginObject().Key("self").BeginString().Piece(style.base).Piece("/rest/api/").Piece(style.api).Piece("/issue/");
  json.Piece(World::IssueId(worklog.issue)).Piece("/worklog/").Piece(worklog.id).EndString();
  json.Key("author");
  WritePersonOrNull(json, world, worklog.author, style);
  json.Key("updateAuthor");
  WritePersonOrNull(json, world, worklog.author, style);
  json.Key("comment");
  WriteRichText(json, "Looked into it", style);
  json.Key("created").Time(worklog.created, *style.zone).Key("updated").Time(worklog.updated, *style.zone);
  json.Key("started").Time(worklog.started, *style.zone).Key("timeSpent").String(FormatSpent(worklog.seconds));
  json.Key("timeSpentSeconds").Int(worklog.seconds).Key("id").Id(worklog.id);
  json.Key("issueId").Id(World::IssueId(worklog.issue)).EndObject();
}

void WriteHistoryItems(JsonWriter& json, std::span<const HistoryItem> items, Medium medium) {
  const auto text = [&json](std::string_view key, const std::string& value) {
    json.Key(key);
    if (value.empty()) {
      json.Null();
    } else {
      json.String(value);
    }
  };
  json.BeginArray();
  for (const HistoryItem& item : items) {
    json.BeginObject().Key("field").String(item.field);
    json.Key("fieldtype").String(item.field_id.starts_with("customfield_") ? "custom" : "jira");
    json.Key("fieldId").String(item.field_id);
    text("from", item.from);
    text("fromString", item.from_string);
    text("to", item.to);
    text("toString", item.to_string);
    if (medium == Medium::kWebhook && (item.field == "assignee" || item.field == "reporter")) {
      text("tmpFromAccountId", item.from);
      text("tmpToAccountId", item.to);
    }
    json.EndObject();
  }
  json.EndArray();
}

void WriteHistory(JsonWriter& json, const World& world, const History& history, const Style& style) {
  json.BeginObject().Key("id").Id(history.id).Key("author");
  WritePersonOrNull(json, world, history.author, style);
  json.Key("created").Time(history.created, *style.zone).Key("items");
  WriteHistoryItems(json, history.items, Medium::kRest);
  json.EndObject();
}

void WriteRichText(JsonWriter& json, std::string_view text, const Style& style) {
  if (text.empty()) {
    json.Null();
    return;
  }
  if (style.api == 2) {
    json.String(text);
    return;
  }
  json.BeginObject().Key("type").String("doc").Key("version").Int(1).Key("content").BeginArray();
  while (true) {
    const std::size_t end = text.find("\n\n");
    WriteParagraph(json, text.substr(0, end));
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 2);
  }
  json.EndArray().EndObject();
}

std::string FormatSpent(int64_t seconds) {
  const int64_t minutes = seconds / 60;
  if (minutes % 60 == 0) return fmt::format("{}h", minutes / 60);
  return minutes < 60 ? fmt::format("{}m", minutes) : fmt::format("{}h {}m", minutes / 60, minutes % 60);
}

}  // namespace tajo::jira_sim
