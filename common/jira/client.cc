#include "common/jira/client.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <utility>

#include "common/base/error.h"
#include "common/jira/body.h"
#include "common/jira/pager.h"
#include "common/jira/pages.h"
#include "common/jira/url.h"
#include "common/json/reader.h"
#include "tajo/jira/v1/error.pb.h"

// The account, the site and its catalogues; issues are in client_issues.cc, webhooks in client_webhooks.cc.
namespace tajo::jira {

Request Client::Get(std::string_view endpoint, std::string path, int cost) const {
  Request request;
  request.call = {endpoint, net::Method::kGet, cost, lane_};
  request.path = std::move(path);
  return request;
}

Request Client::Send(net::Method method, std::string_view endpoint, std::string path, std::string body,
                     int cost) const {
  Request request;
  request.call = {endpoint, method, cost, lane_};
  request.path = std::move(path);
  request.body = std::move(body);
  return request;
}

base::Task<absl::StatusOr<Myself>> Client::GetMyself() {
  Request request = Get("myself", "/rest/api/3/myself", 3);
  TAJO_CO_ASSIGN_OR_RETURN(const net::HttpResponse response, co_await connection_.Send(std::move(request)));
  TAJO_CO_ASSIGN_OR_RETURN(const nlohmann::json document, ParseAnswer(response.body));
  const json::Reader root(document, v1::JIRA_RESPONSE_INVALID);
  Myself myself;
  TAJO_CO_ASSIGN_OR_RETURN(myself.account_id, root.RequireString("accountId"));
  myself.account_type = root.String("accountType").value_or("");
  myself.time_zone = root.String("timeZone").value_or("");
  co_return myself;
}

base::Task<absl::StatusOr<ServerInfo>> Client::GetServerInfo() {
  Request request = Get("serverInfo", "/rest/api/3/serverInfo");
  TAJO_CO_ASSIGN_OR_RETURN(const net::HttpResponse response, co_await connection_.Send(std::move(request)));
  TAJO_CO_ASSIGN_OR_RETURN(const nlohmann::json document, ParseAnswer(response.body));
  const json::Reader root(document, v1::JIRA_RESPONSE_INVALID);
  ServerInfo info;
  info.base_url = root.String("baseUrl").value_or("");
  info.deployment_type = root.String("deploymentType").value_or("");
  info.version = root.String("version").value_or("");
  info.server_time_ms = root.Time("serverTime").value_or(0);
  co_return info;
}

base::Task<absl::StatusOr<std::vector<ProjectInfo>>> Client::Projects(std::vector<std::string> keys) {
  std::vector<ProjectInfo> projects;
  OffsetPager pager;
  while (!pager.Done()) {
    PathBuilder path("/rest/api/3/project/search");
    path.Add("startAt", std::to_string(pager.StartAt())).Add("maxResults", "100").Add("orderBy", "key");
    for (const std::string& key : keys) path.Add("keys", key);
    Request request = Get("project/search", std::move(path).Build(), 101);
    auto response = co_await connection_.Send(std::move(request));
    // Documented: 404 when nothing matches.
    if (base::ReasonOf(response.status()) == v1::JIRA_NOT_FOUND) break;
    if (!response.ok()) co_return response.status();
    TAJO_CO_ASSIGN_OR_RETURN(const nlohmann::json document, ParseAnswer(response->body));
    const json::Reader root(document, v1::JIRA_RESPONSE_INVALID);
    TAJO_CO_ASSIGN_OR_RETURN(const std::vector<json::Reader> values, root.RequireArray("values"));
    for (const json::Reader& value : values) {
      ProjectInfo project;
      project.id = std::strtoll(value.Id("id").value_or("0").c_str(), nullptr, 10);
      project.key = value.String("key").value_or("");
      project.name = value.String("name").value_or("");
      project.archived = value.Bool("archived").value_or(false);
      if (!project.key.empty()) projects.push_back(std::move(project));
    }
    pager.Next(values.size(), root.Int64("total"), root.Bool("isLast"));
    Settle(100, values.size());
  }
  co_return projects;
}

base::Task<absl::StatusOr<std::vector<v1::Version>>> Client::ProjectVersions(std::string project_id_or_key,
                                                                             std::string status) {
  std::vector<v1::Version> versions;
  OffsetPager pager;
  while (!pager.Done()) {
    PathBuilder path(fmt::format("/rest/api/3/project/{}/version", PercentEncode(project_id_or_key)));
    path.Add("startAt", std::to_string(pager.StartAt())).Add("maxResults", "50").Add("orderBy", "sequence");
    if (!status.empty()) path.Add("status", status);
    Request request = Get("project/{id}/version", std::move(path).Build(), 51);
    TAJO_CO_ASSIGN_OR_RETURN(net::HttpResponse response, co_await connection_.Send(std::move(request)));
    TAJO_CO_ASSIGN_OR_RETURN(OffsetPage<v1::Version> page, ParseVersions(std::move(response.body)));
    pager.Next(page.items.size(), page.total, page.is_last);
    Settle(50, page.items.size());
    for (v1::Version& version : page.items) versions.push_back(std::move(version));
  }
  co_return versions;
}

base::Task<absl::StatusOr<std::vector<Field>>> Client::Fields() {
  Request request = Get("field", "/rest/api/3/field", 100);
  TAJO_CO_ASSIGN_OR_RETURN(const net::HttpResponse response, co_await connection_.Send(std::move(request)));
  TAJO_CO_ASSIGN_OR_RETURN(const nlohmann::json document, ParseAnswer(response.body));
  const json::Reader root(document, v1::JIRA_RESPONSE_INVALID);
  if (!root.IsArray()) co_return root.Unexpected("an array of fields");
  std::vector<Field> fields;
  for (const json::Reader& item : root.Items()) {
    Field field;
    field.id = item.Id("id").value_or("");
    field.name = item.String("name").value_or("");
    field.custom = item.Child("schema").String("custom").value_or("");
    if (!field.id.empty()) fields.push_back(std::move(field));
  }
  co_return fields;
}

base::Task<absl::StatusOr<std::vector<StatusInfo>>> Client::Statuses() {
  Request request = Get("status", "/rest/api/3/status", 50);
  TAJO_CO_ASSIGN_OR_RETURN(const net::HttpResponse response, co_await connection_.Send(std::move(request)));
  TAJO_CO_ASSIGN_OR_RETURN(const nlohmann::json document, ParseAnswer(response.body));
  const json::Reader root(document, v1::JIRA_RESPONSE_INVALID);
  if (!root.IsArray()) co_return root.Unexpected("an array of statuses");
  std::vector<StatusInfo> statuses;
  for (const json::Reader& item : root.Items()) {
    StatusInfo status;
    status.id = item.Id("id").value_or("");
    status.name = item.String("name").value_or("");
    status.category = StatusCategoryOf(item.Child("statusCategory").String("key").value_or(""));
    if (!status.id.empty()) statuses.push_back(std::move(status));
  }
  co_return statuses;
}

base::Task<absl::StatusOr<std::vector<v1::User>>> Client::UsersByAccountId(std::vector<std::string> account_ids) {
  if (account_ids.empty()) co_return std::vector<v1::User>();
  if (account_ids.size() > kUserBulkLimit) {
    co_return base::Error(v1::JIRA_REQUEST_INVALID, fmt::format("at most {} account ids a call", kUserBulkLimit));
  }
  std::vector<v1::User> users;
  OffsetPager pager;
  while (!pager.Done()) {
    PathBuilder path("/rest/api/3/user/bulk");
    // Jira's own default is 10, and the rest would be missing without a word.
    path.Add("startAt", std::to_string(pager.StartAt())).Add("maxResults", std::to_string(kUserBulkLimit));
    for (const std::string& id : account_ids) path.Add("accountId", id);
    const int cost = 1 + 2 * static_cast<int>(account_ids.size());
    Request request = Get("user/bulk", std::move(path).Build(), cost);
    TAJO_CO_ASSIGN_OR_RETURN(net::HttpResponse response, co_await connection_.Send(std::move(request)));
    TAJO_CO_ASSIGN_OR_RETURN(OffsetPage<v1::User> page, ParseUsers(std::move(response.body)));
    pager.Next(page.items.size(), page.total, page.is_last);
    Settle(2 * static_cast<int>(account_ids.size()), 2 * page.items.size());
    for (v1::User& user : page.items) users.push_back(std::move(user));
    if (users.size() >= account_ids.size()) break;
  }
  co_return users;
}

base::Task<absl::StatusOr<std::vector<v1::User>>> Client::SearchUsers(std::string query, int max_results) {
  PathBuilder path("/rest/api/3/user/search");
  path.Add("query", query).Add("maxResults", std::to_string(max_results));
  Request request = Get("user/search", std::move(path).Build(), 1);
  TAJO_CO_ASSIGN_OR_RETURN(net::HttpResponse response, co_await connection_.Send(std::move(request)));
  TAJO_CO_ASSIGN_OR_RETURN(OffsetPage<v1::User> page, ParseUsers(std::move(response.body)));
  co_return std::move(page.items);
}

}  // namespace tajo::jira
