#include "common/jira/client.h"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <nlohmann/json.hpp>

#include "common/base/error.h"
#include "tajo/jira/v1/error.pb.h"
#include "tests/support/run_task.h"
#include "tests/unit/jira/fakes.h"

namespace tajo::jira {
namespace {

using nlohmann::json;
using testing::RunTask;

class ClientTest : public ::testing::Test {
 protected:
  void Script(int status, std::string body) { connection_.answers.push_back(Answer(status, std::move(body))); }
  template <class T>
  T Run(base::Task<T> task) {
    return RunTask(context_, std::move(task));
  }
  json SentBody(std::size_t index = 0) { return json::parse(connection_.sent.at(index).body); }

  boost::asio::io_context context_;
  ScriptedConnection connection_;
  Client client_{connection_};
};

TEST_F(ClientTest, Search_NamesItsFieldsAndSendsExpandAsText) {
  Script(
      200,
      R"({"issues":[{"id":"10001","key":"A-1","fields":{"summary":"s","updated":"2026-03-26T16:00:00.000+0000"}}],"nextPageToken":"tok"})");
  IssueQuery query;
  query.jql = "project = A";
  query.expand = {"names", "changelog"};
  query.reconcile_ids = {7};
  const auto page = Run(client_.SearchJql(query, {}));
  ASSERT_TRUE(page.ok()) << page.status();
  const json body = SentBody();
  EXPECT_EQ(body["expand"], "names,changelog");
  EXPECT_EQ(body["reconcileIssues"], json::array({7}));
  EXPECT_GT(body["fields"].size(), 10u);
  EXPECT_FALSE(body.contains("startAt"));
  EXPECT_FALSE(body.contains("nextPageToken"));
  EXPECT_EQ(connection_.sent[0].path, "/rest/api/3/search/jql");
  EXPECT_EQ(connection_.sent[0].call.cost_estimate, 101);
  EXPECT_EQ(page->next_token, "tok");
  EXPECT_FALSE(page->is_last);
  EXPECT_EQ(page->issues.at(0).id(), 10001);
  EXPECT_FALSE(page->issues.at(0).partial());
}

TEST_F(ClientTest, SearchWarning_MarksThePageAsTruncated) {
  Script(200, R"({"issues":[],"isLast":true,"warnings":[{"type":"CLAUSE_LIMIT_EXCEEDED","message":"too many"}]})");
  const auto page = Run(client_.SearchJql({}, {}));
  EXPECT_TRUE(page->truncated);
  EXPECT_EQ(page->warnings.at(0), "CLAUSE_LIMIT_EXCEEDED: too many");
  EXPECT_TRUE(page->is_last);
}

TEST_F(ClientTest, SearchAnswerOfAnotherShape_IsInvalidNotEmpty) {
  for (const char* body : {"<html>login</html>", "{}", "", R"({"issues":[{"id":"1")", R"({"issues":null})"}) {
    Script(200, body);
    EXPECT_EQ(base::ReasonOf(Run(client_.SearchJql({}, {})).status()), v1::JIRA_RESPONSE_INVALID) << body;
  }
}

TEST_F(ClientTest, SearchRaw_GivesFieldsAsTheyAre) {
  Script(200,
         R"({"issues":[{"fields": {"a": [1, {"b":null}]} ,"id":"5","key":"A-5"},{"id":"6"},{"id":"7","fields":{}}]})");
  const auto page = Run(client_.SearchRaw({}, {"id"}));
  ASSERT_TRUE(page.ok()) << page.status();
  EXPECT_EQ(page->issues.at(0).fields_json, R"({"a": [1, {"b":null}]})");
  EXPECT_EQ(page->issues.at(1).fields_json, "{}");
  EXPECT_EQ(page->issues.at(2).fields_json, "{}");
}

TEST_F(ClientTest, BulkFetch_ReportsSilentOmissionsAndSendsExpandAsAnArray) {
  Script(200, R"({"issues":[{"id":"1","key":"MOVED-1","fields":{},"changelog":{"histories":[
    {"id":"20","created":"2026-03-26T16:00:00.000+0000","items":[{"field":"status","to":"3"}]},
    {"id":"10","created":"2026-03-25T16:00:00.000+0000","author":{"accountId":"x"},"items":[]}]}}],
    "issueErrors":[{"id":"2","errorMessage":"broken"}]})");
  const auto fetched = Run(client_.BulkFetch({1, 2, 3, 3}, {}, true));
  ASSERT_TRUE(fetched.ok()) << fetched.status();
  EXPECT_EQ(fetched->missing, std::vector<int64_t>{3});
  EXPECT_EQ(fetched->errors.at(0).second, "broken");
  EXPECT_EQ(fetched->issues.at(0).histories.at(0).id(), "10");  // oldest first
  EXPECT_EQ(SentBody()["expand"], json::array({"changelog"}));
  EXPECT_EQ(SentBody()["issueIdsOrKeys"][0], "1");
}

TEST_F(ClientTest, BulkFetch_BeyondJirasLimit_IsNotSent) {
  const auto fetched = Run(client_.BulkFetch(std::vector<int64_t>(101, 1), {}));
  EXPECT_EQ(base::ReasonOf(fetched.status()), v1::JIRA_REQUEST_INVALID);
  EXPECT_TRUE(connection_.sent.empty());
}

TEST_F(ClientTest, BulkChangelogs_JoinPagesAndTakeBothKindsOfTime) {
  Script(
      200,
      R"({"issueChangeLogs":[{"issueId":"1","changeHistories":[{"id":"5","created":1774540800500,"items":[{"field":"status","to":"2"}]}]}],"nextPageToken":"n"})");
  Script(200, R"({"issueChangeLogs":[{"issueId":"1","changeHistories":[{"id":"5","created":1774540800500,"items":[]},
    {"id":"6","created":"2026-03-26T16:00:01.500+0000","items":[]}]},{"issueId":"2","changeHistories":[]}]})");
  const auto all = Run(client_.BulkChangelogs({1, 2}));
  ASSERT_TRUE(all.ok()) << all.status();
  ASSERT_EQ(all->size(), 2u);
  ASSERT_EQ(all->at(0).histories.size(), 2u);
  EXPECT_EQ(all->at(0).histories[0].created_ms(), 1774540800500);
  EXPECT_EQ(all->at(0).histories[1].created_ms(), 1774540801500);
  EXPECT_EQ(SentBody(1)["nextPageToken"], "n");
}

TEST_F(ClientTest, BulkChangelogs_RepeatedToken_IsAnErrorNotHalfATruth) {
  for (int i = 0; i < 3; ++i)
    Script(200, R"({"issueChangeLogs":[{"issueId":"1","changeHistories":[]}],"nextPageToken":"same"})");
  EXPECT_EQ(base::ReasonOf(Run(client_.BulkChangelogs({1})).status()), v1::JIRA_UNAVAILABLE);
}

TEST_F(ClientTest, Comments_AreReadToTheEndThroughShortPages) {
  Script(
      200,
      R"({"startAt":0,"maxResults":100,"total":2,"comments":[{"id":"1","body":{"type":"doc","content":[{"type":"paragraph","content":[{"type":"text","text":"hi"}]}]},"jsdPublic":true}]})");
  Script(200, R"({"startAt":1,"total":2,"comments":[{"id":"2","jsdPublic":false}]})");
  const auto comments = Run(client_.Comments(10042));
  ASSERT_EQ(comments->size(), 2u);
  EXPECT_EQ(comments->at(0).text(), "hi");
  EXPECT_TRUE(comments->at(0).is_public());
  EXPECT_FALSE(comments->at(1).is_public());
  EXPECT_EQ(connection_.sent[1].path,
            "/rest/api/3/issue/10042/comment?startAt=1&maxResults=100&orderBy=created&expand=properties");
}

TEST_F(ClientTest, Comments_MarkedInternalByTheirPropertyOnly_ArePrivate) {
  Script(200, R"({"total":1,"comments":[{"id":"1","jsdPublic":true,
    "properties":[{"key":"sd.public.comment","value":{"internal":true}}]}]})");
  const auto comments = Run(client_.Comments(10042));
  ASSERT_EQ(comments->size(), 1u);
  EXPECT_FALSE(comments->at(0).is_public());
  EXPECT_NE(connection_.sent[0].path.find("expand=properties"), std::string::npos);
}

TEST_F(ClientTest, Projects_404MeansNone) {
  connection_.answers.push_back(base::Error(v1::JIRA_NOT_FOUND, "nothing"));
  const auto projects = Run(client_.Projects({"A B"}));
  ASSERT_TRUE(projects.ok());
  EXPECT_TRUE(projects->empty());
  EXPECT_NE(connection_.sent[0].path.find("keys=A%20B"), std::string::npos);
}

TEST_F(ClientTest, Catalogues_NeedNoAdministrator) {
  Script(200, R"([{"id":"3","name":"In Progress","statusCategory":{"id":4,"key":"indeterminate"}}])");
  const auto statuses = Run(client_.Statuses());
  ASSERT_TRUE(statuses.ok()) << statuses.status();
  EXPECT_EQ(statuses->at(0).category, v1::IN_PROGRESS);
  EXPECT_EQ(connection_.sent[0].path, "/rest/api/3/status");  // statuses/search is for administrators
}

TEST_F(ClientTest, UsersByAccountId_NamesMaxResults) {
  Script(
      200,
      R"({"maxResults":100,"startAt":0,"total":1,"isLast":true,"values":[{"accountId":"557058:a","emailAddress":null,"accountType":"atlassian","displayName":"A","active":true}]})");
  const auto users = Run(client_.UsersByAccountId({"557058:a", "5b:gone"}));
  ASSERT_EQ(users->size(), 1u);
  EXPECT_EQ(users->at(0).email(), "");
  EXPECT_NE(connection_.sent[0].path.find("maxResults=100&accountId=557058%3Aa&accountId=5b%3Agone"),
            std::string::npos);
}

TEST_F(ClientTest, SearchUsers_ReadsABareArray) {
  Script(200, R"([{"accountId":"u","emailAddress":"u@example.com"}])");
  EXPECT_EQ(Run(client_.SearchUsers("u@"))->at(0).email(), "u@example.com");
}

TEST_F(ClientTest, RegisterWebhooks_FindsErrorsInsideA200) {
  Script(
      200,
      R"({"webhookRegistrationResult":[{"createdWebhookId":1000},{"errors":["The clause watchCount is unsupported"]}]})");
  const auto results = Run(client_.RegisterWebhooks(
      "https://x", {{{"jira:issue_updated"}, "project = A", {}}, {{"comment_created"}, "", {}}}));
  ASSERT_TRUE(results.ok()) << results.status();
  EXPECT_EQ(results->at(0).id, 1000);
  EXPECT_FALSE(results->at(1).id.has_value());
  EXPECT_EQ(results->at(1).errors.size(), 1u);
  EXPECT_EQ(connection_.sent[0].idempotency, retry::Idempotency::kNotIdempotent);
}

TEST_F(ClientTest, WebhookExpiry_MayBeANumberOrADate) {
  Script(
      200,
      R"({"values":[{"id":1,"expirationDate":1774540800500},{"id":2,"expirationDate":"2019-06-01T12:42:30.000+0000"}],"isLast":true})");
  const auto webhooks = Run(client_.ListWebhooks());
  EXPECT_EQ(webhooks->at(0).expires_ms, 1774540800500);
  EXPECT_EQ(webhooks->at(1).expires_ms, 1559392950000);
}

TEST_F(ClientTest, WorklogsUpdated_GivesUntilAsTheNextCursor) {
  Script(
      200,
      R"({"values":[{"worklogId":103,"updatedTime":1,"properties":[]}],"since":1,"until":1438013693136,"lastPage":true})");
  const auto updated = Run(client_.WorklogsUpdated(1));
  EXPECT_EQ(updated->until_ms, 1438013693136);
  EXPECT_TRUE(updated->last_page);
  EXPECT_EQ(updated->ids, std::vector<int64_t>{103});
}

TEST_F(ClientTest, ProjectVersions_OfAStatus_AreReadToTheEnd) {
  Script(200, R"({"startAt":0,"maxResults":50,"total":2,"isLast":false,"values":[{"id":"10000","released":true}]})");
  Script(200, R"({"startAt":1,"maxResults":50,"total":2,"isLast":true,"values":[{"id":"10001","released":true,
                  "releaseDate":"2026-11-27","userReleaseDate":"27/Nov/26"}]})");
  const auto versions = Run(client_.ProjectVersions("SUPPORT", "released"));
  ASSERT_TRUE(versions.ok()) << versions.status();
  ASSERT_EQ(versions->size(), 2u);
  EXPECT_EQ(versions->at(0).release_date(), "");
  EXPECT_EQ(versions->at(1).release_date(), "2026-11-27");
  EXPECT_EQ(connection_.sent[1].path,
            "/rest/api/3/project/SUPPORT/version?startAt=1&maxResults=50&orderBy=sequence&status=released");
}

TEST_F(ClientTest, BoardSprints_AskForStatesAndStopAtTheLastPage) {
  Script(200,
         R"({"maxResults":50,"startAt":0,"isLast":true,"values":[{"id":7,"type":"scrum"},{"id":8,"type":"kanban"}]})");
  const auto boards = Run(client_.Boards("SUPPORT"));
  ASSERT_EQ(boards.value().size(), 2u);
  EXPECT_EQ(boards->at(1).type, "kanban");
  EXPECT_EQ(connection_.sent[0].path, "/rest/agile/1.0/board?startAt=0&maxResults=50&projectKeyOrId=SUPPORT");
  Script(200, R"({"maxResults":50,"startAt":0,"isLast":true,"values":[{"id":37,"state":"closed","name":"Sprint 1",
                  "startDate":"2026-04-11T15:22:00.000+10:00","completeDate":"2026-04-20T11:04:00.000+10:00"}]})");
  const auto sprints = Run(client_.BoardSprints(7, "active,closed"));
  ASSERT_EQ(sprints.value().size(), 1u);
  EXPECT_EQ(sprints->at(0).complete_ms(), 1'776'647'040'000);
  EXPECT_EQ(connection_.sent[1].path, "/rest/agile/1.0/board/7/sprint?state=active%2Cclosed&startAt=0&maxResults=50");
}

TEST_F(ClientTest, CreateIssue_IsNotIdempotentAndSendsADocument) {
  Script(201, R"({"id":"10000","key":"ED-24","self":"x"})");
  NewIssue issue;
  issue.project_key = "ED";
  issue.issue_type = "Bug";
  issue.summary = "two\nlines";
  issue.description = "text";
  issue.fields = {{"customfield_1", R"({"value":"a"})"}};
  const auto created = Run(client_.CreateIssue(issue));
  ASSERT_TRUE(created.ok()) << created.status();
  EXPECT_EQ(created->key, "ED-24");
  EXPECT_EQ(connection_.sent[0].idempotency, retry::Idempotency::kNotIdempotent);
  EXPECT_EQ(SentBody()["fields"]["summary"], "two lines");
  EXPECT_EQ(SentBody()["fields"]["description"]["type"], "doc");
  EXPECT_EQ(SentBody()["fields"]["customfield_1"]["value"], "a");
}

TEST_F(ClientTest, CreateIssue_SetsPropertiesInTheSameCall) {
  Script(201, R"({"id":"10000","key":"ED-24","self":"x"})");
  NewIssue issue;
  issue.properties = {{"tajo.creation", R"({"name":"n"})"}};
  ASSERT_TRUE(Run(client_.CreateIssue(issue)).ok());
  EXPECT_EQ(SentBody()["properties"], json::parse(R"([{"key":"tajo.creation","value":{"name":"n"}}])"));
}

TEST_F(ClientTest, SearchProperty_GivesItsValueWithTheKey) {
  Script(200, R"({"issues":[{"id":"5","key":"A-5","fields":{},"properties":{"p":{"a":1}}},{"id":"6","key":"A-6"}],
                  "nextPageToken":"t"})");
  IssueQuery query;
  query.jql = "project = A";
  query.page_token = "before";
  const auto page = Run(client_.SearchProperty(query, "p"));
  ASSERT_TRUE(page.ok()) << page.status();
  EXPECT_EQ(SentBody()["properties"], json::array({"p"}));
  EXPECT_EQ(SentBody()["nextPageToken"], "before");
  ASSERT_EQ(page->issues.size(), 2u);
  EXPECT_EQ(page->issues[0].key, "A-5");
  EXPECT_EQ(page->issues[0].value_json, R"({"a":1})");
  EXPECT_EQ(page->issues[1].value_json, "");
  EXPECT_EQ(page->next_token, "t");
}

TEST_F(ClientTest, FetchProperty_ReadsByKey) {
  Script(200, R"({"issues":[{"id":"5","key":"A-5","properties":{"p":"v"}}],"issueErrors":[]})");
  const auto issues = Run(client_.FetchProperty({"A-5", "A-6"}, "p"));
  ASSERT_TRUE(issues.ok()) << issues.status();
  EXPECT_EQ(SentBody()["issueIdsOrKeys"], json::array({"A-5", "A-6"}));
  ASSERT_EQ(issues->size(), 1u);
  EXPECT_EQ(issues->front().value_json, R"("v")");
  EXPECT_EQ(base::ReasonOf(Run(client_.FetchProperty(std::vector<std::string>(101, "A-1"), "p")).status()),
            v1::JIRA_REQUEST_INVALID);
}

TEST_F(ClientTest, IssueProperty_NotSetIsNothing) {
  connection_.answers.push_back(base::Error(v1::JIRA_NOT_FOUND, "none"));
  const auto property = Run(client_.GetIssueProperty("A-1", "tajo"));
  ASSERT_TRUE(property.ok());
  EXPECT_FALSE(property->has_value());
  Script(200, R"({"key":"tajo","value":{"a":1}})");
  EXPECT_EQ(Run(client_.GetIssueProperty("A-1", "tajo"))->value(), R"({"a":1})");
}

TEST_F(ClientTest, Myself_OfAnAnonymousCaller_IsAnError) {
  Script(200, "{}");
  EXPECT_EQ(base::ReasonOf(Run(client_.GetMyself()).status()), v1::JIRA_RESPONSE_INVALID);
}

TEST_F(ClientTest, ParseJql_GivesJirasErrors) {
  Script(
      200,
      R"({"queries":[{"query":"a = 1","errors":["Field 'a' does not exist"]},{"query":"project = A","structure":{}}]})");
  const auto parsed = Run(client_.ParseJql({"a = 1", "project = A"}));
  EXPECT_EQ(parsed->at(0).errors.at(0), "Field 'a' does not exist");
  EXPECT_TRUE(parsed->at(1).errors.empty());
}

}  // namespace
}  // namespace tajo::jira
