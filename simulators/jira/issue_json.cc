#include "simulators/jira/issue_json.h"

#include <fmt/format.h>

#include <algorithm>

namespace tajo::jira_sim {

// One issue while its fields are written.
class IssueFields {
 public:
  JsonWriter& json;
  const World& world;
  IssueIndex index;
  const IssueRow& row;
  const Style& style;
};

namespace {

constexpr std::size_t kEmbeddedComments = 20;
constexpr std::size_t kEmbeddedHistories = 40;

using F = IssueFields;

void Null(F& f) {
  f.json.Null();
}
void EmptyArray(F& f) {
  f.json.BeginArray().EndArray();
}
void Seconds(F& f, int32_t seconds) {
  if (seconds == 0) {
    f.json.Null();
  } else {
    f.json.Int(seconds);
  }
}

void Comments(F& f) {
  const std::vector<Comment> all = f.world.Comments(f.index);
  const std::size_t shown = std::min(all.size(), kEmbeddedComments);
  f.json.BeginObject().Key("comments").BeginArray();
  for (std::size_t i = all.size() - shown; i < all.size(); ++i) {
    WriteComment(f.json, f.world, f.index, all[i], f.style, false);
  }
  f.json.EndArray().Key("self").BeginString().Piece(f.style.base).Piece("/rest/api/").Piece(f.style.api);
  f.json.Piece("/issue/").Piece(World::IssueId(f.index)).Piece("/comment").EndString();
  f.json.Key("maxResults").Int(static_cast<int64_t>(shown)).Key("total").Int(static_cast<int64_t>(all.size()));
  f.json.Key("startAt").Int(0).EndObject();
}

void Worklogs(F& f) {
  const std::vector<Worklog> all = f.world.Worklogs(f.index);
  f.json.BeginObject().Key("startAt").Int(0).Key("maxResults").Int(20);
  f.json.Key("total").Int(static_cast<int64_t>(all.size())).Key("worklogs").BeginArray();
  for (std::size_t i = 0; i < std::min<std::size_t>(all.size(), 20); ++i)
    WriteWorklog(f.json, f.world, all[i], f.style);
  f.json.EndArray().EndObject();
}

void FixVersions(F& f) {
  f.json.BeginArray();
  if (f.row.version != kAbsent)
    WriteVersion(f.json, f.world, f.world.Versions()[f.row.version], f.row.updated, f.style);
  f.json.EndArray();
}

void Sprints(F& f) {
  if (f.row.sprint == kAbsent) {
    f.json.Null();
    return;
  }
  f.json.BeginArray();
  if (f.row.past_sprint != kAbsent) WriteSprintValue(f.json, f.world.Sprints()[f.row.past_sprint]);
  WriteSprintValue(f.json, f.world.Sprints()[f.row.sprint]);
  f.json.EndArray();
}

void Labels(F& f) {
  f.json.BeginArray();
  for (std::size_t i = 0; i < kLabels.size(); ++i) {
    if ((f.row.labels >> i & 1) != 0) f.json.String(kLabels[i]);
  }
  f.json.EndArray();
}

void TimeTracking(F& f) {
  f.json.BeginObject();
  if (f.row.estimate_seconds != 0) {
    f.json.Key("originalEstimate").String(FormatSpent(f.row.estimate_seconds));
    f.json.Key("remainingEstimate").String(FormatSpent(f.row.remaining_seconds));
    f.json.Key("originalEstimateSeconds").Int(f.row.estimate_seconds);
    f.json.Key("remainingEstimateSeconds").Int(f.row.remaining_seconds);
  }
  if (f.row.spent_seconds != 0) {
    f.json.Key("timeSpent").String(FormatSpent(f.row.spent_seconds));
    f.json.Key("timeSpentSeconds").Int(f.row.spent_seconds);
  }
  f.json.EndObject();
}

void Progress(F& f) {
  f.json.BeginObject().Key("progress").Int(f.row.spent_seconds);
  f.json.Key("total").Int(f.row.spent_seconds + f.row.remaining_seconds).EndObject();
}

void Watches(F& f) {
  f.json.BeginObject().Key("self").BeginString().Piece(f.style.base).Piece("/rest/api/").Piece(f.style.api);
  f.json.Piece("/issue/").Piece(World::IssueId(f.index)).Piece("/watchers").EndString();
  f.json.Key("watchCount").Int(1).Key("isWatching").Bool(false).EndObject();
}

void WriteCategory(F& f) {
  const CategoryType& category = kCategories[static_cast<std::size_t>(kStatuses[f.row.status].category)];
  f.json.BeginObject().Key("self").BeginString().Piece(f.style.base).Piece("/rest/api/").Piece(f.style.api);
  f.json.Piece("/statuscategory/").Piece(category.id).EndString().Key("id").Int(category.id);
  f.json.Key("key").String(category.key).Key("colorName").String(category.color);
  f.json.Key("name").String(category.name).EndObject();
}

void Points(F& f) {
  if (f.row.points == 0) {
    f.json.Null();
  } else {
    f.json.Raw(fmt::format("{}.0", f.row.points));
  }
}

}  // namespace

const std::vector<FieldType>& AllFields() {
  static const std::vector<FieldType> fields{
      {"statuscategorychangedate", "Status Category Changed", "datetime", "", true,
       [](F& f) { f.json.Time(f.row.status_changed, *f.style.zone); }},
      {"issuetype", "Issue Type", "issuetype", "", true, [](F& f) { WriteIssueType(f.json, f.row.type, f.style); }},
      {"timespent", "Time Spent", "number", "", false, [](F& f) { Seconds(f, f.row.spent_seconds); }},
      {"project", "Project", "project", "", true,
       [](F& f) { WriteProject(f.json, f.world.Projects()[f.row.project], f.style); }},
      {"fixVersions", "Fix versions", "array:version", "", true, FixVersions},
      {"versions", "Affects versions", "array:version", "", true, EmptyArray},
      {"aggregatetimespent", "Σ Time Spent", "number", "", true, [](F& f) { Seconds(f, f.row.spent_seconds); }},
      {"statusCategory", "Status Category", "statusCategory", "", true, WriteCategory},
      {"resolution", "Resolution", "resolution", "", true,
       [](F& f) { WriteResolution(f.json, f.row.resolution, f.style); }},
      {"resolutiondate", "Resolved", "datetime", "", true, [](F& f) { f.json.Time(f.row.resolved, *f.style.zone); }},
      {"workratio", "Work Ratio", "number", "", true, [](F& f) { f.json.Int(-1); }},
      {"watches", "Watchers", "watches", "", true, Watches},
      {"lastViewed", "Last Viewed", "datetime", "", true, Null},
      {"created", "Created", "datetime", "", true, [](F& f) { f.json.Time(f.row.created, *f.style.zone); }},
      {"priority", "Priority", "priority", "", true, [](F& f) { WritePriority(f.json, f.row.priority, f.style); }},
      {"customfield_10016", "Story point estimate", "number", "com.pyxis.greenhopper.jira:jsw-story-points", true,
       Points},
      {"customfield_10019", "Rank", "any", "com.pyxis.greenhopper.jira:gh-lexo-rank", true,
       [](F& f) { f.json.BeginString().Piece("0|i").Piece(World::IssueId(f.index)).Piece(":").EndString(); }},
      {"customfield_10020", "Sprint", "array:json", "com.pyxis.greenhopper.jira:gh-sprint", true, Sprints},
      {"labels", "Labels", "array:string", "", true, Labels},
      {"timeestimate", "Remaining Estimate", "number", "", false, [](F& f) { Seconds(f, f.row.remaining_seconds); }},
      {"aggregatetimeoriginalestimate", "Σ Original Estimate", "number", "", true,
       [](F& f) { Seconds(f, f.row.estimate_seconds); }},
      {"timeoriginalestimate", "Original estimate", "number", "", false,
       [](F& f) { Seconds(f, f.row.estimate_seconds); }},
      {"aggregatetimeestimate", "Σ Remaining Estimate", "number", "", true,
       [](F& f) { Seconds(f, f.row.remaining_seconds); }},
      {"timetracking", "Time tracking", "timetracking", "", false, TimeTracking},
      {"issuelinks", "Linked Issues", "array:issuelinks", "", true, EmptyArray},
      {"assignee", "Assignee", "user", "", true,
       [](F& f) { WritePersonOrNull(f.json, f.world, f.row.assignee, f.style); }},
      {"updated", "Updated", "datetime", "", true, [](F& f) { f.json.Time(f.row.updated, *f.style.zone); }},
      {"status", "Status", "status", "", true, [](F& f) { WriteStatus(f.json, f.row.status, f.style); }},
      {"components", "Components", "array:component", "", true, EmptyArray},
      {"description", "Description", "string", "", true,
       [](F& f) { WriteRichText(f.json, f.world.Description(f.index), f.style); }},
      {"environment", "Environment", "string", "", true, Null},
      {"security", "Security Level", "securitylevel", "", true, Null},
      {"attachment", "Attachment", "array:attachment", "", false, EmptyArray},
      {"summary", "Summary", "string", "", true, [](F& f) { f.json.String(f.world.Summary(f.index)); }},
      {"creator", "Creator", "user", "", true,
       [](F& f) { WritePersonOrNull(f.json, f.world, f.row.reporter, f.style); }},
      {"subtasks", "Sub-tasks", "array:issuelinks", "", true, EmptyArray},
      {"reporter", "Reporter", "user", "", true,
       [](F& f) { WritePersonOrNull(f.json, f.world, f.row.reporter, f.style); }},
      {"aggregateprogress", "Σ Progress", "progress", "", true, Progress},
      {"progress", "Progress", "progress", "", true, Progress},
      {"votes", "Votes", "votes", "", true,
       [](F& f) { f.json.BeginObject().Key("votes").Int(0).Key("hasVoted").Bool(false).EndObject(); }},
      {"duedate", "Due date", "date", "", true, Null},
      {"comment", "Comment", "comments-page", "", false, Comments},
      {"worklog", "Log Work", "array:worklog", "", false, Worklogs},
  };
  return fields;
}

IssueView MakeView(const std::vector<std::string>& wanted, std::string_view absent) {
  std::vector<std::string> names;
  for (const std::string& entry : wanted) {
    std::size_t begin = 0;
    while (begin <= entry.size()) {
      const std::size_t end = std::min(entry.find(',', begin), entry.size());
      std::string name = entry.substr(begin, end - begin);
      name.erase(0, std::min(name.find_first_not_of(' '), name.size()));
      if (!name.empty()) names.push_back(std::move(name));
      begin = end + 1;
    }
  }
  if (names.empty()) names.emplace_back(absent);
  const bool only_removals = std::all_of(names.begin(), names.end(), [](const auto& n) { return n[0] == '-'; });
  if (only_removals) names.insert(names.begin(), "*navigable");

  IssueView view;
  view.only_id = std::all_of(names.begin(), names.end(), [](const auto& n) { return n == "id"; });
  view.without_fields = std::all_of(names.begin(), names.end(), [](const auto& n) { return n == "id" || n == "key"; });
  for (const FieldType& field : AllFields()) {
    bool shown = false;
    for (const std::string& name : names) {
      if (name == "*all" || name == field.id || (name == "*navigable" && field.navigable)) shown = true;
      if (name[0] == '-' && std::string_view(name).substr(1) == field.id) shown = false;
    }
    if (shown) view.fields.push_back(&field);
  }
  return view;
}

bool ApplyExpand(IssueView& view, std::string_view expand) {
  if (expand == "changelog") {
    view.changelog = true;
  } else if (expand == "renderedFields") {
    view.rendered = true;
  } else if (expand == "names" || expand == "schema") {
    view.names = true;
  } else if (expand == "transitions") {
    view.transitions = true;
  } else {
    return expand == "operations" || expand == "editmeta" || expand == "versionedRepresentations" || expand.empty();
  }
  return true;
}

void WriteIssue(JsonWriter& json, const World& world, IssueIndex index, const IssueRow& row, const IssueView& view,
                const Style& style) {
  json.BeginObject();
  if (view.only_id) {
    json.Key("id").Id(World::IssueId(index)).EndObject();
    return;
  }
  json.Key("expand").String("operations,versionedRepresentations,editmeta,changelog,renderedFields");
  json.Key("id").Id(World::IssueId(index)).Key("self").BeginString().Piece(style.base).Piece("/rest/api/");
  json.Piece(style.api).Piece("/issue/").Piece(World::IssueId(index)).EndString();
  json.Key("key").BeginString().Piece(world.Projects()[row.project].key).Piece("-").Piece(int64_t{row.number});
  json.EndString();
  if (!view.without_fields) {
    IssueFields fields{json, world, index, row, style};
    json.Key("fields").BeginObject();
    for (const FieldType* field : view.fields) {
      json.Key(field->id);
      field->write(fields);
    }
    json.EndObject();
  }
  if (view.changelog) {
    const std::vector<History> histories = world.Histories(index);
    const std::size_t shown = std::min(histories.size(), kEmbeddedHistories);
    json.Key("changelog").BeginObject().Key("startAt").Int(0).Key("maxResults").Int(static_cast<int64_t>(shown));
    json.Key("total").Int(static_cast<int64_t>(histories.size())).Key("histories").BeginArray();
    for (std::size_t i = 0; i < shown; ++i) WriteHistory(json, world, histories[histories.size() - 1 - i], style);
    json.EndArray().EndObject();
  }
  if (view.rendered) {
    json.Key("renderedFields").BeginObject().Key("description");
    json.String(fmt::format("<p>{}</p>", world.Summary(index))).EndObject();
  }
  if (view.transitions) json.Key("transitions").BeginArray().EndArray();
  if (!view.properties.empty()) {
    json.Key("properties").BeginObject();
    const IssueExtras* extras = world.Extras(index);
    for (const std::string& key : view.properties) {
      if (extras == nullptr) break;
      if (const auto found = extras->properties.find(key); found != extras->properties.end()) {
        json.Key(key).Raw(found->second);
      }
    }
    json.EndObject();
  }
  json.EndObject();
}

void WriteFieldSchema(JsonWriter& json, const FieldType& field) {
  json.BeginObject();
  const std::size_t colon = field.schema.find(':');
  json.Key("type").String(field.schema.substr(0, colon));
  if (colon != std::string_view::npos) json.Key("items").String(field.schema.substr(colon + 1));
  if (field.custom.empty()) {
    json.Key("system").String(field.id);
  } else {
    json.Key("custom")
        .String(field.custom)
        .Key("customId")
        .Raw(field.id.substr(std::string_view("customfield_").size()));
  }
  json.EndObject();
}

void WriteNames(JsonWriter& json, const IssueView& view) {
  json.Key("names").BeginObject();
  for (const FieldType* field : view.fields) json.Key(field->id).String(field->name);
  json.EndObject().Key("schema").BeginObject();
  for (const FieldType* field : view.fields) {
    json.Key(field->id);
    WriteFieldSchema(json, *field);
  }
  json.EndObject();
}

}  // namespace tajo::jira_sim
