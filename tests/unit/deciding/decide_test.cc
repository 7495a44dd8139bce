#include "common/deciding/decide.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "common/deciding/timeline.h"
#include "tests/unit/deciding/decide_fixture.h"

namespace tajo::deciding {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST_F(DecideTest, created_issue_becomes_state_and_one_event) {
  const Outcome outcome = Decided(IssueEvent(jira::v1::CREATED));
  ASSERT_TRUE(outcome.write);
  EXPECT_EQ(outcome.write->record.contact, store::ContactId::OfEmail("customer0001@example.com"));
  EXPECT_EQ(outcome.write->record.list_id, 22u);
  EXPECT_EQ(outcome.write->desired.attributes().at("LAST_TICKET_KEY"), "\"SUPPORT-7\"");
  EXPECT_EQ(outcome.write->desired.attributes().at("LAST_TICKET_DATE"), "\"2026-09-21\"");
  ASSERT_THAT(outcome.outbox, SizeIs(1));
  EXPECT_EQ(outcome.outbox[0].name(), "jira_issue_created");
}

TEST_F(DecideTest, transition_becomes_status_event_with_both_states) {
  const Outcome outcome = Decided(Transition("9001"));
  ASSERT_THAT(outcome.outbox, SizeIs(1));
  EXPECT_EQ(outcome.outbox[0].name(), "jira_issue_status_changed");
  const auto properties = nlohmann::json::parse(outcome.outbox[0].properties_json());
  EXPECT_EQ(properties["from_status"], "To Do");
  EXPECT_EQ(properties["to_status"], "In Progress");
  EXPECT_EQ(properties["issue_key"], "SUPPORT-7");
  EXPECT_EQ(properties["uid"].get<std::string>().size(), 64u);
}

TEST_F(DecideTest, same_change_found_by_a_read_has_the_same_uid) {
  const Outcome by_webhook = Decided(Transition("9001"));
  Facts facts;
  facts.reread = SampleIssue();
  facts.histories_read = true;
  facts.record.emplace();
  facts.record->verified_until_ms = kConnectedMs + 30'000;  // after the creation, before the transition
  facts.histories.push_back(Transition("9001").issue().history());
  const Outcome by_read = DecideRead(facts, NobodyKnown(), rules_, kNowMs);
  ASSERT_THAT(by_read.outbox, SizeIs(1));
  EXPECT_EQ(by_read.outbox[0].uid(), by_webhook.outbox[0].uid());
}

TEST_F(DecideTest, what_is_verified_is_told_by_jiras_clock_not_ours) {
  Facts facts;
  facts.reread = SampleIssue();
  facts.histories_read = true;
  facts.read_ms = kNowMs + 3'600'000;
  const Outcome outcome = DecideRead(facts, NobodyKnown(), rules_, kNowMs);
  ASSERT_TRUE(outcome.write);
  EXPECT_EQ(outcome.write->record.verified_until_ms, SampleIssue().updated_ms());
}

TEST_F(DecideTest, two_histories_have_two_uids) {
  EXPECT_NE(Decided(Transition("9001")).outbox[0].uid(), Decided(Transition("9002")).outbox[0].uid());
}

TEST_F(DecideTest, change_from_before_the_connection_is_no_event) {
  jira::v1::Event event = Transition("9001");
  event.mutable_issue()->mutable_history()->set_created_ms(kConnectedMs - 1);
  const Outcome outcome = Decided(event);
  EXPECT_TRUE(outcome.write);
  EXPECT_THAT(outcome.outbox, IsEmpty());
}

TEST_F(DecideTest, rank_change_is_noise) {
  jira::v1::Event event = Transition("9001");
  *event.mutable_issue()->mutable_history()->mutable_changes(0) = Change("Rank", "", "ranked higher");
  EXPECT_THAT(Decided(event).outbox, IsEmpty());
}

TEST_F(DecideTest, resolution_taken_back_is_not_resolved) {
  jira::v1::Event event = Transition("9001");
  *event.mutable_issue()->mutable_history()->mutable_changes(0) = Change("resolution", "Done", "");
  EXPECT_THAT(Decided(event).outbox, IsEmpty());
}

TEST_F(DecideTest, issue_of_another_project_changes_nothing) {
  jira::v1::Issue other = SampleIssue();
  other.set_project_key("SECRET");
  const Outcome outcome = Decided(IssueEvent(jira::v1::CREATED, other));
  EXPECT_FALSE(outcome.write);
  EXPECT_THAT(outcome.outbox, IsEmpty());
}

TEST_F(DecideTest, tracked_issue_that_left_its_project_is_not_admitted_any_more) {
  jira::v1::Issue moved = SampleIssue();
  moved.set_project_key("SECRET");
  const Outcome outcome = Decided(IssueEvent(jira::v1::UPDATED, moved), Tracked());
  ASSERT_TRUE(outcome.write);
  EXPECT_FALSE(outcome.write->record.admitted);
}

TEST_F(DecideTest, issue_that_left_before_it_was_known_is_noted_against_earlier_webhooks_that_come_later) {
  jira::v1::Issue moved = SampleIssue();
  moved.set_project_key("SECRET");
  jira::v1::Event event = IssueEvent(jira::v1::UPDATED, moved);
  *event.mutable_issue()->mutable_history()->add_changes() = Change("Key", "SUPPORT-7", "SECRET-1");
  const Outcome outcome = Decided(event);
  ASSERT_TRUE(outcome.write);
  EXPECT_FALSE(outcome.write->record.admitted);
  EXPECT_EQ(outcome.write->record.version_ms, moved.updated_ms());
  EXPECT_THAT(outcome.outbox, IsEmpty());

  *event.mutable_issue()->mutable_history()->mutable_changes(0) = Change("Key", "OTHER-7", "SECRET-1");
  EXPECT_FALSE(Decided(event).write) << "never ours";
}

TEST_F(DecideTest, deleted_issue_leaves_a_tombstone_and_tells_its_customer) {
  const Outcome outcome = Decided(IssueEvent(jira::v1::DELETED), Tracked());
  ASSERT_TRUE(outcome.write);
  EXPECT_TRUE(outcome.write->record.deleted);
  ASSERT_THAT(outcome.outbox, SizeIs(1));
  EXPECT_EQ(outcome.outbox[0].name(), "jira_issue_deleted");
}

TEST_F(DecideTest, reporter_that_is_an_app_is_no_customer) {
  jira::v1::Issue issue = SampleIssue();
  issue.mutable_reporter()->set_account_type("app");
  const Outcome outcome = Decided(IssueEvent(jira::v1::CREATED, issue));
  ASSERT_TRUE(outcome.write);
  EXPECT_TRUE(outcome.write->record.contact.IsNone());
  EXPECT_THAT(outcome.outbox, IsEmpty());
}

TEST_F(DecideTest, hidden_email_is_found_in_the_directory) {
  jira::v1::Issue issue = SampleIssue();
  issue.mutable_reporter()->clear_email();
  jira::v1::User known = SampleIssue().reporter();
  const UserLookup users = [&known](const std::string& id) { return id == known.account_id() ? &known : nullptr; };
  const Outcome outcome = Decide(IssueEvent(jira::v1::CREATED, issue), Facts{}, users, rules_, kNowMs);
  EXPECT_EQ(outcome.write->record.contact, store::ContactId::OfEmail("customer0001@example.com"));
}

TEST_F(DecideTest, question_mark_is_no_email) {
  jira::v1::Issue issue = SampleIssue();
  issue.mutable_reporter()->set_email("?");
  EXPECT_TRUE(Decided(IssueEvent(jira::v1::CREATED, issue)).write->record.contact.IsNone());
}

TEST_F(DecideTest, public_comment_of_a_tracked_ticket_becomes_an_event) {
  const Outcome outcome = Decided(PublicComment(), Tracked());
  ASSERT_THAT(outcome.outbox, SizeIs(1));
  EXPECT_EQ(outcome.outbox[0].name(), "jira_comment_added");
  EXPECT_EQ(nlohmann::json::parse(outcome.outbox[0].properties_json())["comment"], "We are on it");
}

TEST_F(DecideTest, private_comment_never_leaves) {
  jira::v1::Event event = PublicComment();
  event.mutable_comment()->mutable_comment()->set_is_public(false);
  EXPECT_THAT(Decided(event, Tracked()).outbox, IsEmpty());
  EXPECT_EQ(ReadingFor(event, std::nullopt, rules_), Reading::kNone);
}

TEST_F(DecideTest, comment_on_an_unknown_ticket_asks_for_the_ticket) {
  EXPECT_EQ(ReadingFor(PublicComment(), std::nullopt, rules_), Reading::kIssue);
  EXPECT_THAT(Decided(PublicComment()).outbox, IsEmpty());
  Facts facts;
  facts.reread = SampleIssue();
  EXPECT_THAT(Decided(PublicComment(), facts).outbox, SizeIs(1));
}

TEST_F(DecideTest, long_comment_is_cut_between_characters) {
  jira::v1::ConnectionConfig config = SampleConfig();
  config.mutable_comments()->set_max_characters(5);
  jira::v1::Event event = PublicComment();
  event.mutable_comment()->mutable_comment()->set_text("äöüßéè");
  const Outcome outcome = Decide(event, Tracked(), NobodyKnown(), Rules(config), kNowMs);
  EXPECT_EQ(nlohmann::json::parse(outcome.outbox[0].properties_json())["comment"], "äöüß…");
}

TEST_F(DecideTest, hint_that_jira_does_not_show_changes_nothing) {
  jira::v1::Event event;
  event.mutable_hint()->set_issue_id(10042);
  const Outcome outcome = Decided(event, Tracked());
  EXPECT_FALSE(outcome.write);
  EXPECT_THAT(outcome.outbox, IsEmpty());
}

TEST_F(DecideTest, issue_that_the_own_jql_does_not_admit_is_left_out) {
  Facts facts;
  facts.reread = SampleIssue();
  facts.matches_jql = false;
  EXPECT_FALSE(DecideRead(facts, NobodyKnown(), rules_, kNowMs).write);
}

TEST_F(DecideTest, backfill_shows_state_but_sends_no_history) {
  Facts facts;
  facts.reread = SampleIssue();
  const Outcome outcome = DecideRead(facts, NobodyKnown(), rules_, kNowMs);
  EXPECT_TRUE(outcome.write);
  EXPECT_THAT(outcome.outbox, IsEmpty());
}

TEST_F(DecideTest, merged_and_deleted_versions_concern_nobody) {
  for (const auto kind : {jira::v1::VersionChange::KIND_MERGED, jira::v1::VersionChange::KIND_DELETED,
                          jira::v1::VersionChange::KIND_UNRELEASED, jira::v1::VersionChange::KIND_MOVED}) {
    jira::v1::Event event;
    event.set_occurred_ms(kNowMs);
    event.mutable_version()->set_kind(kind);
    event.mutable_version()->mutable_version()->set_id(10000);
    event.mutable_version()->mutable_version()->set_released(true);
    event.mutable_version()->mutable_version()->set_merged_to(10001);
    const Outcome decided = Decided(event);
    EXPECT_FALSE(decided.milestone) << kind;
    EXPECT_FALSE(decided.write) << kind;
    EXPECT_TRUE(decided.outbox.empty()) << kind;
  }
}

TEST_F(DecideTest, released_version_is_a_milestone_and_an_updated_one_is_not) {
  jira::v1::Event event;
  event.mutable_version()->set_kind(jira::v1::VersionChange::KIND_RELEASED);
  EXPECT_TRUE(Decided(event).milestone);
  event.mutable_version()->set_kind(jira::v1::VersionChange::KIND_UPDATED);
  EXPECT_FALSE(Decided(event).milestone);
}

TEST_F(DecideTest, write_tells_whose_work_it_is_and_where) {
  jira::v1::Issue issue = SampleIssue();
  issue.mutable_assignee()->set_account_id("712020:bbbb");
  const Outcome outcome = Decided(IssueEvent(jira::v1::UPDATED, issue));
  ASSERT_TRUE(outcome.write);
  EXPECT_EQ(outcome.write->assignee_account_id, "712020:bbbb");
  EXPECT_EQ(outcome.write->record.assignee_hash, store::AssigneeHash("712020:bbbb"));
  EXPECT_EQ(outcome.write->project_key, "SUPPORT");
}

TEST_F(DecideTest, story_points_that_a_webhook_lacks_stay_and_are_rounded_to_tenths) {
  Facts facts = Tracked();
  facts.record->story_points_x10 = 25;
  EXPECT_EQ(Decided(IssueEvent(jira::v1::UPDATED), facts).write->record.story_points_x10, 25);
  facts.reread = SampleIssue();
  EXPECT_EQ(Decided(IssueEvent(jira::v1::UPDATED), facts).write->record.story_points_x10, 0) << "read and empty";
  facts.reread->set_story_points(2.3);
  EXPECT_EQ(Decided(IssueEvent(jira::v1::UPDATED), facts).write->record.story_points_x10, 23);
}

TEST_F(DecideTest, change_of_story_points_has_the_issue_read) {
  jira::v1::ConnectionConfig config = SampleConfig();
  config.set_story_points("customfield_10016");
  const Rules rules(config);
  jira::v1::Event event = Transition("9001");
  EXPECT_EQ(ReadingFor(event, std::nullopt, rules), Reading::kNone);
  auto* change = event.mutable_issue()->mutable_history()->add_changes();
  *change = Change("Story point estimate", "2", "3");
  change->set_field_id("customfield_10016");
  EXPECT_EQ(ReadingFor(event, std::nullopt, rules), Reading::kIssue);
}

TEST(CapacityEventTest, snapshot_is_flat_and_the_same_for_a_day) {
  store::Capacity capacity;
  capacity.workloads = {{0, 10000, 3, 60, 0, 0, 0}, {7, 10000, 2, 30, 90, 6, 25}, {8, 10001, 5, 0, 0, 0, 0}};
  capacity.project_keys = {{10000, "SUPPORT"}};
  capacity.accounts = {{7, "712020:aaaa"}};
  const store::ContactId lead = store::ContactId::OfEmail("lead@example.com");
  const auto event = CapacityEvent(lead, "https://a.atlassian.net", "2026-09-21", capacity, kNowMs);
  EXPECT_EQ(event.name(), "jira_capacity_snapshot");
  const auto properties = nlohmann::json::parse(event.properties_json());
  for (const auto& [name, value] : properties.items()) EXPECT_TRUE(value.is_primitive()) << name;
  EXPECT_EQ(properties["open_issues"], 10);
  EXPECT_EQ(properties["unassigned_issues"], 3);
  EXPECT_EQ(properties["assignees"], 2);
  EXPECT_EQ(properties["most_of_one_assignee"], 5);
  EXPECT_EQ(properties["open_issues_SUPPORT"], 5);
  EXPECT_EQ(properties["original_estimate_hours"], 1.5);
  EXPECT_EQ(properties["story_points"], 2.5);
  EXPECT_EQ(event.properties_json().find("712020"), std::string::npos);
  const auto later = CapacityEvent(lead, "https://a.atlassian.net", "2026-09-21", {}, kNowMs + 1);
  EXPECT_EQ(later.uid(), event.uid());
  EXPECT_NE(CapacityEvent(lead, "https://a.atlassian.net", "2026-09-22", capacity, kNowMs).uid(), event.uid());
  EXPECT_NE(CapacityEvent(lead, "https://b.atlassian.net", "2026-09-21", capacity, kNowMs).uid(), event.uid());
}

TEST_F(DecideTest, customer_without_an_email_parks_the_ticket_and_leaves_its_history_to_be_told) {
  Facts facts;
  facts.reread = SampleIssue();
  facts.reread->mutable_reporter()->clear_email();
  facts.histories_read = true;
  facts.read_ms = kNowMs;
  const Outcome parked = DecideRead(facts, NobodyKnown(), rules_, kNowMs);
  ASSERT_TRUE(parked.write);
  EXPECT_EQ(parked.write->parked_account, "712020:aaaa");
  EXPECT_TRUE(parked.write->record.contact.IsNone());
  EXPECT_EQ(parked.write->record.verified_until_ms, 0);
  EXPECT_THAT(parked.outbox, IsEmpty());

  jira::v1::User found;
  found.set_account_id("712020:aaaa");
  found.set_email("customer0001@example.com");
  facts.record = parked.write->record;
  const Outcome told = DecideRead(
      facts, [&found](const std::string&) { return &found; }, rules_, kNowMs);
  EXPECT_EQ(told.write->parked_account, "");
  EXPECT_EQ(told.write->record.verified_until_ms, SampleIssue().updated_ms());
  EXPECT_THAT(told.outbox, SizeIs(1)) << "its creation, since nobody was told of it";
}

}  // namespace
}  // namespace tajo::deciding
