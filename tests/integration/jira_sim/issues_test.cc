#include "tests/integration/jira_sim/fixture.h"

namespace tajo::jira_sim {
namespace {

using IssuesTest = JiraSimTest;

TEST_F(IssuesTest, Site_OfTheSameSeed_IsTheSame) {
  Start({.seed = 7, .issues = 40});
  const Json before = Get("/rest/api/3/issue/SUPPORT-3").json["fields"]["summary"];
  const Json customers = Control("truth/customers")["customers"];
  simulator_.reset();
  Start({.seed = 7, .issues = 40});
  EXPECT_EQ(Get("/rest/api/3/issue/SUPPORT-3").json["fields"]["summary"], before);
  EXPECT_EQ(Control("truth/customers")["customers"], customers);
}

TEST_F(IssuesTest, BulkFetch_MissingIssues_StandInNeitherArray) {
  Start({.issues = 10});
  const Reply reply = Post("/rest/api/3/issue/bulkfetch",
                           {{"issueIdsOrKeys", {"10003", "10001", "SUPPORT-999"}}, {"fields", {"summary"}}});
  ASSERT_EQ(reply.json["issues"].size(), 2u);
  EXPECT_EQ(reply.json["issues"][0]["id"], "10001");
  EXPECT_TRUE(reply.json["issueErrors"].empty());
}

TEST_F(IssuesTest, BulkFetch_TooManyOrStringExpand_IsRefused) {
  Start({.issues = 200});
  Json ids = Json::array();
  for (int i = 0; i < 101; ++i) ids.push_back(std::to_string(10001 + i));
  EXPECT_EQ(Post("/rest/api/3/issue/bulkfetch", {{"issueIdsOrKeys", ids}}).status, 400);
  EXPECT_EQ(Post("/rest/api/3/issue/bulkfetch", {{"issueIdsOrKeys", ids}, {"fields", {"summary"}}}).status, 200);
  EXPECT_EQ(Violations("bulkfetch_over_limit"), 1);
  EXPECT_EQ(Post("/rest/api/3/issue/bulkfetch", {{"issueIdsOrKeys", {"10001"}}, {"expand", "changelog"}}).status, 400);
}

TEST_F(IssuesTest, Moved_Issue_AnswersToItsOldKey) {
  Start({.issues = 10});
  const Json moved = Control("change", {{"op", "move"}, {"issue", "SUPPORT-1"}, {"project", "PRODUCT"}});
  EXPECT_EQ(moved["issue"], "PRODUCT-6");
  const Reply reply = Get("/rest/api/3/issue/SUPPORT-1");
  EXPECT_EQ(reply.json["key"], "PRODUCT-6");
  EXPECT_EQ(reply.json["id"], "10001");
}

TEST_F(IssuesTest, Transition_ToResolved_LeavesOneHistoryWithBothItems) {
  Start({.issues = 0});
  Control("change", {{"op", "create"}, {"project", "SUPPORT"}});
  clock_.Advance(std::chrono::seconds(5));
  const Json done =
      Control("change", {{"op", "transition"}, {"issue", "SUPPORT-1"}, {"to", "Resolved"}, {"resolution", "Won't Do"}});
  const Json fields = Get("/rest/api/3/issue/SUPPORT-1").json["fields"];
  EXPECT_EQ(fields["status"]["name"], "Resolved");
  EXPECT_EQ(fields["resolution"]["name"], "Won't Do");
  EXPECT_EQ(fields["resolutiondate"], fields["updated"]);
  const Json log = Get("/rest/api/3/issue/SUPPORT-1/changelog").json;
  ASSERT_EQ(log["total"], 1);
  EXPECT_EQ(log["values"][0]["id"], done["history_id"]);
  EXPECT_EQ(log["values"][0]["items"].size(), 2u);
  const Json bulk =
      Post("/rest/api/3/changelog/bulkfetch", {{"issueIdsOrKeys", {"10001"}}, {"fieldIds", {"status"}}}).json;
  EXPECT_EQ(bulk["issueChangeLogs"][0]["issueId"], "10001");
  EXPECT_EQ(bulk["issueChangeLogs"][0]["changeHistories"][0]["id"], done["history_id"]);
}

TEST_F(IssuesTest, BulkChangelogs_InPages_GiveEveryHistoryOnce) {
  Start({.issues = 60});
  Json ids = Json::array();
  std::size_t expected = 0;
  for (int i = 0; i < 60; ++i) {
    ids.push_back(std::to_string(10001 + i));
    expected += Control("truth/issue/" + std::to_string(10001 + i))["histories"].size();
  }
  ASSERT_GT(expected, 20u);
  std::vector<std::string> seen;
  Json body{{"issueIdsOrKeys", ids}, {"maxResults", 7}};
  for (int page = 0; page < 100; ++page) {
    const Json reply = Post("/rest/api/3/changelog/bulkfetch", body).json;
    for (const auto& log : reply["issueChangeLogs"]) {
      for (const auto& history : log["changeHistories"]) seen.push_back(history["id"]);
    }
    if (!reply.contains("nextPageToken")) break;
    body["nextPageToken"] = reply["nextPageToken"];
  }
  EXPECT_EQ(seen.size(), expected);
  std::sort(seen.begin(), seen.end());
  EXPECT_EQ(std::adjacent_find(seen.begin(), seen.end()), seen.end());
}

TEST_F(IssuesTest, Comments_SayWhoMayReadThem) {
  Start({.issues = 0});
  Control("change", {{"op", "create"}, {"project", "SUPPORT"}});
  for (const char* audience : {"public", "internal", "restricted"}) {
    Control("change", {{"op", "comment"}, {"issue", "SUPPORT-1"}, {"audience", audience}});
  }
  const Json page = Get("/rest/api/3/issue/SUPPORT-1/comment?expand=properties").json;
  ASSERT_EQ(page["total"], 3);
  EXPECT_EQ(page["comments"][0]["jsdPublic"], true);
  EXPECT_EQ(page["comments"][0]["body"]["type"], "doc");
  EXPECT_EQ(page["comments"][1]["jsdPublic"], false);
  EXPECT_EQ(page["comments"][1]["properties"][0]["value"]["internal"], true);
  EXPECT_EQ(page["comments"][2]["jsdPublic"], true);
  EXPECT_EQ(page["comments"][2]["visibility"]["type"], "role");
  EXPECT_TRUE(Get("/rest/api/2/issue/SUPPORT-1/comment").json["comments"][0]["body"].is_string());
}

TEST_F(IssuesTest, Create_WithErrors_NamesEachField) {
  Start({.issues = 0});
  const Reply refused = Post("/rest/api/3/issue", {{"fields", {{"project", {{"key", "NO"}}}, {"summary", ""}}}});
  EXPECT_EQ(refused.status, 400);
  EXPECT_TRUE(refused.json["errors"].contains("project"));
  EXPECT_TRUE(refused.json["errors"].contains("issuetype"));
  EXPECT_TRUE(refused.json["errors"].contains("summary"));
  const Json fields{{"project", {{"key", "SUPPORT"}}}, {"issuetype", {{"name", "Bug"}}}, {"summary", "It broke"}};
  const Reply made = Post("/rest/api/3/issue", {{"fields", fields}});
  EXPECT_EQ(made.status, 201);
  EXPECT_EQ(made.json["key"], "SUPPORT-1");
  EXPECT_EQ(Violations("post_repeated"), 0);
  Post("/rest/api/3/issue", {{"fields", fields}});
  EXPECT_EQ(Violations("post_repeated"), 1);
}

TEST_F(IssuesTest, Create_WithProperties_SetsThemInTheSameCall) {
  Start({.issues = 0});
  Json body{{"fields", {{"project", {{"key", "SUPPORT"}}}, {"issuetype", {{"name", "Bug"}}}, {"summary", "It broke"}}}};
  body["properties"] = Json::parse(R"([{"key": "tajo.creation", "value": {"name": "n"}}])");
  const Reply made = Post("/rest/api/3/issue", body);
  ASSERT_EQ(made.status, 201) << made.body;
  EXPECT_EQ(Get("/rest/api/3/issue/SUPPORT-1/properties/tajo.creation").json["value"]["name"], "n");
  const Reply found =
      Search({{"jql", "project = SUPPORT AND creator = currentUser() AND created >= \"-15m\" ORDER BY created DESC"},
              {"fields", {"created"}},
              {"properties", {"tajo.creation", "other"}}});
  ASSERT_EQ(found.json["issues"].size(), 1u) << found.body;
  EXPECT_EQ(found.json["issues"][0]["key"], "SUPPORT-1");
  EXPECT_EQ(found.json["issues"][0]["properties"], Json::parse(R"({"tajo.creation": {"name": "n"}})"));
  const Reply fetched = Post(
      "/rest/api/3/issue/bulkfetch",
      {{"issueIdsOrKeys", {"SUPPORT-1", "SUPPORT-2"}}, {"fields", {"created"}}, {"properties", {"tajo.creation"}}});
  ASSERT_EQ(fetched.json["issues"].size(), 1u) << fetched.body;
  EXPECT_EQ(fetched.json["issues"][0]["properties"]["tajo.creation"]["name"], "n");
}

TEST_F(IssuesTest, Create_WithAPropertyOfAnotherShape_IsRefusedWhole) {
  Start({.issues = 0});
  for (const char* properties : {R"([{"key": "k"}])", R"([{"key": "", "value": 1}])", R"([{"name": "k", "value": 1}])",
                                 R"([{"key": "k", "value": 1}, {"key": "k", "value": 2}])"}) {
    Json body{
        {"fields", {{"project", {{"key", "SUPPORT"}}}, {"issuetype", {{"name", "Bug"}}}, {"summary", properties}}}};
    body["properties"] = Json::parse(properties);
    EXPECT_EQ(Post("/rest/api/3/issue", body).status, 400) << properties;
  }
  EXPECT_EQ(Violations("properties_invalid"), 4);
  EXPECT_TRUE(SearchAll("project = SUPPORT").empty());
}

TEST_F(IssuesTest, Deleted_Issue_IsGoneEverywhere) {
  Start({.issues = 10});
  Control("change", {{"op", "delete"}, {"issue", "SUPPORT-1"}});
  EXPECT_EQ(Get("/rest/api/3/issue/10001").status, 404);
  EXPECT_EQ(SearchAll("project = SUPPORT").size(), 4u);
  EXPECT_EQ(Control("truth")["deleted"], 1);
}

TEST_F(IssuesTest, UserBulk_Default_GivesTen) {
  Start({.issues = 0, .customers = 30});
  std::string query;
  for (int i = 1; i <= 12; ++i) {
    const std::string email = "customer00" + std::string(i < 10 ? "0" : "") + std::to_string(i) + "%40example.com";
    query += (query.empty() ? "?" : "&") + std::string("accountId=") +
             net::EncodeQueryValue(Control("truth/customer/" + email)["account_id"].get<std::string>());
  }
  const Json page = Get("/rest/api/3/user/bulk" + query).json;
  EXPECT_EQ(page["values"].size(), 10u);
  EXPECT_EQ(page["total"], 12);
  EXPECT_EQ(page["isLast"], false);
  EXPECT_EQ(Get("/rest/api/3/user/bulk" + query + "&maxResults=200").json["values"].size(), 12u);
}

TEST_F(IssuesTest, People_HideTheirAddressesInEveryWayJiraKnows) {
  Start({.issues = 0, .customers = 120});
  int hidden = 0;
  int marks = 0;
  int unknown = 0;
  const Reply people = Get("/rest/api/3/users/search?maxResults=1000");
  for (const auto& person : people.json) {
    if (!person.contains("emailAddress")) {
      ++hidden;
    } else if (person["emailAddress"] == "?") {
      ++marks;
    }
    if (person["accountId"] == "unknown") ++unknown;
  }
  EXPECT_GT(hidden, 0);
  EXPECT_EQ(marks, 1);
  EXPECT_EQ(unknown, 1);
}

TEST_F(IssuesTest, Worklogs_OfTheLastMinute_AreNotListedYet) {
  Start({.issues = 10});
  const int64_t now = base::ToMillis(clock_.Now());
  const Json made = Control("change", {{"op", "worklog"}, {"issue", "SUPPORT-1"}, {"seconds", 5400}});
  const std::string path = "/rest/api/3/worklog/updated?since=" + std::to_string(now);
  EXPECT_TRUE(Get(path).json["values"].empty());
  clock_.Advance(std::chrono::seconds(61));
  const Json page = Get(path).json;
  ASSERT_EQ(page["values"].size(), 1u);
  EXPECT_EQ(page["lastPage"], true);
  const Json list = Post("/rest/api/3/worklog/list", {{"ids", {page["values"][0]["worklogId"]}}}).json;
  EXPECT_EQ(list[0]["id"], made["worklog_id"]);
  EXPECT_EQ(list[0]["timeSpentSeconds"], 5400);
  EXPECT_EQ(list[0]["timeSpent"], "1h 30m");
}

TEST_F(IssuesTest, Projects_NothingFound_Is404) {
  Start({.issues = 0});
  EXPECT_EQ(Get("/rest/api/3/project/search").json["total"], 2);
  EXPECT_EQ(Get("/rest/api/3/project/search?keys=NOSUCH").status, 404);
  EXPECT_EQ(Get("/rest/api/3/project/SUPPORT/version?status=released").json["total"], 7);
}

TEST_F(IssuesTest, Sprints_OnTheirNewPaths_AndNotOnTheOld) {
  Start({.issues = 200});
  const Json boards = Get("/rest/agile/1.0/board?type=scrum").json;
  ASSERT_EQ(boards["total"], 1);
  EXPECT_EQ(boards["values"][0]["location"]["projectKey"], "PRODUCT");
  const std::string board = boards["values"][0]["id"].dump();
  const Json sprints = Get("/rest/agile/1.0/board/" + board + "/sprint?state=active").json;
  ASSERT_EQ(sprints["total"], 1);
  const std::string sprint = sprints["values"][0]["id"].dump();
  EXPECT_EQ(Get("/rest/software/1.0/sprint/" + sprint + "/issue?fields=summary").status, 200);
  EXPECT_EQ(Get("/rest/agile/1.0/sprint/" + sprint + "/issue").status, 410);
  EXPECT_EQ(Violations("removed_api"), 1);
  EXPECT_EQ(Get("/rest/agile/1.0/board/1/sprint").status, 400);  // kanban
}

TEST_F(IssuesTest, Properties_AreKeptAndListed) {
  Start({.issues = 4});
  EXPECT_EQ(Send(net::Method::kPut, "/rest/api/3/issue/SUPPORT-1/properties/tajo", R"({"a":1})", kBasic).status, 201);
  EXPECT_EQ(Send(net::Method::kPut, "/rest/api/3/issue/SUPPORT-1/properties/tajo", R"({"a":2})", kBasic).status, 200);
  EXPECT_EQ(Get("/rest/api/3/issue/SUPPORT-1/properties/tajo").json["value"]["a"], 2);
  EXPECT_EQ(Get("/rest/api/3/issue/SUPPORT-2/properties/tajo").status, 404);
}

TEST_F(IssuesTest, UnknownEndpoint_IsCounted) {
  Start({.issues = 0});
  EXPECT_EQ(Get("/rest/api/3/nosuch").status, 404);
  EXPECT_EQ(Violations("endpoint_unknown"), 1);
}

}  // namespace
}  // namespace tajo::jira_sim
