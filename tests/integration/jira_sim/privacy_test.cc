#include "simulators/jira/privacy.h"
#include "tests/integration/jira_sim/fixture.h"

namespace tajo::jira_sim {
namespace {

class PrivacyTest : public JiraSimTest {
 protected:
  Reply Report(std::vector<std::string> accounts, const std::string& updated_at, const std::string& bearer) {
    Json list = Json::array();
    for (const std::string& account : accounts) list.push_back({{"accountId", account}, {"updatedAt", updated_at}});
    return Post("/app/report-accounts/", {{"accounts", list}}, bearer);
  }
};

TEST_F(PrivacyTest, TestAccounts_AreActiveAndClosed) {
  Start({.issues = 0});
  const std::string bearer = Bearer();
  const Reply active = Report({Privacy::kTestActive}, "2026-09-01T00:00:00.000Z", bearer);
  EXPECT_EQ(active.status, 204);
  EXPECT_EQ(active.Header("Cycle-Period"), "7");
  const Reply closed = Report({Privacy::kTestClosed}, "2026-09-01T00:00:00.000Z", bearer);
  ASSERT_EQ(closed.status, 200);
  EXPECT_EQ(closed.json["accounts"][0]["status"], "closed");
  EXPECT_EQ(Violations(), 0);
}

TEST_F(PrivacyTest, WithoutTheScope_IsA401OfItsOwn) {
  Start({.issues = 0});
  const std::string bearer = Bearer({{"scopes", {"read:jira-user"}}});
  EXPECT_EQ(Report({Privacy::kTestActive}, "2026-09-01T00:00:00.000Z", bearer).json["message"],
            "Unauthorized; scope does not match");
  EXPECT_EQ(Report({Privacy::kTestActive}, "2026-09-01T00:00:00.000Z", kBasic).status, 401);
}

TEST_F(PrivacyTest, TooManyTooOftenAndNobody_AreCounted) {
  Start({.issues = 0});
  const std::string bearer = Bearer();
  EXPECT_EQ(Report(std::vector<std::string>(91, "a"), "2026-09-01T00:00:00.000Z", bearer).status, 400);
  EXPECT_EQ(Violations("report_over_limit"), 1);
  Report({"a"}, "2026-09-01T00:00:00.000Z", bearer);
  Report({"a"}, "2026-09-01T00:00:00.000Z", bearer);
  EXPECT_EQ(Violations("report_too_often"), 1);
  clock_.Advance(std::chrono::hours(24 * 7));
  Report({"a"}, "2026-09-01T00:00:00.000Z", Bearer());
  EXPECT_EQ(Violations("report_too_often"), 1);
  Report({"unknown"}, "2026-09-01T00:00:00.000Z", Bearer());
  EXPECT_EQ(Violations("report_unknown_account"), 1);
}

}  // namespace
}  // namespace tajo::jira_sim
