#include "common/deciding/polls.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "common/deciding/milestone.h"

namespace tajo::deciding {
namespace {

namespace v1 = ::tajo::jira::v1;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

constexpr int64_t kNow = 1'790'000'000'000;
constexpr int64_t kHour = 3'600'000;

v1::Version Released(int64_t id, const std::string& date) {
  v1::Version version;
  version.set_id(id);
  version.set_name("1.0");
  version.set_released(true);
  version.set_release_date(date);
  return version;
}

v1::Sprint SprintOf(int64_t id, const std::string& state, int64_t start_ms, int64_t complete_ms = 0) {
  v1::Sprint sprint;
  sprint.set_id(id);
  sprint.set_name("Sprint 7");
  sprint.set_state(state);
  sprint.set_start_ms(start_ms);
  sprint.set_complete_ms(complete_ms);
  return sprint;
}

// One look after the other, remembering as the store does.
class Looks {
 public:
  std::vector<std::string> Versions(const std::vector<v1::Version>& released, const std::string& project = "SUPPORT") {
    return Keep(CompareVersions(seen_, project, released, kNow));
  }
  std::vector<std::string> Sprints(const std::vector<v1::Sprint>& sprints, int64_t since_ms = 0, int64_t board = 7) {
    return Keep(CompareSprints(seen_, board, sprints, since_ms, kNow));
  }
  Seen& Remembered() { return seen_; }

 private:
  std::vector<std::string> Keep(Findings findings) {
    for (auto& [field, state] : findings.seen) seen_[field] = state;
    for (const auto& field : findings.gone) seen_.erase(field);
    std::vector<std::string> keys;
    for (const auto& event : findings.events) {
      EXPECT_EQ(event.source(), v1::Event::SOURCE_INCREMENTAL);
      keys.push_back(event.has_version() ? MilestoneKey(event.version()) : MilestoneKey(event.sprint()));
    }
    return keys;
  }
  Seen seen_;
};

TEST(CompareVersions, first_look_at_a_project_tells_nothing) {
  Looks looks;
  EXPECT_THAT(looks.Versions({Released(1, "2026-01-01"), Released(2, "2026-02-01")}), IsEmpty());
  EXPECT_THAT(looks.Versions({Released(1, "2026-01-01"), Released(2, "2026-02-01")}), IsEmpty());
  EXPECT_THAT(looks.Versions({Released(9, "2026-01-01")}, "PRODUCT"), IsEmpty());
}

TEST(CompareVersions, version_that_became_released_is_a_release) {
  Looks looks;
  looks.Versions({});
  EXPECT_THAT(looks.Versions({Released(3, "2026-11-27")}), ElementsAre("v3/2026-11-27"));
  EXPECT_THAT(looks.Versions({Released(3, "2026-11-27")}), IsEmpty());
}

TEST(CompareVersions, taken_back_and_released_again_is_one_with_another_date_only) {
  Looks looks;
  looks.Versions({});
  looks.Versions({Released(3, "2026-11-27")});
  EXPECT_THAT(looks.Versions({}), IsEmpty());
  EXPECT_THAT(looks.Versions({Released(3, "2026-11-27")}), IsEmpty());
  looks.Versions({});
  EXPECT_THAT(looks.Versions({Released(3, "2026-11-30")}), ElementsAre("v3/2026-11-30"));
}

TEST(CompareVersions, old_one_taken_back_and_released_again_with_another_date_is_one) {
  Looks looks;
  looks.Versions({Released(3, "2025-01-01")});
  looks.Versions({});
  EXPECT_THAT(looks.Versions({Released(3, "2026-11-30")}), ElementsAre("v3/2026-11-30"));
}

TEST(CompareVersions, corrected_date_of_a_released_one_is_none) {
  Looks looks;
  looks.Versions({Released(3, "2026-11-27")});
  EXPECT_THAT(looks.Versions({Released(3, "2026-11-28")}), IsEmpty());
  EXPECT_THAT(looks.Versions({Released(3, "2026-11-28")}), IsEmpty());
}

TEST(CompareVersions, looks_at_one_project_leave_the_others_alone) {
  Looks looks;
  looks.Versions({Released(3, "2026-11-27")});
  looks.Versions({}, "PRODUCT");
  EXPECT_THAT(looks.Versions({Released(3, "2026-11-28")}), IsEmpty()) << "taken for one that was taken back";
}

TEST(ForgottenVersions, are_those_of_projects_that_left_the_config) {
  Looks looks;
  looks.Versions({Released(3, "2026-11-27")});
  looks.Versions({Released(4, "")}, "PRODUCT");
  EXPECT_THAT(ForgottenVersions(looks.Remembered(), {"SUPPORT", "PRODUCT"}), IsEmpty());
  EXPECT_THAT(ForgottenVersions(looks.Remembered(), {"SUPPORT"}), UnorderedElementsAre("4", "p:PRODUCT"));
}

TEST(CompareSprints, first_look_tells_what_happened_since_the_connection_s_beginning) {
  Looks looks;
  EXPECT_THAT(looks.Sprints({SprintOf(1, "closed", kNow - 400 * kHour, kNow - 50 * kHour),
                             SprintOf(2, "closed", kNow - 300 * kHour, kNow - kHour),
                             SprintOf(3, "active", kNow - 40 * kHour), SprintOf(4, "active", kNow - kHour)},
                            kNow - 2 * kHour),
              ElementsAre("s2/closed/" + std::to_string(kNow - kHour), "s4/active/" + std::to_string(kNow - kHour)));
}

TEST(CompareSprints, start_and_end_are_told_once) {
  Looks looks;
  looks.Sprints({});
  const std::string start = std::to_string(kNow - 40 * kHour);
  EXPECT_THAT(looks.Sprints({SprintOf(3, "active", kNow - 40 * kHour)}, kNow), ElementsAre("s3/active/" + start));
  EXPECT_THAT(looks.Sprints({SprintOf(3, "active", kNow - 40 * kHour)}, kNow), IsEmpty());
  const auto closed = SprintOf(3, "closed", kNow - 40 * kHour, kNow);
  EXPECT_THAT(looks.Sprints({closed}, kNow), ElementsAre("s3/closed/" + std::to_string(kNow)));
  EXPECT_THAT(looks.Sprints({closed}, kNow), IsEmpty());
}

TEST(CompareSprints, one_that_began_and_ended_between_two_looks_is_told_twice) {
  Looks looks;
  looks.Sprints({});
  EXPECT_THAT(
      looks.Sprints({SprintOf(3, "closed", kNow - 2 * kHour, kNow - kHour)}, kNow - 3 * kHour),
      ElementsAre("s3/active/" + std::to_string(kNow - 2 * kHour), "s3/closed/" + std::to_string(kNow - kHour)));
}

TEST(CompareSprints, old_ones_that_come_into_a_board_s_sight_are_no_news) {
  Looks looks;
  looks.Sprints({});
  EXPECT_THAT(looks.Sprints({SprintOf(3, "closed", kNow - 900 * kHour, kNow - 500 * kHour)}, kNow - 24 * kHour),
              IsEmpty());
}

TEST(CompareSprints, one_reopened_and_closed_again_ended_anew) {
  Looks looks;
  looks.Sprints({SprintOf(3, "closed", kNow - 40 * kHour, kNow - 30 * kHour)}, kNow);
  EXPECT_THAT(looks.Sprints({SprintOf(3, "active", kNow - 40 * kHour)}, kNow), IsEmpty());
  EXPECT_THAT(looks.Sprints({SprintOf(3, "closed", kNow - 40 * kHour, kNow)}, kNow), SizeIs(1));
}

TEST(EndedSprints, are_remembered_as_active_and_not_shown_so) {
  Looks looks;
  looks.Sprints({SprintOf(3, "active", kNow), SprintOf(4, "active", kNow), SprintOf(5, "closed", kNow, kNow)});
  EXPECT_THAT(EndedSprints(looks.Remembered(), {SprintOf(4, "active", kNow)}), ElementsAre(3));
}

TEST(NewWorklogs, are_those_created_and_not_those_changed_since) {
  v1::Worklog created, changed, lost;
  created.set_id("10");
  created.set_issue_id(5);
  created.set_created_ms(kNow);
  created.set_updated_ms(kNow + 1);  // changed at once: new all the same
  changed.set_id("11");
  changed.set_issue_id(5);
  changed.set_created_ms(kNow - kHour);
  changed.set_updated_ms(kNow);
  lost.set_id("12");
  lost.set_created_ms(kNow);  // of an issue that isn't said
  const auto events = NewWorklogs({created, changed, lost}, kNow, kNow + kHour);
  ASSERT_THAT(events, SizeIs(1));
  EXPECT_EQ(events[0].worklog().worklog().id(), "10");
  EXPECT_EQ(events[0].worklog().kind(), v1::CREATED);
}

TEST(NextLook, is_seldom_while_webhooks_come_and_never_dearer_than_a_tenth_of_the_hour) {
  const int64_t interval = 15 * 60'000;
  EXPECT_EQ(NextLook(kNow, interval, 0, 10, kNow), kNow + interval);
  EXPECT_EQ(NextLook(kNow, interval, kNow - kHour, 10, kNow), kNow + 8 * interval);
  EXPECT_EQ(NextLook(kNow, interval, kNow - 3 * kHour, 10, kNow), kNow + interval) << "they fell silent";
  EXPECT_EQ(NextLook(kNow, interval, 0, 13'000, kNow), kNow + 2 * kHour);
}

TEST(MilestoneKey, is_the_same_for_webhook_and_poll) {
  v1::SprintChange closed;
  *closed.mutable_sprint() = SprintOf(3, "closed", kNow - kHour, kNow);
  EXPECT_EQ(MilestoneKey(closed), "s3/closed/" + std::to_string(kNow));
  v1::VersionChange released;
  *released.mutable_version() = Released(10000, "");
  EXPECT_EQ(MilestoneKey(released), "v10000/");
}

TEST(PlanCampaign, has_a_name_of_its_own_in_each_connection) {
  v1::VersionChange released;
  *released.mutable_version() = Released(10000, "2026-11-27");
  const auto one = PlanCampaign(released, kNow, "c_1");
  EXPECT_EQ(one.state(), v1::CampaignRecord::PLANNED);
  EXPECT_THAT(one.name(), ::testing::StartsWith("Jira release: 1.0 ("));
  EXPECT_EQ(one.name(), PlanCampaign(released, kNow + 1, "c_1").name());
  EXPECT_NE(one.name(), PlanCampaign(released, kNow, "c_2").name());
  released.mutable_version()->set_release_date("2026-11-28");
  EXPECT_NE(one.name(), PlanCampaign(released, kNow, "c_1").name());
  EXPECT_EQ(MilestoneKey(MilestoneOf(one)), "v10000/2026-11-27");
}

}  // namespace
}  // namespace tajo::deciding
