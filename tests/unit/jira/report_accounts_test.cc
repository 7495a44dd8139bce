#include "common/jira/report_accounts.h"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <nlohmann/json.hpp>

#include "common/base/error.h"
#include "tajo/jira/v1/error.pb.h"
#include "tests/support/run_task.h"
#include "tests/unit/jira/fakes.h"

namespace tajo::jira {
namespace {

class ReportAccountsTest : public ::testing::Test {
 protected:
  absl::StatusOr<ReportAnswer> Report(std::vector<HeldAccount> accounts) {
    return testing::RunTask(context_, ReportAccounts(connection_, std::move(accounts)));
  }
  boost::asio::io_context context_;
  ScriptedConnection connection_;
};

TEST_F(ReportAccountsTest, NothingToDo_IsAnEmptyAnswerWithItsCycle) {
  connection_.answers.push_back(Answer(204, "", {{"Cycle-Period", "P14D"}}));
  const auto answer = Report({{"5be24ad8b1653240376955d2", 1'790'000'000'000}});
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_TRUE(answer->accounts.empty());
  EXPECT_EQ(answer->cycle, std::chrono::hours(14 * 24));
  EXPECT_EQ(connection_.sent.at(0).path, "/app/report-accounts/");
  EXPECT_EQ(nlohmann::json::parse(connection_.sent.at(0).body),
            nlohmann::json::parse(
                R"({"accounts":[{"accountId":"5be24ad8b1653240376955d2","updatedAt":"2026-09-21T14:13:20.000Z"}]})"));
}

TEST_F(ReportAccountsTest, ClosedAndUpdated_AreTold) {
  connection_.answers.push_back(Answer(
      200,
      R"({"accounts":[{"accountId":"a","status":"closed"},{"accountId":"b","status":"updated"},{"accountId":"c","status":"new"}]})"));
  const auto answer = Report({{"a", 1}, {"b", 1}, {"c", 1}});
  ASSERT_TRUE(answer.ok()) << answer.status();
  ASSERT_EQ(answer->accounts.size(), 2u);
  EXPECT_TRUE(answer->accounts[0].closed);
  EXPECT_EQ(answer->accounts[1].account_id, "b");
  EXPECT_FALSE(answer->accounts[1].closed);
  EXPECT_EQ(answer->cycle, std::chrono::hours(7 * 24));
}

TEST_F(ReportAccountsTest, MoreThan90_IsNotSent) {
  EXPECT_EQ(base::ReasonOf(Report(std::vector<HeldAccount>(91, HeldAccount{"a", 1})).status()), v1::REQUEST_INVALID);
  EXPECT_TRUE(connection_.sent.empty());
}

TEST(CyclePeriod, IsDaysOrAnIsoDuration) {
  EXPECT_EQ(ParseCyclePeriod("7"), std::chrono::hours(7 * 24));
  EXPECT_EQ(ParseCyclePeriod(" P7D "), std::chrono::hours(7 * 24));
  EXPECT_EQ(ParseCyclePeriod("P2W"), std::chrono::hours(14 * 24));
  for (const char* wrong : {"", "P", "P7", "0", "-1", "7d", "PT5S", "100000"})
    EXPECT_FALSE(ParseCyclePeriod(wrong)) << wrong;
}

}  // namespace
}  // namespace tajo::jira
