#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "simulators/jira/router.h"
#include "simulators/jira/site.h"

namespace tajo::jira_sim {
namespace {

using Type = BodyKey::Type;

constexpr int64_t kMostOfOneIssue = 100;
constexpr std::size_t kMostIssues = 1000;
constexpr int64_t kMostHistories = 10'000;

void WritePageHead(JsonWriter& json, const Call& call, const OffsetPage& page, std::size_t total) {
  json.Key("self").BeginString().Piece(call.style.base).Piece(call.path).EndString();
  json.Key("maxResults").Int(page.size).Key("startAt").Int(page.start).Key("total").Int(static_cast<int64_t>(total));
  json.Key("isLast").Bool(page.start + page.size >= static_cast<int64_t>(total));
}

Answer Changelog(Site& site, Call& call) {
  const auto index = site.world.Find(call.parameters[0]);
  if (!index) return Refusal(404, kNoIssue);
  const std::vector<History> histories = site.world.Histories(*index);
  const OffsetPage page = ReadOffsetPage(call, 100, kMostOfOneIssue);
  std::string body;
  JsonWriter json(body);
  json.BeginObject();
  WritePageHead(json, call, page, histories.size());
  json.Key("values").BeginArray();
  const auto end = std::min<int64_t>(static_cast<int64_t>(histories.size()), page.start + page.size);
  for (int64_t i = page.start; i < end; ++i) {
    WriteHistory(json, site.world, histories[static_cast<std::size_t>(i)], call.style);
    ++call.points;
  }
  json.EndArray().EndObject();
  return JsonAnswer(200, std::move(body));
}

bool TouchesFields(const History& history, const std::vector<std::string>& fields) {
  if (fields.empty()) return true;
  return std::any_of(history.items.begin(), history.items.end(), [&fields](const HistoryItem& item) {
    return std::find(fields.begin(), fields.end(), item.field_id) != fields.end();
  });
}

Answer BulkChangelogs(Site& site, Call& call) {
  nlohmann::json body;
  if (auto refused = ReadBody(call, site.violations,
                              {{"issueIdsOrKeys", Type::kStrings, true},
                               {"fieldIds", Type::kStrings},
                               {"maxResults", Type::kInt},
                               {"nextPageToken", Type::kString}},
                              body)) {
    return *std::move(refused);
  }
  const auto fields = body.value("fieldIds", std::vector<std::string>());
  if (body["issueIdsOrKeys"].empty() || body["issueIdsOrKeys"].size() > kMostIssues || fields.size() > 10) {
    site.violations.Count("changelog_bulkfetch_over_limit", fmt::format("{} issues", body["issueIdsOrKeys"].size()));
    return Refusal(400, "The number of issues must be between 1 and 1000, that of fields at most 10.");
  }
  std::vector<IssueIndex> issues;
  for (const std::string id : body["issueIdsOrKeys"]) {
    if (const auto index = site.world.Find(id)) issues.push_back(*index);
  }
  std::sort(issues.begin(), issues.end());
  issues.erase(std::unique(issues.begin(), issues.end()), issues.end());
  const int64_t size = std::clamp<int64_t>(body.value("maxResults", int64_t{1000}), 1, kMostHistories);
  // The token is the last history given: issue and id.
  IssueIndex after_issue = 0;
  int64_t after_history = 0;
  if (const std::string token = body.value("nextPageToken", std::string()); !token.empty()) {
    const std::size_t dot = token.find('.');
    if (dot == std::string::npos) return Refusal(400, "The provided next page token is invalid.");
    std::from_chars(token.data(), token.data() + dot, after_issue);
    std::from_chars(token.data() + dot + 1, token.data() + token.size(), after_history);
  }
  int64_t given = 0;
  std::string next;
  std::string out;
  JsonWriter json(out);
  json.BeginObject().Key("issueChangeLogs").BeginArray();
  for (const IssueIndex index : issues) {
    if (index < after_issue || !next.empty()) continue;
    bool open = false;
    for (const History& history : site.world.Histories(index)) {
      if ((index == after_issue && history.id <= after_history) || !TouchesFields(history, fields)) continue;
      if (given == size) {
        next = "more";
        break;
      }
      if (!open) {
        json.BeginObject().Key("issueId").Id(World::IssueId(index)).Key("changeHistories").BeginArray();
        open = true;
      }
      WriteHistory(json, site.world, history, call.style);
      ++given;
      if (given == size) {
        after_issue = index;
        after_history = history.id;
      }
    }
    if (open) json.EndArray().EndObject();
  }
  json.EndArray();
  if (!next.empty()) json.Key("nextPageToken").String(fmt::format("{}.{}", after_issue, after_history));
  json.EndObject();
  call.points += given;
  return JsonAnswer(200, std::move(out));
}

Answer IssueComments(Site& site, Call& call) {
  const auto index = site.world.Find(call.parameters[0]);
  if (!index) return Refusal(404, kNoIssue);
  std::vector<Comment> comments = site.world.Comments(*index);
  const auto order = call.Query("orderBy").value_or("created");
  if (order == "-created") std::reverse(comments.begin(), comments.end());
  const bool properties = call.Query("expand").value_or("").find("properties") != std::string_view::npos;
  const OffsetPage page = ReadOffsetPage(call, 100, kMostOfOneIssue);
  std::string body;
  JsonWriter json(body);
  json.BeginObject().Key("startAt").Int(page.start).Key("maxResults").Int(page.size);
  json.Key("total").Int(static_cast<int64_t>(comments.size())).Key("comments").BeginArray();
  const auto end = std::min<int64_t>(static_cast<int64_t>(comments.size()), page.start + page.size);
  for (int64_t i = page.start; i < end; ++i) {
    WriteComment(json, site.world, *index, comments[static_cast<std::size_t>(i)], call.style, properties);
    ++call.points;
  }
  json.EndArray().EndObject();
  return JsonAnswer(200, std::move(body));
}

Answer OneComment(Site& site, Call& call) {
  const auto index = site.world.Find(call.parameters[0]);
  if (!index) return Refusal(404, kNoIssue);
  const bool properties = call.Query("expand").value_or("").find("properties") != std::string_view::npos;
  for (const Comment& comment : site.world.Comments(*index)) {
    if (std::to_string(comment.id) != call.parameters[1]) continue;
    std::string body;
    JsonWriter json(body);
    WriteComment(json, site.world, *index, comment, call.style, properties);
    return JsonAnswer(200, std::move(body));
  }
  return Refusal(404, fmt::format("Can not find a comment for the id: {}.", call.parameters[1]));
}

}  // namespace

void AddHistoryRoutes(Router& router) {
  const RouteTraits read{.scopes = {"read:jira-work"}};
  router.Add("POST", "/api/changelog/bulkfetch", BulkChangelogs, read);
  router.Add("GET", "/api/issue/{}/changelog", Changelog, read);
  router.Add("GET", "/api/issue/{}/comment", IssueComments, read);
  router.Add("GET", "/api/issue/{}/comment/{}", OneComment, read);
}

}  // namespace tajo::jira_sim
