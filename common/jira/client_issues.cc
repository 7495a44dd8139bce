#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "common/base/error.h"
#include "common/jira/adf.h"
#include "common/jira/body.h"
#include "common/jira/client.h"
#include "common/jira/pager.h"
#include "common/jira/pages.h"
#include "common/jira/url.h"
#include "common/json/parse.h"
#include "common/json/reader.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::jira {
namespace {

constexpr int kPageSize = 100;

// `expand` is a comma list here, and an array in bulkfetch.
std::string SearchBody(const IssueQuery& query, const std::vector<std::string>& fields) {
  nlohmann::json body{{"jql", query.jql}, {"maxResults", query.max_results}, {"fields", fields}};
  if (!query.page_token.empty()) body["nextPageToken"] = query.page_token;
  if (!query.expand.empty()) body["expand"] = fmt::format("{}", fmt::join(query.expand, ","));
  if (!query.reconcile_ids.empty()) body["reconcileIssues"] = query.reconcile_ids;
  return Dump(body);
}

std::vector<std::string> AsText(const std::vector<int64_t>& ids) {
  std::vector<std::string> texts;
  texts.reserve(ids.size());
  for (const int64_t id : ids) texts.push_back(std::to_string(id));
  return texts;
}

std::string FetchBody(const std::vector<int64_t>& ids, const IssueFields& fields, bool with_changelog) {
  nlohmann::json body{{"issueIdsOrKeys", AsText(ids)}, {"fields", fields.Names()}};
  if (with_changelog) body["expand"] = nlohmann::json::array({"changelog"});
  return Dump(body);
}

std::string ChangelogBody(const std::vector<std::string>& ids, const std::string& token) {
  nlohmann::json body{{"issueIdsOrKeys", ids}, {"maxResults", 1000}};
  if (!token.empty()) body["nextPageToken"] = token;
  return Dump(body);
}

absl::Status TooMany(std::string_view what, std::size_t limit) {
  return base::Error(v1::JIRA_REQUEST_INVALID, fmt::format("at most {} {} a call", limit, what));
}

std::string OneLineOf(std::string text) {
  std::ranges::replace_if(
      text, [](char c) { return c == '\n' || c == '\r' || c == '\t'; }, ' ');
  return text;
}

absl::StatusOr<std::string> NewIssueBody(const NewIssue& issue) {
  nlohmann::json fields{{"project", {{"key", issue.project_key}}},
                        {"issuetype", {{"name", issue.issue_type}}},
                        {"summary", OneLineOf(issue.summary)}};
  if (!issue.description.empty()) {
    TAJO_ASSIGN_OR_RETURN(fields["description"], json::ParseJson(TextToAdf(issue.description)));
  }
  if (!issue.priority.empty()) fields["priority"] = {{"name", issue.priority}};
  if (!issue.assignee_account_id.empty()) fields["assignee"] = {{"id", issue.assignee_account_id}};
  if (!issue.reporter_account_id.empty()) fields["reporter"] = {{"id", issue.reporter_account_id}};
  if (!issue.labels.empty()) fields["labels"] = issue.labels;
  for (const auto& [id, value] : issue.fields) {
    auto parsed = json::ParseJson(value);
    if (!parsed.ok()) {
      return base::FieldError(v1::REQUEST_INVALID, id, fmt::format("the value of field {} isn't JSON", id));
    }
    fields[id] = *std::move(parsed);
  }
  nlohmann::json body{{"fields", std::move(fields)}};
  for (const auto& [key, value] : issue.properties) {
    TAJO_ASSIGN_OR_RETURN(nlohmann::json parsed, json::ParseJson(value));
    body["properties"].push_back({{"key", key}, {"value", std::move(parsed)}});
  }
  return Dump(body);
}

}  // namespace

base::Task<absl::StatusOr<IssuePage>> Client::SearchJql(IssueQuery query, IssueFields fields) {
  Request request = Send(net::Method::kPost, "search/jql", "/rest/api/3/search/jql", SearchBody(query, fields.Names()),
                         1 + query.max_results);
  request.dialect = ErrorDialect::kSearch;
  TAJO_CO_ASSIGN_OR_RETURN(net::HttpResponse response, co_await connection_.Send(std::move(request)));
  auto page = ParseIssuePage(std::move(response.body), fields);
  if (page.ok()) Settle(query.max_results, page->issues.size());
  co_return page;
}

base::Task<absl::StatusOr<RawPage>> Client::SearchRaw(IssueQuery query, std::vector<std::string> field_names) {
  Request request = Send(net::Method::kPost, "search/jql", "/rest/api/3/search/jql", SearchBody(query, field_names),
                         1 + query.max_results);
  request.dialect = ErrorDialect::kSearch;
  TAJO_CO_ASSIGN_OR_RETURN(net::HttpResponse response, co_await connection_.Send(std::move(request)));
  auto page = ParseRawPage(std::move(response.body));
  if (page.ok()) Settle(query.max_results, page->issues.size());
  co_return page;
}

base::Task<absl::StatusOr<int64_t>> Client::ApproximateCount(std::string jql) {
  Request request =
      Send(net::Method::kPost, "search/approximate-count", "/rest/api/3/search/approximate-count", BodyOf("jql", jql));
  request.dialect = ErrorDialect::kSearch;
  TAJO_CO_ASSIGN_OR_RETURN(const net::HttpResponse response, co_await connection_.Send(std::move(request)));
  TAJO_CO_ASSIGN_OR_RETURN(const nlohmann::json document, ParseAnswer(response.body));
  co_return json::Reader(document, v1::JIRA_RESPONSE_INVALID).RequireInt64("count");
}

base::Task<absl::StatusOr<std::vector<ParsedJql>>> Client::ParseJql(std::vector<std::string> queries) {
  Request request =
      Send(net::Method::kPost, "jql/parse", "/rest/api/3/jql/parse?validation=strict", BodyOf("queries", queries));
  TAJO_CO_ASSIGN_OR_RETURN(const net::HttpResponse response, co_await connection_.Send(std::move(request)));
  TAJO_CO_ASSIGN_OR_RETURN(const nlohmann::json document, ParseAnswer(response.body));
  const json::Reader root(document, v1::JIRA_RESPONSE_INVALID);
  TAJO_CO_ASSIGN_OR_RETURN(const std::vector<json::Reader> items, root.RequireArray("queries"));
  std::vector<ParsedJql> parsed;
  for (const json::Reader& item : items) {
    ParsedJql& query = parsed.emplace_back();
    query.query = item.String("query").value_or("");
    for (const json::Reader& error : item.Items("errors")) query.errors.push_back(error.String().value_or("invalid"));
    for (const json::Reader& warning : item.Items("warnings")) {
      if (auto text = warning.String()) query.warnings.push_back(*std::move(text));
    }
  }
  co_return parsed;
}

base::Task<absl::StatusOr<FetchedIssues>> Client::BulkFetch(std::vector<int64_t> ids, IssueFields fields,
                                                            bool with_changelog) {
  if (ids.empty()) co_return FetchedIssues();
  if (ids.size() > kBulkFetchLimit) co_return TooMany("issues", kBulkFetchLimit);
  std::string body = FetchBody(ids, fields, with_changelog);
  Request request = Send(net::Method::kPost, "issue/bulkfetch", "/rest/api/3/issue/bulkfetch", std::move(body),
                         1 + static_cast<int>(ids.size()));
  TAJO_CO_ASSIGN_OR_RETURN(net::HttpResponse response, co_await connection_.Send(std::move(request)));
  auto fetched = ParseFetched(std::move(response.body), fields, ids);
  if (fetched.ok()) Settle(static_cast<int>(ids.size()), fetched->issues.size());
  co_return fetched;
}

base::Task<absl::StatusOr<FullIssue>> Client::GetIssue(std::string id_or_key, IssueFields fields, bool with_changelog) {
  PathBuilder path("/rest/api/3/issue/" + PercentEncode(id_or_key));
  path.Add("fields", fmt::format("{}", fmt::join(fields.Names(), ",")));
  if (with_changelog) path.Add("expand", "changelog");
  Request request = Get("issue/{id}", std::move(path).Build(), 2);
  TAJO_CO_ASSIGN_OR_RETURN(net::HttpResponse response, co_await connection_.Send(std::move(request)));
  co_return ParseIssue(std::move(response.body), fields);
}

base::Task<absl::StatusOr<std::vector<IssueHistories>>> Client::BulkChangelogs(std::vector<int64_t> ids) {
  std::vector<IssueHistories> all;
  if (ids.empty()) co_return all;
  if (ids.size() > kBulkChangelogLimit) co_return TooMany("issues", kBulkChangelogLimit);
  absl::flat_hash_map<int64_t, std::size_t> places;
  const std::vector<std::string> id_texts = AsText(ids);
  Pager pager;
  while (!pager.Done()) {
    std::string body = ChangelogBody(id_texts, pager.Token());
    Request request = Send(net::Method::kPost, "changelog/bulkfetch", "/rest/api/3/changelog/bulkfetch",
                           std::move(body), 1 + static_cast<int>(ids.size()));
    TAJO_CO_ASSIGN_OR_RETURN(net::HttpResponse response, co_await connection_.Send(std::move(request)));
    TAJO_CO_ASSIGN_OR_RETURN(ChangelogPage page, ParseChangelogPage(std::move(response.body)));
    pager.Next(page.next_token, page.issues.size());
    std::size_t given = 0;
    for (const IssueHistories& part : page.issues) given += part.histories.size();
    Settle(static_cast<int>(ids.size()), given);
    // An issue's histories may go on on the next page.
    for (IssueHistories& part : page.issues) {
      const auto [place, is_new] = places.try_emplace(part.issue_id, all.size());
      if (is_new) {
        all.push_back(std::move(part));
        continue;
      }
      auto& histories = all[place->second].histories;
      std::ranges::move(part.histories, std::back_inserter(histories));
    }
  }
  if (pager.Stopped() != Pager::Stop::kNo) {
    co_return base::Error(v1::JIRA_UNAVAILABLE, "Jira repeated a page token of changelog/bulkfetch; ask again");
  }
  for (IssueHistories& issue : all) {
    std::ranges::stable_sort(issue.histories, {}, &v1::History::created_ms);
    const auto again = std::ranges::unique(issue.histories, {}, &v1::History::id);
    issue.histories.erase(again.begin(), again.end());
  }
  co_return all;
}

base::Task<absl::StatusOr<std::vector<v1::Comment>>> Client::Comments(int64_t issue_id) {
  std::vector<v1::Comment> comments;
  absl::flat_hash_set<std::string> seen;
  OffsetPager pager;
  while (!pager.Done()) {
    PathBuilder path(fmt::format("/rest/api/3/issue/{}/comment", issue_id));
    path.Add("startAt", std::to_string(pager.StartAt()))
        .Add("maxResults", std::to_string(kPageSize))
        .Add("orderBy", "created")
        .Add("expand", "properties");  // one of the three signs that a comment is private
    Request request = Get("issue/{id}/comment", std::move(path).Build(), 1 + kPageSize);
    TAJO_CO_ASSIGN_OR_RETURN(net::HttpResponse response, co_await connection_.Send(std::move(request)));
    TAJO_CO_ASSIGN_OR_RETURN(OffsetPage<v1::Comment> page, ParseComments(std::move(response.body)));
    pager.Next(page.items.size(), page.total, page.is_last);
    Settle(kPageSize, page.items.size());
    for (v1::Comment& comment : page.items) {
      if (seen.insert(comment.id()).second) comments.push_back(std::move(comment));
    }
  }
  co_return comments;
}

base::Task<absl::StatusOr<UpdatedWorklogs>> Client::WorklogsUpdated(int64_t since_ms) {
  Request request = Get("worklog/updated", fmt::format("/rest/api/3/worklog/updated?since={}", since_ms), 1001);
  TAJO_CO_ASSIGN_OR_RETURN(const net::HttpResponse response, co_await connection_.Send(std::move(request)));
  TAJO_CO_ASSIGN_OR_RETURN(const nlohmann::json document, ParseAnswer(response.body));
  const json::Reader root(document, v1::JIRA_RESPONSE_INVALID);
  UpdatedWorklogs updated;
  TAJO_CO_ASSIGN_OR_RETURN(updated.until_ms, root.RequireInt64("until"));
  updated.last_page = root.Bool("lastPage").value_or(false);
  for (const json::Reader& value : root.Items("values")) {
    if (const auto id = value.Int64("worklogId")) updated.ids.push_back(*id);
  }
  Settle(1000, updated.ids.size());
  co_return updated;
}

base::Task<absl::StatusOr<std::vector<v1::Worklog>>> Client::WorklogList(std::vector<int64_t> ids) {
  if (ids.empty()) co_return std::vector<v1::Worklog>();
  if (ids.size() > kWorklogListLimit) co_return TooMany("worklogs", kWorklogListLimit);
  Request request = Send(net::Method::kPost, "worklog/list", "/rest/api/3/worklog/list", BodyOf("ids", ids),
                         1 + static_cast<int>(ids.size()));
  TAJO_CO_ASSIGN_OR_RETURN(net::HttpResponse response, co_await connection_.Send(std::move(request)));
  TAJO_CO_ASSIGN_OR_RETURN(OffsetPage<v1::Worklog> page, ParseWorklogs(std::move(response.body)));
  Settle(static_cast<int>(ids.size()), page.items.size());
  co_return std::move(page.items);
}

base::Task<absl::StatusOr<CreatedIssue>> Client::CreateIssue(NewIssue issue) {
  TAJO_CO_ASSIGN_OR_RETURN(std::string body, NewIssueBody(issue));
  Request request = Send(net::Method::kPost, "issue", "/rest/api/3/issue", std::move(body));
  request.idempotency = retry::Idempotency::kNotIdempotent;
  TAJO_CO_ASSIGN_OR_RETURN(const net::HttpResponse response, co_await connection_.Send(std::move(request)));
  TAJO_CO_ASSIGN_OR_RETURN(const nlohmann::json document, ParseAnswer(response.body));
  const json::Reader root(document, v1::JIRA_RESPONSE_INVALID);
  CreatedIssue created;
  TAJO_CO_ASSIGN_OR_RETURN(created.key, root.RequireString("key"));
  created.id = std::strtoll(root.Id("id").value_or("0").c_str(), nullptr, 10);
  co_return created;
}

base::Task<absl::StatusOr<std::optional<std::string>>> Client::GetIssueProperty(std::string id_or_key,
                                                                                std::string property) {
  Request request =
      Get("issue/{id}/properties/{key}",
          fmt::format("/rest/api/3/issue/{}/properties/{}", PercentEncode(id_or_key), PercentEncode(property)), 2);
  auto response = co_await connection_.Send(std::move(request));
  if (base::ReasonOf(response.status()) == v1::JIRA_NOT_FOUND) co_return std::nullopt;
  if (!response.ok()) co_return response.status();
  TAJO_CO_ASSIGN_OR_RETURN(const nlohmann::json document, ParseAnswer(response->body));
  const auto value = document.is_object() ? document.find("value") : document.end();
  if (value == document.end()) co_return std::nullopt;
  co_return Dump(*value);
}

base::Task<absl::Status> Client::SetIssueProperty(std::string id_or_key, std::string property, std::string value_json) {
  if (!json::ParseJson(value_json).ok()) {
    co_return base::Error(v1::REQUEST_INVALID, "the property's value isn't JSON");
  }
  Request request =
      Send(net::Method::kPut, "issue/{id}/properties/{key}",
           fmt::format("/rest/api/3/issue/{}/properties/{}", PercentEncode(id_or_key), PercentEncode(property)),
           std::move(value_json));
  const auto response = co_await connection_.Send(std::move(request));
  co_return response.status();
}

}  // namespace tajo::jira
