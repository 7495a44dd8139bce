#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>

#include "simulators/jira/router.h"
#include "simulators/jira/site.h"

namespace tajo::jira_sim {
namespace {

using Type = BodyKey::Type;

constexpr std::size_t kPage = 1000;
constexpr Millis kUnlisted = 60'000;  // the last minute isn't listed yet

Answer Updated(Site& site, Call& call) {
  const Millis since = call.QueryInt("since", 0);
  const Millis horizon = site.Now() - kUnlisted;
  const auto& log = site.world.WorklogLog();
  auto at = std::lower_bound(log.begin(), log.end(), std::pair{since, std::numeric_limits<int64_t>::min()});
  std::string body;
  JsonWriter json(body);
  json.BeginObject().Key("values").BeginArray();
  Millis until = since;
  std::size_t given = 0;
  for (; at != log.end() && at->first <= horizon && given < kPage; ++at, ++given) {
    if (!site.world.FindWorklog(at->second)) continue;
    json.BeginObject().Key("worklogId").Int(at->second).Key("updatedTime").Int(at->first);
    json.Key("properties").BeginArray().EndArray().EndObject();
    until = at->first;
  }
  const bool last = at == log.end() || at->first > horizon;
  if (last) until = std::max(since, horizon);
  json.EndArray().Key("since").Int(since).Key("until").Int(until).Key("self").BeginString().Piece(call.style.base);
  json.Piece(call.path).Piece("?since=").Piece(since).EndString();
  if (!last) {
    json.Key("nextPage")
        .BeginString()
        .Piece(call.style.base)
        .Piece(call.path)
        .Piece("?since=")
        .Piece(until)
        .EndString();
  }
  json.Key("lastPage").Bool(last).EndObject();
  return JsonAnswer(200, std::move(body));
}

Answer Deleted(Site& site, Call& call) {
  const Millis since = call.QueryInt("since", 0);
  return JsonAnswer(200, fmt::format(R"({{"values":[],"since":{},"until":{},"self":"{}{}","lastPage":true}})", since,
                                     std::max(since, site.Now() - kUnlisted), call.style.base, call.path));
}

Answer ListById(Site& site, Call& call) {
  nlohmann::json request;
  if (auto refused = ReadBody(call, site.violations, {{"ids", Type::kInts, true}}, request)) return *std::move(refused);
  if (request["ids"].size() > kPage) {
    site.violations.Count("worklog_list_over_limit", fmt::format("{} ids", request["ids"].size()));
    return Refusal(400, "The maximum number of worklogs is 1000.");
  }
  std::string body;
  JsonWriter json(body);
  json.BeginArray();
  for (const int64_t id : request["ids"]) {
    const auto worklog = site.world.FindWorklog(id);
    if (!worklog) continue;
    WriteWorklog(json, site.world, *worklog, call.style);
    ++call.points;
  }
  json.EndArray();
  return JsonAnswer(200, std::move(body));
}

Answer OfIssue(Site& site, Call& call) {
  const auto index = site.world.Find(call.parameters[0]);
  if (!index) return Refusal(404, "Issue does not exist or you do not have permission to see it.");
  std::vector<Worklog> worklogs = site.world.Worklogs(*index);
  const Millis after = call.QueryInt("startedAfter", 0);
  const Millis before = call.QueryInt("startedBefore", std::numeric_limits<int64_t>::max());
  std::erase_if(worklogs, [&](const Worklog& one) { return one.started < after || one.started >= before; });
  const OffsetPage page = ReadOffsetPage(call, 5000, 5000);
  const auto total = static_cast<int64_t>(worklogs.size());
  std::string body;
  JsonWriter json(body);
  json.BeginObject().Key("startAt").Int(page.start).Key("maxResults").Int(page.size).Key("total").Int(total);
  json.Key("worklogs").BeginArray();
  for (int64_t i = page.start; i < std::min(total, page.start + page.size); ++i) {
    WriteWorklog(json, site.world, worklogs[static_cast<std::size_t>(i)], call.style);
    ++call.points;
  }
  json.EndArray().EndObject();
  return JsonAnswer(200, std::move(body));
}

}  // namespace

void AddWorklogRoutes(Router& router) {
  const RouteTraits read{.scopes = {"read:jira-work"}};
  router.Add("GET", "/api/worklog/updated", Updated, read);
  router.Add("GET", "/api/worklog/deleted", Deleted, read);
  router.Add("POST", "/api/worklog/list", ListById, read);
  router.Add("GET", "/api/issue/{}/worklog", OfIssue, read);
}

}  // namespace tajo::jira_sim
