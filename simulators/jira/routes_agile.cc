#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "simulators/jira/router.h"
#include "simulators/jira/site.h"

namespace tajo::jira_sim {
namespace {

constexpr int64_t kMostSprints = 50;

std::optional<uint8_t> ProjectOfBoard(const Site& site, std::string_view id) {
  for (uint8_t project = 0; project < site.world.Projects().size(); ++project) {
    if (std::to_string(World::BoardId(project)) == id) return project;
  }
  return std::nullopt;
}

void WriteBoard(JsonWriter& json, const Site& site, uint8_t index, const Style& style) {
  const Project& project = site.world.Projects()[index];
  const int64_t id = World::BoardId(index);
  json.BeginObject().Key("id").Int(id).Key("self").BeginString().Piece(style.base).Piece("/rest/agile/1.0/board/");
  json.Piece(id).EndString().Key("name").String(project.key + " board");
  json.Key("type").String(project.service_desk ? "kanban" : "scrum").Key("location").BeginObject();
  json.Key("projectId").Int(project.id).Key("displayName").String(project.name + " (" + project.key + ")");
  json.Key("projectName").String(project.name).Key("projectKey").String(project.key);
  json.Key("projectTypeKey").String(project.service_desk ? "service_desk" : "software").EndObject().EndObject();
}

Answer Boards(Site& site, Call& call) {
  const OffsetPage page = ReadOffsetPage(call, 50, kMostSprints);
  const auto type = call.Query("type");
  const auto wanted = call.Query("projectKeyOrId");
  const auto project = wanted ? site.world.FindProject(*wanted) : std::nullopt;
  if (wanted && !project) return Refusal(400, fmt::format("No project could be found with key or id '{}'.", *wanted));
  std::vector<uint8_t> found;
  for (uint8_t index = 0; index < site.world.Projects().size(); ++index) {
    if (project && *project != index) continue;
    if (type && *type != (site.world.Projects()[index].service_desk ? "kanban" : "scrum")) continue;
    found.push_back(index);
  }
  const auto total = static_cast<int64_t>(found.size());
  std::string body;
  JsonWriter json(body);
  json.BeginObject().Key("maxResults").Int(page.size).Key("startAt").Int(page.start).Key("total").Int(total);
  json.Key("isLast").Bool(page.start + page.size >= total).Key("values").BeginArray();
  for (int64_t i = page.start; i < std::min(total, page.start + page.size); ++i) {
    WriteBoard(json, site, found[static_cast<std::size_t>(i)], call.style);
  }
  json.EndArray().EndObject();
  return JsonAnswer(200, std::move(body));
}

Answer OneBoard(Site& site, Call& call) {
  const auto project = ProjectOfBoard(site, call.parameters[0]);
  if (!project)
    return Refusal(404,
                   "The requested board cannot be viewed because it either does not exist or you do not have "
                   "permission to view it.");
  std::string body;
  JsonWriter json(body);
  WriteBoard(json, site, *project, call.style);
  return JsonAnswer(200, std::move(body));
}

Answer BoardSprints(Site& site, Call& call) {
  const auto project = ProjectOfBoard(site, call.parameters[0]);
  if (!project)
    return Refusal(404,
                   "The requested board cannot be viewed because it either does not exist or you do not have "
                   "permission to view it.");
  if (site.world.Projects()[*project].service_desk) return Refusal(400, "The board does not support sprints");
  const std::vector<std::string> states = call.QueryList("state");
  std::vector<const Sprint*> found;
  for (const Sprint& sprint : site.world.Sprints()) {
    if (sprint.project != *project) continue;
    const std::string state = sprint.state == SprintState::kFuture   ? "future"
                              : sprint.state == SprintState::kActive ? "active"
                                                                     : "closed";
    if (states.empty() || std::find(states.begin(), states.end(), state) != states.end()) found.push_back(&sprint);
  }
  const OffsetPage page = ReadOffsetPage(call, 50, kMostSprints);
  const auto total = static_cast<int64_t>(found.size());
  std::string body;
  JsonWriter json(body);
  json.BeginObject().Key("maxResults").Int(page.size).Key("startAt").Int(page.start).Key("total").Int(total);
  json.Key("isLast").Bool(page.start + page.size >= total).Key("values").BeginArray();
  for (int64_t i = page.start; i < std::min(total, page.start + page.size); ++i) {
    WriteSprint(json, *found[static_cast<std::size_t>(i)], call.style);
  }
  json.EndArray().EndObject();
  return JsonAnswer(200, std::move(body));
}

Answer OneSprint(Site& site, Call& call) {
  const auto index = site.world.FindSprint(std::atoll(call.parameters[0].c_str()));
  if (!index) return Refusal(404, "Sprint does not exist");
  std::string body;
  JsonWriter json(body);
  WriteSprint(json, site.world.Sprints()[*index], call.style);
  return JsonAnswer(200, std::move(body));
}

Answer SprintIssues(Site& site, Call& call) {
  const auto index = site.world.FindSprint(std::atoll(call.parameters[0].c_str()));
  if (!index) return Refusal(404, "Sprint does not exist");
  std::string jql = fmt::format("sprint = {}", site.world.Sprints()[*index].id);
  if (const auto more = call.Query("jql")) jql = fmt::format("{} AND ({})", jql, *more);
  if (call.Query("startAt")) site.violations.Count("offset_paging_on_software_issues", call.path);
  IssueView view = MakeView(call.QueryList("fields"), "*navigable");
  view.only_id = false;
  const auto size = static_cast<std::size_t>(
      std::clamp<int64_t>(call.QueryInt("maxResults", 50), 1, view.without_fields ? 5000 : 100));
  Search::Page page;
  if (const auto token = call.Query("nextPageToken")) {
    auto next = site.search.Next(*token, jql, site.Now(), size);
    if (!next.page) return Refusal(400, "The provided next page token is invalid or has expired.");
    page = *std::move(next.page);
  } else {
    auto first = site.search.First(jql, site.JqlContext(), size, {});
    if (!first.ok()) return Refusal(first.status());
    page = *std::move(first);
  }
  call.points += static_cast<int64_t>(page.items.size());
  std::string body;
  JsonWriter json(body);
  json.BeginObject().Key("issues").BeginArray();
  for (const Search::Item& item : page.items) WriteIssue(json, site.world, item.index, item.row, view, call.style);
  json.EndArray().Key("isLast").Bool(page.next_token.empty());
  if (!page.next_token.empty()) json.Key("nextPageToken").String(page.next_token);
  json.EndObject();
  return JsonAnswer(200, std::move(body));
}

Answer RemovedIssues(Site& site, Call& call) {
  site.violations.Count("removed_api", call.method + " " + call.path);
  if (!site.options.agile_removed) return SprintIssues(site, call);
  return Refusal(410, "The requested API has been removed. Please migrate to the /rest/software/1.0 API.");
}

}  // namespace

void AddAgileRoutes(Router& router) {
  // No classic scope covers boards and sprints.
  const RouteTraits boards{.scopes = {"read:board-scope:jira-software"}};
  const RouteTraits sprints{.scopes = {"read:sprint:jira-software"}};
  const RouteTraits issues{.scopes = {"read:sprint:jira-software", "read:issue-details:jira"}};
  router.Add("GET", "/agile/1.0/board", Boards, boards);
  router.Add("GET", "/agile/1.0/board/{}", OneBoard, boards);
  router.Add("GET", "/agile/1.0/board/{}/sprint", BoardSprints, sprints);
  router.Add("GET", "/agile/1.0/sprint/{}", OneSprint, sprints);
  router.Add("GET", "/software/1.0/sprint/{}/issue", SprintIssues, issues);
  router.Add("GET", "/agile/1.0/sprint/{}/issue", RemovedIssues, issues);
  router.Add("GET", "/agile/1.0/board/{}/issue", RemovedIssues, issues);
  router.Add("GET", "/agile/1.0/board/{}/backlog", RemovedIssues, issues);
}

}  // namespace tajo::jira_sim
