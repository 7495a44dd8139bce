#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "simulators/jira/router.h"
#include "simulators/jira/site.h"

namespace tajo::jira_sim {
namespace {

using Type = BodyKey::Type;

constexpr std::size_t kMostBulk = 100;
constexpr std::size_t kMostNarrowBulk = 1000;

Answer GetIssue(Site& site, Call& call) {
  const auto index = site.world.Find(call.parameters[0]);
  if (!index) return Refusal(404, kNoIssue);
  IssueView view = MakeView(call.QueryList("fields"), "*all");
  view.only_id = false;
  view.properties = call.QueryList("properties");
  for (const std::string& expand : call.QueryList("expand")) ApplyExpand(view, expand);
  ++call.points;
  std::string body;
  JsonWriter json(body);
  WriteIssue(json, site.world, *index, site.world.Issue(*index), view, call.style);
  return JsonAnswer(200, std::move(body));
}

// Up to 1,000 issues where every field is named and none is of many values.
bool IsNarrow(const nlohmann::json& body) {
  if (!body.contains("fields") || body["fields"].empty() || body["fields"].size() > 100) return false;
  for (const std::string field : body["fields"]) {
    if (field.starts_with('*') || field == "comment" || field == "worklog" || field == "attachment") return false;
  }
  for (const std::string& expand : body.value("expand", std::vector<std::string>())) {
    if (expand != "names" && expand != "schema") return false;
  }
  return true;
}

Answer BulkFetch(Site& site, Call& call) {
  nlohmann::json body;
  if (auto refused = ReadBody(call, site.violations,
                              {{"issueIdsOrKeys", Type::kStrings, true},
                               {"fields", Type::kStrings},
                               {"expand", Type::kStrings},
                               {"properties", Type::kStrings},
                               {"fieldsByKeys", Type::kBool}},
                              body)) {
    return *std::move(refused);
  }
  const std::size_t most = IsNarrow(body) ? kMostNarrowBulk : kMostBulk;
  if (body["issueIdsOrKeys"].empty() || body["issueIdsOrKeys"].size() > most) {
    site.violations.Count("bulkfetch_over_limit", fmt::format("{} issues", body["issueIdsOrKeys"].size()));
    return Refusal(400, fmt::format("The number of issues to fetch must be between 1 and {}.", most));
  }
  IssueView view = MakeView(body.value("fields", std::vector<std::string>()), "*navigable");
  view.only_id = false;
  view.properties = body.value("properties", std::vector<std::string>());
  for (const std::string& expand : body.value("expand", std::vector<std::string>())) ApplyExpand(view, expand);
  std::vector<IssueIndex> found;
  for (const std::string id : body["issueIdsOrKeys"]) {
    if (const auto index = site.world.Find(id)) found.push_back(*index);
  }
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  call.points += static_cast<int64_t>(found.size());
  std::string out;
  JsonWriter json(out);
  json.BeginObject().Key("issues").BeginArray();
  for (const IssueIndex index : found) WriteIssue(json, site.world, index, site.world.Issue(index), view, call.style);
  // What isn't visible stands in neither array.
  json.EndArray().Key("issueErrors").BeginArray().EndArray();
  if (view.names) WriteNames(json, view);
  json.EndObject();
  return JsonAnswer(200, std::move(out));
}

std::optional<std::string> PlainText(const nlohmann::json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (!value.is_object()) return std::nullopt;
  if (value.value("type", std::string()) == "text") return value.value("text", std::string());
  std::string out;
  for (const auto& child : value.value("content", nlohmann::json::array())) {
    if (const auto text = PlainText(child))
      out += (out.empty() || child.value("type", "") == "text" ? "" : "\n\n") + *text;
  }
  return out;
}

Answer FieldErrors(const nlohmann::json& errors) {
  return JsonAnswer(400, nlohmann::json{{"errorMessages", nlohmann::json::array()}, {"errors", errors}}.dump());
}

constexpr std::size_t kMostPropertyKey = 255;
constexpr std::size_t kMostPropertyValue = 32'768;

// [{"key", "value"}] of a body; what is wrong with it otherwise.
std::optional<std::string> ReadProperties(const nlohmann::json& list, std::map<std::string, std::string>& properties) {
  for (const nlohmann::json& item : list) {
    if (!item.is_object() || item.size() != 2 || !item.contains("value") || !item.contains("key") ||
        !item["key"].is_string()) {
      return "A property is an object of a key and a value.";
    }
    const std::string key = item["key"].get<std::string>();
    std::string value = item["value"].dump();
    if (key.empty() || key.size() > kMostPropertyKey) return "The property key must have 1 to 255 characters.";
    if (value.size() > kMostPropertyValue) return "The property value must be at most 32768 characters.";
    if (!properties.emplace(key, std::move(value)).second) return "A property key stands twice.";
  }
  return std::nullopt;
}

Answer CreateIssue(Site& site, Call& call) {
  nlohmann::json body;
  if (auto refused = ReadBody(call, site.violations,
                              {{"fields", Type::kObject, true},
                               {"update", Type::kObject},
                               {"historyMetadata", Type::kObject},
                               {"properties", Type::kArray},
                               {"transition", Type::kObject}},
                              body)) {
    return *std::move(refused);
  }
  if (site.IsRepeatedCreate(call.body)) {
    site.violations.Count("post_repeated", "POST issue: the same body again within ten minutes");
  }
  const nlohmann::json& fields = body["fields"];
  nlohmann::json errors = nlohmann::json::object();
  const auto reference = [&fields](const char* field, std::initializer_list<const char*> names) -> std::string {
    const auto found = fields.find(field);
    if (found == fields.end() || !found->is_object()) return {};
    for (const char* name : names) {
      if (found->contains(name) && (*found)[name].is_string()) return (*found)[name].get<std::string>();
    }
    return {};
  };
  const auto pick = [](const auto& types, std::string_view text) -> std::optional<uint8_t> {
    for (std::size_t i = 0; i < types.size(); ++i) {
      if (types[i].name == text || std::to_string(types[i].id) == text) return static_cast<uint8_t>(i);
    }
    return std::nullopt;
  };
  NewIssue wish;
  const auto project = site.world.FindProject(reference("project", {"id", "key"}));
  if (!project) errors["project"] = "valid project is required";
  const auto type = pick(kIssueTypes, reference("issuetype", {"id", "name"}));
  if (!type) errors["issuetype"] = "Specify an issue type";
  if (!fields.contains("summary") || !fields["summary"].is_string() || fields["summary"] == "") {
    errors["summary"] = "You must specify a summary of the issue.";
  }
  if (call.style.api == 3 && fields.contains("description") && fields["description"].is_string()) {
    errors["description"] = "Operation value must be an Atlassian Document (see the Atlassian Document Format)";
  }
  for (const auto& [name, value] : fields.items()) {
    const auto& all = AllFields();
    if (std::none_of(all.begin(), all.end(), [&name = name](const FieldType& field) { return field.id == name; })) {
      errors[name] = fmt::format("Field '{}' cannot be set. It is not on the appropriate screen, or unknown.", name);
    }
  }
  if (const std::string reporter = reference("reporter", {"accountId", "id"}); !reporter.empty()) {
    wish.reporter = site.world.Persons().ByAccountId(reporter);
    if (!wish.reporter) errors["reporter"] = "The reporter specified is not a user.";
  }
  if (const std::string priority = reference("priority", {"id", "name"}); !priority.empty()) {
    wish.priority = pick(kPriorities, priority);
    if (!wish.priority) errors["priority"] = "Specify a valid 'id' or 'name' for priority";
  }
  if (!errors.empty()) return FieldErrors(errors);
  if (const auto problem = ReadProperties(body.value("properties", nlohmann::json::array()), wish.properties)) {
    site.violations.Count("properties_invalid", "POST issue: " + *problem);
    return Refusal(400, *problem);
  }
  wish.project = *project;
  wish.type = *type;
  wish.summary = fields["summary"].get<std::string>();
  if (fields.contains("description")) wish.description = PlainText(fields["description"]);
  const IssueIndex index = site.changes.Create(wish, site.world.Persons().Caller());
  std::string out;
  JsonWriter json(out);
  json.BeginObject().Key("id").Id(World::IssueId(index)).Key("key").String(site.world.Key(site.world.Issue(index)));
  json.Key("self").BeginString().Piece(call.style.base).Piece("/rest/api/").Piece(call.style.api).Piece("/issue/");
  json.Piece(World::IssueId(index)).EndString().EndObject();
  return JsonAnswer(201, std::move(out));
}

Answer PropertyKeys(Site& site, Call& call) {
  const auto index = site.world.Find(call.parameters[0]);
  if (!index) return Refusal(404, kNoIssue);
  nlohmann::json keys = nlohmann::json::array();
  if (const IssueExtras* extras = site.world.Extras(*index)) {
    for (const auto& [key, value] : extras->properties) {
      keys.push_back({{"key", key},
                      {"self", fmt::format("{}/rest/api/{}/issue/{}/properties/{}", call.style.base, call.style.api,
                                           World::IssueId(*index), key)}});
    }
  }
  return JsonAnswer(200, nlohmann::json{{"keys", keys}}.dump());
}

Answer GetProperty(Site& site, Call& call) {
  const auto index = site.world.Find(call.parameters[0]);
  const IssueExtras* extras = index ? site.world.Extras(*index) : nullptr;
  if (!index) return Refusal(404, kNoIssue);
  const auto found = extras == nullptr ? std::map<std::string, std::string>::const_iterator()
                                       : extras->properties.find(call.parameters[1]);
  if (extras == nullptr || found == extras->properties.end()) {
    return Refusal(404, fmt::format("The property '{}' was not found.", call.parameters[1]));
  }
  std::string out;
  JsonWriter json(out);
  json.BeginObject().Key("key").String(call.parameters[1]).Key("value").Raw(found->second).EndObject();
  return JsonAnswer(200, std::move(out));
}

Answer PutProperty(Site& site, Call& call) {
  const auto index = site.world.Find(call.parameters[0]);
  if (!index) return Refusal(404, kNoIssue);
  const auto value = nlohmann::json::parse(call.body, nullptr, false);
  if (value.is_discarded() || call.body.size() > kMostPropertyValue || call.parameters[1].size() > kMostPropertyKey) {
    return Refusal(400, "The property value must be valid JSON of at most 32768 characters.");
  }
  const bool existed = site.changes.SetProperty(*index, call.parameters[1], value.dump());
  return JsonAnswer(existed ? 200 : 201, "{}");
}

Answer DeleteProperty(Site& site, Call& call) {
  const auto index = site.world.Find(call.parameters[0]);
  if (!index || !site.changes.RemoveProperty(*index, call.parameters[1])) return Refusal(404, "Property not found.");
  return JsonAnswer(204, "");
}

}  // namespace

void AddIssueRoutes(Router& router) {
  const RouteTraits read{.scopes = {"read:jira-work"}};
  const RouteTraits write{.scopes = {"write:jira-work"}};
  router.Add("POST", "/api/issue/bulkfetch", BulkFetch, read);
  router.Add("GET", "/api/issue/{}", GetIssue, read);
  router.Add("POST", "/api/issue", CreateIssue, write);
  router.Add("GET", "/api/issue/{}/properties", PropertyKeys, read);
  router.Add("GET", "/api/issue/{}/properties/{}", GetProperty, read);
  router.Add("PUT", "/api/issue/{}/properties/{}", PutProperty, write);
  router.Add("DELETE", "/api/issue/{}/properties/{}", DeleteProperty, write);
}

}  // namespace tajo::jira_sim
