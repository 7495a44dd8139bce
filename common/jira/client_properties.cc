#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <utility>

#include "common/base/error.h"
#include "common/jira/body.h"
#include "common/jira/client.h"
#include "common/json/reader.h"
#include "tajo/jira/v1/error.pb.h"

// Issues with one of their entity properties.
namespace tajo::jira {
namespace {

// A field has to be asked for, else Jira gives ids without keys.
constexpr char kCheapField[] = "created";

std::string SearchBody(const IssueQuery& query, const std::string& property) {
  nlohmann::json body{{"jql", query.jql}, {"maxResults", query.max_results}};
  body["fields"].push_back(kCheapField);
  body["properties"].push_back(property);
  if (!query.page_token.empty()) body["nextPageToken"] = query.page_token;
  return Dump(body);
}

std::string FetchBody(const std::vector<std::string>& ids_or_keys, const std::string& property) {
  nlohmann::json body{{"issueIdsOrKeys", ids_or_keys}};
  body["fields"].push_back(kCheapField);
  body["properties"].push_back(property);
  return Dump(body);
}

absl::StatusOr<PropertyPage> PageOf(const std::string& body, const std::string& property) {
  TAJO_ASSIGN_OR_RETURN(const nlohmann::json document, ParseAnswer(body));
  const json::Reader root(document, v1::JIRA_RESPONSE_INVALID);
  TAJO_ASSIGN_OR_RETURN(const std::vector<json::Reader> issues, root.RequireArray("issues"));
  PropertyPage page;
  page.next_token = root.String("nextPageToken").value_or("");
  for (std::size_t i = 0; i < issues.size(); ++i) {
    IssueProperty& issue = page.issues.emplace_back();
    issue.id = std::strtoll(issues[i].Id("id").value_or("0").c_str(), nullptr, 10);
    issue.key = issues[i].String("key").value_or("");
    const nlohmann::json& raw = document["issues"][i];
    const auto properties = raw.is_object() ? raw.find("properties") : raw.end();
    if (properties == raw.end() || !properties->is_object()) continue;
    if (const auto value = properties->find(property); value != properties->end()) issue.value_json = Dump(*value);
  }
  return page;
}

}  // namespace

base::Task<absl::StatusOr<PropertyPage>> Client::SearchProperty(IssueQuery query, std::string property) {
  Request request = Send(net::Method::kPost, "search/jql", "/rest/api/3/search/jql", SearchBody(query, property),
                         1 + query.max_results);
  request.dialect = ErrorDialect::kSearch;
  TAJO_CO_ASSIGN_OR_RETURN(const net::HttpResponse response, co_await connection_.Send(std::move(request)));
  auto page = PageOf(response.body, property);
  if (page.ok()) Settle(query.max_results, page->issues.size());
  co_return page;
}

base::Task<absl::StatusOr<std::vector<IssueProperty>>> Client::FetchProperty(std::vector<std::string> ids_or_keys,
                                                                             std::string property) {
  if (ids_or_keys.empty()) co_return std::vector<IssueProperty>();
  if (ids_or_keys.size() > kBulkFetchLimit) {
    co_return base::Error(v1::JIRA_REQUEST_INVALID, fmt::format("at most {} issues a call", kBulkFetchLimit));
  }
  const int cost = 1 + static_cast<int>(ids_or_keys.size());
  Request request = Send(net::Method::kPost, "issue/bulkfetch", "/rest/api/3/issue/bulkfetch",
                         FetchBody(ids_or_keys, property), cost);
  TAJO_CO_ASSIGN_OR_RETURN(const net::HttpResponse response, co_await connection_.Send(std::move(request)));
  TAJO_CO_ASSIGN_OR_RETURN(PropertyPage page, PageOf(response.body, property));
  Settle(static_cast<int>(ids_or_keys.size()), page.issues.size());
  co_return std::move(page.issues);
}

}  // namespace tajo::jira
