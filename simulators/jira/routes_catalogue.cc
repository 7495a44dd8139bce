#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "simulators/jira/router.h"
#include "simulators/jira/site.h"

namespace tajo::jira_sim {
namespace {

template <class Things, class Write>
Answer ArrayOf(const Things& things, Write write) {
  std::string body;
  JsonWriter json(body);
  json.BeginArray();
  for (std::size_t i = 0; i < things.size(); ++i) write(json, static_cast<uint8_t>(i));
  json.EndArray();
  return JsonAnswer(200, std::move(body));
}

Answer ServerInfo(Site& site, Call& call) {
  std::string body;
  JsonWriter json(body);
  json.BeginObject().Key("baseUrl").String(site.SiteUrl()).Key("displayUrl").String(site.SiteUrl());
  json.Key("version").String("1001.0.0-SNAPSHOT").Key("versionNumbers").Raw("[1001,0,0]");
  json.Key("deploymentType").String("Cloud").Key("buildNumber").Int(100'300);
  json.Key("serverTime").Time(site.Now(), *call.style.zone).Key("serverTitle").String("Jira");
  json.Key("serverTimeZone").String(call.style.zone->Name()).EndObject();
  return JsonAnswer(200, std::move(body));
}

Answer Fields(Site& /*site*/, Call& /*call*/) {
  return ArrayOf(AllFields(), [](JsonWriter& json, uint8_t i) {
    const FieldType& field = AllFields()[i];
    json.BeginObject().Key("id").String(field.id).Key("key").String(field.id).Key("name").String(field.name);
    json.Key("custom").Bool(!field.custom.empty()).Key("orderable").Bool(true).Key("navigable").Bool(field.navigable);
    json.Key("searchable").Bool(true).Key("clauseNames").BeginArray().String(field.id).EndArray().Key("schema");
    WriteFieldSchema(json, field);
    json.EndObject();
  });
}

Answer Statuses(Site& /*site*/, Call& call) {
  return ArrayOf(kStatuses, [&call](JsonWriter& json, uint8_t i) { WriteStatus(json, i, call.style); });
}

Answer Priorities(Site& /*site*/, Call& call) {
  return ArrayOf(kPriorities, [&call](JsonWriter& json, uint8_t i) { WritePriority(json, i, call.style); });
}

Answer Resolutions(Site& /*site*/, Call& call) {
  return ArrayOf(kResolutions, [&call](JsonWriter& json, uint8_t i) { WriteResolution(json, i, call.style); });
}

Answer IssueTypes(Site& /*site*/, Call& call) {
  return ArrayOf(kIssueTypes, [&call](JsonWriter& json, uint8_t i) { WriteIssueType(json, i, call.style); });
}

Answer SearchProjects(Site& site, Call& call) {
  const std::vector<std::string> keys = call.QueryList("keys");
  const std::vector<std::string> ids = call.QueryList("id");
  const std::string text(call.Query("query").value_or(""));
  if (keys.size() > 50 || ids.size() > 50) return Refusal(400, "At most 50 keys or ids can be given.");
  std::vector<const Project*> found;
  for (const Project& project : site.world.Projects()) {
    const auto among = [](const std::vector<std::string>& all, const std::string& one) {
      return all.empty() || std::find(all.begin(), all.end(), one) != all.end();
    };
    const bool named =
        text.empty() || project.key.find(text) != std::string::npos || project.name.find(text) != std::string::npos;
    if (!site.world.FindProject(project.key)) continue;
    if (among(keys, project.key) && among(ids, std::to_string(project.id)) && named) found.push_back(&project);
  }
  if (found.empty() && (!keys.empty() || !ids.empty() || !text.empty())) {
    return Refusal(404, "No projects matching the search criteria were found.");
  }
  const OffsetPage page = ReadOffsetPage(call, 50, 100);
  const auto total = static_cast<int64_t>(found.size());
  std::string body;
  JsonWriter json(body);
  json.BeginObject().Key("self").BeginString().Piece(call.style.base).Piece(call.path).EndString();
  json.Key("maxResults").Int(page.size).Key("startAt").Int(page.start).Key("total").Int(total);
  json.Key("isLast").Bool(page.start + page.size >= total).Key("values").BeginArray();
  for (int64_t i = page.start; i < std::min(total, page.start + page.size); ++i) {
    WriteProject(json, *found[static_cast<std::size_t>(i)], call.style);
    ++call.points;
  }
  json.EndArray().EndObject();
  return JsonAnswer(200, std::move(body));
}

Answer AllProjects(Site& site, Call& call) {
  return ArrayOf(site.world.Projects(), [&](JsonWriter& json, uint8_t i) {
    if (site.world.IsVisible(i)) WriteProject(json, site.world.Projects()[i], call.style);
  });
}

Answer OneProject(Site& site, Call& call) {
  const auto index = site.world.FindProject(call.parameters[0]);
  if (!index) return Refusal(404, fmt::format("No project could be found with key '{}'.", call.parameters[0]));
  std::string body;
  JsonWriter json(body);
  WriteProject(json, site.world.Projects()[*index], call.style);
  return JsonAnswer(200, std::move(body));
}

Answer ProjectVersions(Site& site, Call& call) {
  const auto index = site.world.FindProject(call.parameters[0]);
  if (!index) return Refusal(404, fmt::format("No project could be found with key '{}'.", call.parameters[0]));
  const std::vector<std::string> states = call.QueryList("status");
  std::vector<const Version*> found;
  for (const Version& version : site.world.Versions()) {
    if (version.project != *index) continue;
    const std::string state = version.archived ? "archived" : version.released ? "released" : "unreleased";
    if (states.empty() || std::find(states.begin(), states.end(), state) != states.end()) found.push_back(&version);
  }
  if (call.Query("orderBy").value_or("").starts_with('-')) std::reverse(found.begin(), found.end());
  const OffsetPage page = ReadOffsetPage(call, 50, 50);
  const auto total = static_cast<int64_t>(found.size());
  std::string body;
  JsonWriter json(body);
  json.BeginObject().Key("self").BeginString().Piece(call.style.base).Piece(call.path).EndString();
  json.Key("maxResults").Int(page.size).Key("startAt").Int(page.start).Key("total").Int(total);
  json.Key("isLast").Bool(page.start + page.size >= total).Key("values").BeginArray();
  for (int64_t i = page.start; i < std::min(total, page.start + page.size); ++i) {
    WriteVersion(json, site.world, *found[static_cast<std::size_t>(i)], site.Now(), call.style);
  }
  json.EndArray().EndObject();
  return JsonAnswer(200, std::move(body));
}

Answer AllProjectVersions(Site& site, Call& call) {
  const auto index = site.world.FindProject(call.parameters[0]);
  if (!index) return Refusal(404, fmt::format("No project could be found with key '{}'.", call.parameters[0]));
  std::string body;
  JsonWriter json(body);
  json.BeginArray();
  for (const Version& version : site.world.Versions()) {
    if (version.project == *index) WriteVersion(json, site.world, version, site.Now(), call.style);
  }
  json.EndArray();
  return JsonAnswer(200, std::move(body));
}

Answer OneVersion(Site& site, Call& call) {
  const auto index = site.world.FindVersion(std::atoll(call.parameters[0].c_str()));
  if (!index) return Refusal(404, fmt::format("Could not find version for id '{}'", call.parameters[0]));
  std::string body;
  JsonWriter json(body);
  WriteVersion(json, site.world, site.world.Versions()[*index], site.Now(), call.style);
  return JsonAnswer(200, std::move(body));
}

Answer RelatedCounts(Site& site, Call& call) {
  const auto index = site.world.FindVersion(std::atoll(call.parameters[0].c_str()));
  if (!index) return Refusal(404, fmt::format("Could not find version for id '{}'", call.parameters[0]));
  int64_t fixed = 0;
  for (IssueIndex i = 0; i < site.world.IssueCount(); ++i) {
    if (site.world.Issue(i).version == *index && !site.world.Issue(i).deleted) ++fixed;
  }
  return JsonAnswer(200, fmt::format(R"({{"self":"{}/rest/api/3/version/{}","issuesFixedCount":{},)"
                                     R"("issuesAffectedCount":0,"issueCountWithCustomFieldsShowingVersion":0,)"
                                     R"("customFieldUsage":[]}})",
                                     call.style.base, call.parameters[0], fixed));
}

}  // namespace

void AddCatalogueRoutes(Router& router) {
  const RouteTraits read{.scopes = {"read:jira-work"}};
  router.Add("GET", "/api/serverInfo", ServerInfo, {.scopes = {}, .anonymous = true});
  router.Add("GET", "/api/field", Fields, read);
  router.Add("GET", "/api/status", Statuses, read);
  router.Add("GET", "/api/priority", Priorities, read);
  router.Add("GET", "/api/resolution", Resolutions, read);
  router.Add("GET", "/api/issuetype", IssueTypes, read);
  router.Add("GET", "/api/project/search", SearchProjects, read);
  router.Add("GET", "/api/project", AllProjects, read);
  router.Add("GET", "/api/project/{}", OneProject, read);
  router.Add("GET", "/api/project/{}/version", ProjectVersions, read);
  router.Add("GET", "/api/project/{}/versions", AllProjectVersions, read);
  router.Add("GET", "/api/version/{}", OneVersion, read);
  router.Add("GET", "/api/version/{}/relatedIssueCounts", RelatedCounts, read);
}

}  // namespace tajo::jira_sim
