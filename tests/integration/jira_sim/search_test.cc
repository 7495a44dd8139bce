#include <algorithm>
#include <set>

#include "tests/integration/jira_sim/fixture.h"

namespace tajo::jira_sim {
namespace {

using SearchTest = JiraSimTest;

TEST_F(SearchTest, Search_WithoutFields_GivesIdsOnly) {
  Start({.issues = 50});
  const Reply reply = Search({{"jql", "project = SUPPORT"}, {"maxResults", 1}});
  ASSERT_EQ(reply.status, 200);
  ASSERT_EQ(reply.json["issues"].size(), 1u);
  EXPECT_EQ(reply.json["issues"][0].size(), 1u);
  EXPECT_TRUE(reply.json["issues"][0].contains("id"));
  EXPECT_FALSE(reply.json.contains("total"));
}

TEST_F(SearchTest, Search_AllPages_GiveEveryIssueOnce) {
  Start({.issues = 730});
  const auto keys = SearchAll("project in (SUPPORT, PRODUCT) ORDER BY updated ASC, key ASC", 100);
  EXPECT_EQ(keys.size(), 730u);
  EXPECT_EQ(std::set<std::string>(keys.begin(), keys.end()).size(), 730u);
  EXPECT_EQ(Violations(), 0);
}

TEST_F(SearchTest, Search_WithFields_GivesAtMostAHundred) {
  Start({.issues = 400});
  const Reply with_fields = Search({{"jql", "id != null"}, {"maxResults", 5000}, {"fields", {"summary"}}});
  EXPECT_EQ(with_fields.json["issues"].size(), 100u);
  EXPECT_EQ(with_fields.json["isLast"], false);
  const Reply ids = Search({{"jql", "id != null"}, {"maxResults", 5000}, {"fields", {"id"}}});
  EXPECT_EQ(ids.json["issues"].size(), 400u);
  EXPECT_EQ(ids.json["isLast"], true);
  EXPECT_FALSE(ids.json.contains("nextPageToken"));
}

TEST_F(SearchTest, OldSearch_IsGone) {
  Start({.issues = 5});
  const Reply reply = Post("/rest/api/3/search", {{"jql", "project = SUPPORT"}});
  EXPECT_EQ(reply.status, 410);
  EXPECT_NE(reply.Error().find("CHANGE-2046"), std::string::npos);
  EXPECT_EQ(Violations("removed_api"), 1);
}

TEST_F(SearchTest, Search_UnboundedJql_IsRefused) {
  Start({.issues = 5});
  const Reply reply = Search({{"jql", "order by key desc"}});
  EXPECT_EQ(reply.status, 400);
  EXPECT_EQ(reply.Error(),
            "Unbounded JQL queries are not allowed here. Please add a search restriction to your query.");
}

TEST_F(SearchTest, Search_StartAtOrArrayExpand_IsRefusedAndCounted) {
  Start({.issues = 5});
  EXPECT_EQ(Search({{"jql", "id != null"}, {"startAt", 50}}).status, 400);
  EXPECT_EQ(Violations("offset_paging_on_search_jql"), 1);
  EXPECT_EQ(Search({{"jql", "id != null"}, {"expand", {"names"}}}).status, 400);
  EXPECT_EQ(Violations("body_type"), 1);
}

TEST_F(SearchTest, Search_ErrorsOfJql_AreJirasWords) {
  Start({.issues = 5});
  EXPECT_EQ(Search({{"jql", "project = NOSUCH"}}).Error(),
            "The value 'NOSUCH' does not exist for the field 'project'.");
  EXPECT_EQ(Search({{"jql", "colour = red"}}).Error(),
            "Field 'colour' does not exist or you do not have permission to view it.");
  EXPECT_EQ(Search({{"jql", "project ="}}).status, 400);
  EXPECT_EQ(Search({{"jql", "id != null ORDER BY key,id,status,created,updated,priority,project,reporter"}}).Error(),
            "JQL can be ordered by at most 7 fields.");
}

TEST_F(SearchTest, Search_Literal_IsInTheProfilesZone) {
  Start({.issues = 20, .time_zone = "America/New_York"});
  Control("change", {{"op", "create"}, {"project", "SUPPORT"}, {"summary", "new"}});
  // FakeClock begins at 2026-09-21T14:13:20Z = 10:13:20 in New York (EDT).
  EXPECT_EQ(SearchAll("created >= '2026-09-21 10:13'").size(), 1u);
  EXPECT_EQ(SearchAll("created >= '2026-09-21 14:13'").size(), 0u);
  EXPECT_EQ(SearchAll("created >= 1790000000000").size(), 1u);
  EXPECT_EQ(SearchAll("created >= 1790000000001").size(), 0u);
  EXPECT_EQ(SearchAll("created >= -5m").size(), 1u);
  EXPECT_EQ(Search({{"jql", "created >= '2026-09-21 10:13:20'"}}).status, 400);
}

TEST_F(SearchTest, Search_Times_AreWrittenInTheProfilesZone) {
  Start({.issues = 0, .time_zone = "America/New_York"});
  const Json made = Control("change", {{"op", "create"}, {"project", "SUPPORT"}});
  const Reply reply = Get("/rest/api/3/issue/" + made["issue"].get<std::string>());
  EXPECT_EQ(reply.json["fields"]["created"], "2026-09-21T10:13:20.000-0400");
}

TEST_F(SearchTest, Search_Filters_FindWhatTheyName) {
  Start({.issues = 300, .customers = 30});
  const auto count = [this](const std::string& jql) {
    return Post("/rest/api/3/search/approximate-count", {{"jql", jql}}).json["count"].get<int64_t>();
  };
  EXPECT_EQ(count("project = SUPPORT") + count("project != SUPPORT"), 300);
  EXPECT_EQ(count("statusCategory = Done"), count("resolution is not EMPTY"));
  EXPECT_EQ(count("resolution = Unresolved"), count("statusCategory != Done"));
  EXPECT_EQ(count("NOT (assignee is EMPTY)"), 300 - count("assignee is EMPTY"));
  EXPECT_EQ(count("status in ('In Progress', \"To Do\") OR status = Closed"),
            count("status = 3") + count("status = 'To Do'") + count("status = Closed"));
  EXPECT_EQ(count("id > 10200"), 100);
  const Json truth = Control("truth/customer/customer0001%40example.com");
  const std::string account = truth["account_id"];
  EXPECT_EQ(count("reporter = '" + account + "'"), static_cast<int64_t>(truth["tickets"].size()));
  EXPECT_EQ(count("summary ~ 'VAT rate'"), count("text ~ 'vat rate' AND summary ~ vat"));
}

TEST_F(SearchTest, Token_OfOtherQuery_IsRefused) {
  Start({.issues = 20});
  const Reply first = Search({{"jql", "project = SUPPORT"}, {"maxResults", 1}});
  const std::string token = first.json["nextPageToken"];
  EXPECT_EQ(Search({{"jql", "project = PRODUCT"}, {"nextPageToken", token}}).status, 400);
  EXPECT_EQ(Violations("page_token_with_other_jql"), 1);
  EXPECT_EQ(Search({{"jql", "project = SUPPORT"}, {"nextPageToken", "x" + token}}).status, 400);
}

TEST_F(SearchTest, Token_AfterSevenDays_HasExpired) {
  Start({.issues = 20});
  const Reply first = Search({{"jql", "project = SUPPORT"}, {"maxResults", 1}});
  clock_.Advance(std::chrono::hours(24 * 7 - 1));
  const Json next{{"jql", "project = SUPPORT"}, {"nextPageToken", first.json["nextPageToken"]}};
  EXPECT_EQ(Search(next).status, 200);
  clock_.Advance(std::chrono::hours(2));
  EXPECT_EQ(Search(next).status, 400);
}

TEST_F(SearchTest, IndexLag_HidesChangesFromSearchButNotFromReads) {
  Start({.issues = 20});
  Control("faults", {{"kind", "index_lag"}, {"seconds", 60}});
  const Json made = Control("change", {{"op", "create"}, {"project", "SUPPORT"}, {"summary", "fresh"}});
  const std::string key = made["issue"];
  EXPECT_EQ(Get("/rest/api/3/issue/" + key).status, 200);
  EXPECT_EQ(SearchAll("created >= -5m").size(), 0u);
  clock_.Advance(std::chrono::seconds(61));
  EXPECT_EQ(SearchAll("created >= -5m"), std::vector<std::string>{key});
}

TEST_F(SearchTest, ReconcileIssues_SeesThroughTheLag) {
  Start({.issues = 20});
  Control("faults", {{"kind", "index_lag"}, {"seconds", 60}});
  const Json made = Control("change", {{"op", "create"}, {"project", "SUPPORT"}});
  const int64_t id = std::stoll(made["id"].get<std::string>());
  const Reply reply = Search({{"jql", "created >= -5m"}, {"reconcileIssues", {id}}});
  EXPECT_EQ(reply.json["issues"].size(), 1u);
}

TEST_F(SearchTest, RepeatToken_GivesThePagesOwnTokenAgain) {
  Start({.issues = 20});
  const Reply first = Search({{"jql", "project = SUPPORT"}, {"maxResults", 2}});
  Control("faults", {{"kind", "repeat_token"}});
  const Json next{{"jql", "project = SUPPORT"}, {"maxResults", 2}, {"nextPageToken", first.json["nextPageToken"]}};
  EXPECT_EQ(Search(next).json["nextPageToken"], first.json["nextPageToken"]);
  EXPECT_NE(Search(next).json["nextPageToken"], first.json["nextPageToken"]);
}

TEST_F(SearchTest, Search_WithoutCredentials_IsRefusedOrEmpty) {
  Start({.issues = 20});
  EXPECT_EQ(Post("/rest/api/3/search/jql", {{"jql", "id != null"}}, "").status, 401);
  simulator_.reset();
  Start({.issues = 20, .anonymous_search = true});
  const Reply reply = Post("/rest/api/3/search/jql", {{"jql", "id != null"}}, "Basic d3Jvbmc6d3Jvbmc=");
  EXPECT_EQ(reply.status, 200);
  EXPECT_TRUE(reply.json["issues"].empty());
  EXPECT_EQ(Get("/rest/api/3/myself", "").status, 401);
}

TEST_F(SearchTest, ParseJql_SaysWhatIsWrong) {
  Start({.issues = 5});
  const Reply reply = Post("/rest/api/3/jql/parse?validation=strict",
                           {{"queries", {"project = SUPPORT", "project = ", "project = X"}}});
  ASSERT_EQ(reply.status, 200);
  EXPECT_FALSE(reply.json["queries"][0].contains("errors"));
  EXPECT_TRUE(reply.json["queries"][1].contains("errors"));
  EXPECT_EQ(reply.json["queries"][2]["errors"][0], "The value 'X' does not exist for the field 'project'.");
}

TEST_F(SearchTest, MatchJql_TellsWhichIssuesMatch) {
  Start({.issues = 4});
  const Reply reply =
      Post("/rest/api/3/jql/match", {{"issueIds", {10001, 10002, 99999}}, {"jqls", {"project = SUPPORT"}}});
  EXPECT_EQ(reply.json["matches"][0]["matchedIssues"], Json::array({10001}));
}

}  // namespace
}  // namespace tajo::jira_sim
