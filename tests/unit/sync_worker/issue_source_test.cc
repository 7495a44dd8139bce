#include "services/sync-worker/reading/issue_source.h"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "common/base/error.h"
#include "tajo/jira/v1/error.pb.h"
#include "tests/support/fake_clock.h"
#include "tests/support/run_task.h"
#include "tests/unit/deciding/samples.h"
#include "tests/unit/jira/fakes.h"

namespace tajo::worker {
namespace {

using nlohmann::json;

jira::v1::ConnectionConfig WithJql() {
  jira::v1::ConnectionConfig config = deciding::SampleConfig();
  config.set_jql("labels = vip");
  return config;
}

// A connection whose config has a `jql`, which only Jira itself can judge.
class IssueSourceTest : public ::testing::Test {
 protected:
  void Script(std::string body) { connection_.answers.push_back(jira::Answer(200, std::move(body))); }
  absl::StatusOr<std::map<int64_t, deciding::Facts>> Read(std::vector<int64_t> ids) {
    return testing::RunTask(context_, source_.Read(std::move(ids), deciding::Reading::kIssue));
  }

  boost::asio::io_context context_;
  testing::FakeClock clock_;
  deciding::Rules rules_{WithJql()};
  jira::ScriptedConnection connection_;
  jira::Client client_{connection_};
  IssueSource source_{client_, clock_, rules_, {}};
};

TEST_F(IssueSourceTest, judges_by_a_search_that_sees_changes_at_once) {
  Script(R"({"issues":[{"id":"7","key":"A-7","fields":{}},{"id":"8","key":"A-8","fields":{}}],"issueErrors":[]})");
  Script(R"({"issues":[{"id":"8"}]})");
  const auto facts = Read({7, 8});
  ASSERT_TRUE(facts.ok()) << facts.status();
  EXPECT_EQ(facts->at(7).matches_jql, false);
  EXPECT_EQ(facts->at(8).matches_jql, true);
  const json body = json::parse(connection_.sent.at(1).body);
  EXPECT_EQ(body["reconcileIssues"], json::array({7, 8}));
  EXPECT_EQ(body["jql"].get<std::string>().find("id in (7,8) AND "), 0u);
}

TEST_F(IssueSourceTest, issue_that_jira_does_not_show_is_left_out_not_deleted) {
  Script(R"({"issues":[],"issueErrors":[]})");
  const auto facts = Read({7});
  ASSERT_TRUE(facts.ok()) << facts.status();
  EXPECT_TRUE(facts->empty());
}

TEST_F(IssueSourceTest, repeated_token_ends_in_an_error_not_in_a_loop) {
  Script(R"({"issues":[{"id":"7","key":"A-7","fields":{}}],"issueErrors":[]})");
  for (int i = 0; i < 3; ++i) Script(R"({"issues":[{"id":"7"}],"nextPageToken":"same"})");
  EXPECT_EQ(base::ReasonOf(Read({7}).status()), jira::v1::JIRA_UNAVAILABLE);
  EXPECT_EQ(connection_.sent.size(), 3u);
}

TEST_F(IssueSourceTest, cut_result_is_not_taken_for_a_refusal) {
  Script(R"({"issues":[{"id":"7","key":"A-7","fields":{}}],"issueErrors":[]})");
  Script(R"({"issues":[],"warnings":[{"type":"CLAUSE_LIMIT_EXCEEDED","message":"cut"}]})");
  EXPECT_EQ(base::ReasonOf(Read({7}).status()), jira::v1::JIRA_UNAVAILABLE);
}

}  // namespace
}  // namespace tajo::worker
