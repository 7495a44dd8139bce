// Whose timeline shows what happened to a ticket whose customer changed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/deciding/customer_history.h"
#include "common/deciding/decide.h"
#include "tests/unit/deciding/decide_fixture.h"

namespace tajo::deciding {
namespace {

using ::testing::SizeIs;

class WhoseTicketTest : public DecideTest {};

TEST_F(WhoseTicketTest, history_from_before_the_reporter_changed_is_told_to_the_earlier_one_if_anybody) {
  Facts facts;
  facts.reread = SampleIssue();
  facts.histories_read = true;
  facts.histories.push_back(Transition("9001").issue().history());
  facts.histories.back().set_created_ms(kConnectedMs + 20'000);
  auto& handed_over = facts.histories.emplace_back();
  handed_over.set_id("9002");
  handed_over.set_created_ms(kConnectedMs + 30'000);
  *handed_over.add_changes() = Change("reporter", "Somebody Else", "Customer One");
  handed_over.mutable_changes(0)->set_from_id("712020:bbbb");
  facts.histories.push_back(Transition("9003").issue().history());
  facts.comments.emplace_back().set_is_public(true);
  facts.comments.back().set_id("555");
  facts.comments.back().set_created_ms(kConnectedMs + 25'000);
  const Outcome unknown = DecideRead(facts, NobodyKnown(), rules_, kNowMs);
  ASSERT_THAT(unknown.outbox, SizeIs(1)) << "neither the creation nor what else the present reporter wasn't there for";
  EXPECT_EQ(unknown.outbox[0].uid(), Decided(Transition("9003")).outbox[0].uid());
  EXPECT_EQ(AccountsInHistory(facts.histories, rules_, NobodyKnown()), std::vector<std::string>{"712020:bbbb"});

  jira::v1::User before;
  before.set_account_id("712020:bbbb");
  before.set_email("earlier@example.com");
  const UserLookup users = [&before](const std::string& id) { return id == before.account_id() ? &before : nullptr; };
  const Outcome known = DecideRead(facts, users, rules_, kNowMs);
  ASSERT_THAT(known.outbox, SizeIs(4));
  const std::string earlier = store::ContactId::OfEmail("earlier@example.com").Bytes();
  for (const auto& event : known.outbox) {
    EXPECT_EQ(event.contact() == earlier, event.uid() != unknown.outbox[0].uid()) << event.name();
  }
}

TEST_F(WhoseTicketTest, change_that_came_after_a_hand_over_behind_the_read_is_not_told_to_the_earlier_reporter) {
  Facts facts;
  facts.reread = SampleIssue();
  facts.histories_read = true;
  auto& handed_over = facts.histories.emplace_back();
  handed_over.set_created_ms(SampleIssue().updated_ms() + 1);
  *handed_over.add_changes() = Change("reporter", "Customer One", "Somebody Else");
  handed_over.mutable_changes(0)->set_from_id("712020:aaaa");
  handed_over.mutable_changes(0)->set_to_id("712020:bbbb");
  facts.histories.push_back(Transition("9001").issue().history());
  facts.histories.back().set_created_ms(SampleIssue().updated_ms() + 2);
  const jira::v1::User one = SampleIssue().reporter();
  const UserLookup users = [&one](const std::string& id) { return id == one.account_id() ? &one : nullptr; };
  const Outcome outcome = DecideRead(facts, users, rules_, kNowMs);
  ASSERT_THAT(outcome.outbox, SizeIs(1));
  EXPECT_EQ(outcome.outbox[0].name(), "jira_issue_created");
}

TEST_F(WhoseTicketTest, webhook_is_told_to_whose_the_ticket_was_then_though_it_was_read_again_since) {
  Facts facts = Tracked();
  facts.reread = SampleIssue();
  facts.reread->set_updated_ms(kConnectedMs + 90'000);
  facts.reread->mutable_reporter()->set_account_id("712020:bbbb");
  facts.reread->mutable_reporter()->set_email("customer0002@example.com");
  const Outcome outcome = Decided(Transition("9001"), facts);
  EXPECT_EQ(outcome.write->record.contact, store::ContactId::OfEmail("customer0002@example.com"));
  ASSERT_THAT(outcome.outbox, SizeIs(1));
  EXPECT_EQ(outcome.outbox[0].uid(), Decided(Transition("9001")).outbox[0].uid());
}

TEST_F(WhoseTicketTest, deletion_is_told_to_whom_the_webhook_names) {
  jira::v1::Issue handed_over = SampleIssue();
  handed_over.mutable_reporter()->set_email("customer0002@example.com");
  const Outcome outcome = Decided(IssueEvent(jira::v1::DELETED, handed_over), Tracked());
  ASSERT_THAT(outcome.outbox, SizeIs(1));
  EXPECT_EQ(outcome.outbox[0].contact(), store::ContactId::OfEmail("customer0002@example.com").Bytes());
}

}  // namespace
}  // namespace tajo::deciding
