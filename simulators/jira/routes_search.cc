#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "simulators/jira/router.h"
#include "simulators/jira/site.h"

namespace tajo::jira_sim {
namespace {

using Type = BodyKey::Type;

constexpr std::size_t kMostWithFields = 100;
constexpr std::size_t kMostWithoutFields = 5000;

struct SearchRequest {
  std::string jql;
  std::string token;
  std::vector<std::string> fields;
  std::string expand;
  std::vector<std::string> properties;
  std::vector<int64_t> reconcile;
  int64_t size = 50;
};

Answer RunSearch(Site& site, Call& call, const SearchRequest& request) {
  if (call.principal.credential == Credential::kNone) return JsonAnswer(200, R"({"issues":[],"isLast":true})");
  IssueView view = MakeView(request.fields, "id");
  view.properties = request.properties;
  for (std::size_t begin = 0; begin < request.expand.size();) {
    const std::size_t end = std::min(request.expand.find(',', begin), request.expand.size());
    if (!ApplyExpand(view, std::string_view(request.expand).substr(begin, end - begin))) {
      site.violations.Count("expand_unknown", "search/jql: " + request.expand);
    }
    begin = end + 1;
  }
  if (request.reconcile.size() > 50 || request.properties.size() > 5) {
    site.violations.Count("search_limits", "search/jql: more than 50 reconcileIssues or 5 properties");
    return Refusal(400, "The maximum number of issues to reconcile is 50.");
  }
  if (request.size < 0) return Refusal(400, "The value of maxResults must be positive.");
  const std::size_t most = view.without_fields && !view.changelog ? kMostWithoutFields : kMostWithFields;
  std::size_t size = std::clamp<std::size_t>(static_cast<std::size_t>(request.size), 1, most);
  if (site.faults.TakeShortPage()) size = std::max<std::size_t>(1, size / 2);

  std::vector<IssueIndex> fresh;
  for (const int64_t id : request.reconcile) {
    if (const auto found = site.world.FindId(id)) fresh.push_back(*found);
  }
  Search::Page page;
  if (request.token.empty()) {
    auto first = site.search.First(request.jql, site.JqlContext(), size, fresh);
    if (!first.ok()) {
      const std::string message(first.status().message());
      if (message.starts_with("Unbounded")) site.violations.Count("jql_unbounded", request.jql);
      if (message.starts_with("Error in the JQL")) site.violations.Count("jql_syntax", request.jql);
      return Refusal(400, message);
    }
    page = *std::move(first);
  } else {
    auto next = site.search.Next(request.token, request.jql, site.Now(), size);
    if (!next.page) {
      if (next.problem == Search::TokenProblem::kOtherQuery) {
        site.violations.Count("page_token_with_other_jql", request.jql);
      }
      return Refusal(400, "The provided next page token is invalid or has expired.");
    }
    page = *std::move(next.page);
    if (site.faults.TakeRepeatToken() && !page.next_token.empty()) page.next_token = request.token;
  }

  call.points += static_cast<int64_t>(page.items.size());
  std::string body;
  body.reserve(page.items.size() * (view.without_fields ? 200 : 2500) + 200);
  JsonWriter json(body);
  json.BeginObject().Key("issues").BeginArray();
  for (const Search::Item& item : page.items) WriteIssue(json, site.world, item.index, item.row, view, call.style);
  json.EndArray();
  if (!page.next_token.empty()) json.Key("nextPageToken").String(page.next_token);
  json.Key("isLast").Bool(page.next_token.empty());
  if (view.names) WriteNames(json, view);
  if (site.faults.TakeSearchWarning()) {
    json.Key("warnings").BeginArray().BeginObject().Key("type").String("CLAUSE_LIMIT_EXCEEDED");
    json.Key("message").String("A clause exceeded its argument limit; the result may be incomplete.").EndObject();
    json.EndArray();
  }
  json.EndObject();
  return JsonAnswer(200, std::move(body));
}

Answer PostSearch(Site& site, Call& call) {
  nlohmann::json body;
  if (const auto raw = nlohmann::json::parse(call.body, nullptr, false);
      raw.is_object() && (raw.contains("startAt") || raw.contains("validateQuery"))) {
    site.violations.Count("offset_paging_on_search_jql", "startAt or validateQuery in the body");
  }
  if (auto refused = ReadBody(call, site.violations,
                              {{"jql", Type::kString},
                               {"nextPageToken", Type::kString},
                               {"maxResults", Type::kInt},
                               {"fields", Type::kStrings},
                               {"expand", Type::kString},
                               {"properties", Type::kStrings},
                               {"fieldsByKeys", Type::kBool},
                               {"reconcileIssues", Type::kInts}},
                              body)) {
    return *std::move(refused);
  }
  return RunSearch(site, call,
                   {.jql = body.value("jql", std::string()),
                    .token = body.value("nextPageToken", std::string()),
                    .fields = body.value("fields", std::vector<std::string>()),
                    .expand = body.value("expand", std::string()),
                    .properties = body.value("properties", std::vector<std::string>()),
                    .reconcile = body.value("reconcileIssues", std::vector<int64_t>()),
                    .size = body.value("maxResults", int64_t{50})});
}

Answer GetSearch(Site& site, Call& call) {
  if (call.Query("startAt")) site.violations.Count("offset_paging_on_search_jql", "startAt in the query");
  SearchRequest request{.jql = std::string(call.Query("jql").value_or("")),
                        .token = std::string(call.Query("nextPageToken").value_or("")),
                        .fields = call.QueryList("fields"),
                        .expand = std::string(call.Query("expand").value_or("")),
                        .properties = call.QueryList("properties"),
                        .reconcile = {},
                        .size = call.QueryInt("maxResults", 50)};
  for (const std::string& id : call.QueryList("reconcileIssues")) request.reconcile.push_back(std::atoll(id.c_str()));
  return RunSearch(site, call, request);
}

Answer RemovedSearch(Site& site, Call& call) {
  site.violations.Count("removed_api", call.method + " " + call.path);
  return Refusal(
      410,
      "The requested API has been removed. Please migrate to the /rest/api/3/search/jql API. A full migration "
      "guideline is available at https://developer.atlassian.com/changelog/#CHANGE-2046");
}

Answer ApproximateCount(Site& site, Call& call) {
  nlohmann::json body;
  if (auto refused = ReadBody(call, site.violations, {{"jql", Type::kString}}, body)) return *std::move(refused);
  if (call.principal.credential == Credential::kNone) return JsonAnswer(200, R"({"count":0})");
  const auto count = site.search.Count(body.value("jql", std::string()), site.JqlContext());
  if (!count.ok()) return Refusal(count.status());
  return JsonAnswer(200, fmt::format(R"({{"count":{}}})", *count));
}

Answer ParseJql(Site& site, Call& call) {
  const std::string validation(call.Query("validation").value_or("strict"));
  if (validation != "strict" && validation != "warn" && validation != "none") {
    return Refusal(400, "The validation query parameter must be one of: strict, warn, none.");
  }
  nlohmann::json body;
  if (auto refused = ReadBody(call, site.violations, {{"queries", Type::kStrings, true}}, body)) {
    return *std::move(refused);
  }
  nlohmann::json out{{"queries", nlohmann::json::array()}};
  for (const std::string text : body["queries"]) {
    nlohmann::json entry{{"query", text}};
    const auto statement = jql::Parse(text);
    const auto query = jql::Query::Compile(text, site.JqlContext(), jql::Query::Bounds::kOptional);
    if (!statement.ok()) {
      entry["errors"] = {std::string(statement.status().message())};
    } else {
      if (!query.ok() && validation != "none") {
        entry[validation == "warn" ? "warnings" : "errors"] = {std::string(query.status().message())};
      }
      if (query.ok() || validation != "strict") entry["structure"] = nlohmann::json::object();
    }
    out["queries"].push_back(std::move(entry));
  }
  return JsonAnswer(200, out.dump());
}

Answer MatchJql(Site& site, Call& call) {
  nlohmann::json body;
  if (auto refused =
          ReadBody(call, site.violations, {{"issueIds", Type::kInts, true}, {"jqls", Type::kStrings, true}}, body)) {
    return *std::move(refused);
  }
  nlohmann::json out{{"matches", nlohmann::json::array()}};
  for (const std::string text : body["jqls"]) {
    nlohmann::json entry{{"matchedIssues", nlohmann::json::array()}, {"errors", nlohmann::json::array()}};
    const auto query = jql::Query::Compile(text, site.JqlContext(), jql::Query::Bounds::kOptional);
    if (!query.ok()) entry["errors"].push_back(std::string(query.status().message()));
    for (const int64_t id : body["issueIds"]) {
      const auto index = site.world.FindId(id);
      if (query.ok() && index && query->Matches(site.world, *index, site.world.Issue(*index))) {
        entry["matchedIssues"].push_back(id);
      }
    }
    out["matches"].push_back(std::move(entry));
  }
  return JsonAnswer(200, out.dump());
}

}  // namespace

void AddSearchRoutes(Router& router) {
  const RouteTraits read{.scopes = {"read:jira-work"}};
  const RouteTraits open{.scopes = {"read:jira-work"}, .anonymous = true};
  router.Add("POST", "/api/search/jql", PostSearch, open);
  router.Add("GET", "/api/search/jql", GetSearch, open);
  router.Add("POST", "/api/search/approximate-count", ApproximateCount, open);
  for (const std::string_view method : {"GET", "POST"}) {
    router.Add(method, "/api/search", RemovedSearch, open);
    router.Add(method, "/api/search/id", RemovedSearch, open);
  }
  router.Add("POST", "/api/jql/parse", ParseJql, read);
  router.Add("POST", "/api/jql/match", MatchJql, read);
}

}  // namespace tajo::jira_sim
