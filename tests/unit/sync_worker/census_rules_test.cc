#include "services/sync-worker/reading/census_rules.h"

#include <gtest/gtest.h>

#include "common/config/connection_config.h"

namespace tajo::worker {
namespace {

constexpr int64_t kDay = 86'400'000;
constexpr int64_t kAtCensus = 1'790'000'000'000;

// All that speaks for a deletion.
Evidence Open404() {
  Evidence evidence;
  evidence.project_visible = true;
  evidence.neighbour_read = true;
  evidence.levels_unused = true;
  evidence.not_found = true;
  return evidence;
}

TEST(CensusRules, not_found_in_an_open_project_is_deleted) {
  EXPECT_EQ(FateOf(Open404()), Fate::kDeleted);
}

TEST(CensusRules, not_found_in_a_project_that_vanished_is_hidden) {
  Evidence evidence = Open404();
  evidence.project_visible = false;
  EXPECT_EQ(FateOf(evidence), Fate::kHidden);
}

TEST(CensusRules, not_found_where_no_other_issue_is_readable_is_hidden) {
  Evidence evidence = Open404();
  evidence.neighbour_read = false;
  EXPECT_EQ(FateOf(evidence), Fate::kHidden);
}

TEST(CensusRules, not_found_where_security_levels_hide_single_issues_is_hidden) {
  Evidence evidence = Open404();
  evidence.levels_unused = false;
  EXPECT_EQ(FateOf(evidence), Fate::kHidden);
}

TEST(CensusRules, every_lack_of_evidence_is_never_a_deletion) {
  for (int bits = 0; bits < 32; ++bits) {
    const Evidence evidence{(bits & 1) != 0, (bits & 2) != 0, (bits & 4) != 0, (bits & 8) != 0, (bits & 16) != 0};
    EXPECT_EQ(FateOf(evidence) == Fate::kDeleted, bits == 30) << bits;
  }
}

TEST(CensusRules, issue_that_a_read_gives_is_there) {
  Evidence evidence;
  evidence.read = true;
  EXPECT_EQ(FateOf(evidence), Fate::kThere);
}

TEST(CensusRules, reads_that_contradict_each_other_decide_nothing) {
  Evidence evidence = Open404();
  evidence.not_found = false;
  EXPECT_TRUE(NeedsLoneRead(evidence));
  EXPECT_EQ(FateOf(evidence), Fate::kUnknown);
}

TEST(CensusRules, vanished_project_is_gone_only_at_the_second_census) {
  EXPECT_FALSE(ProjectIsGone(0, kAtCensus, kDay));
  EXPECT_FALSE(ProjectIsGone(kAtCensus - kDay + 1, kAtCensus, kDay));
  EXPECT_TRUE(ProjectIsGone(kAtCensus - kDay, kAtCensus, kDay));
}

TEST(CensusRules, deletion_is_dated_by_the_last_census_or_the_last_change) {
  EXPECT_TRUE(DeletionIsDated(0, kAtCensus - kDay, kAtCensus, kDay));
  EXPECT_TRUE(DeletionIsDated(kAtCensus - 1000, kAtCensus - 9 * kDay, kAtCensus, kDay));
  EXPECT_FALSE(DeletionIsDated(kAtCensus - 9 * kDay, kAtCensus - 3 * kDay, kAtCensus, kDay));
}

TEST(CensusRules, key_is_what_the_mapping_shows) {
  jira::v1::DesiredContact desired;
  (*desired.mutable_attributes())["LAST_TICKET_KEY"] = "\"SUPPORT-7\"";
  jira::v1::ConnectionConfig config = config::DefaultConnectionConfig();
  EXPECT_EQ(KeyShownBy(desired, config), "SUPPORT-7");
  config.clear_field_mapping();
  EXPECT_EQ(KeyShownBy(desired, config), "");
}

}  // namespace
}  // namespace tajo::worker
