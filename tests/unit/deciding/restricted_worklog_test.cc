#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/deciding/decide.h"
#include "tests/unit/deciding/decide_fixture.h"

namespace tajo::deciding {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

class RestrictedWorklogTest : public DecideTest {
 protected:
  RestrictedWorklogTest() {
    auto config = SampleConfig();
    config.mutable_sync()->set_worklogs(true);
    rules_ = Rules(std::move(config));
    worklog_.mutable_worklog()->set_kind(jira::v1::CREATED);
    auto* worklog = worklog_.mutable_worklog()->mutable_worklog();
    worklog->set_id("10066");
    worklog->set_issue_id(10042);
    worklog->set_created_ms(kConnectedMs + 70'000);
    worklog->set_time_spent_s(1800);
    facts_ = Tracked();
    facts_.reread = SampleIssue();
  }

  jira::v1::Event worklog_;
  Facts facts_;
};

TEST_F(RestrictedWorklogTest, open_worklog_is_told) {
  EXPECT_EQ(ReadingFor(worklog_, facts_.record, rules_), Reading::kIssue);
  EXPECT_THAT(Decided(worklog_, facts_).outbox, SizeIs(1));
}

TEST_F(RestrictedWorklogTest, restricted_worklog_is_neither_read_for_nor_told) {
  worklog_.mutable_worklog()->mutable_worklog()->set_restricted(true);
  EXPECT_EQ(ReadingFor(worklog_, facts_.record, rules_), Reading::kNone);
  EXPECT_THAT(Decided(worklog_, facts_).outbox, IsEmpty());
}

}  // namespace
}  // namespace tajo::deciding
