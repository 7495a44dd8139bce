#include "services/sync-worker/reading/census.h"

#include "tests/integration/sync_worker/reading_fixture.h"

namespace tajo::worker {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr char kCustomer[] = "customer0001@example.com";

class CensusTest : public ReadingTest {
 protected:
  using ReadingTest::ReadingTest;

  // Two tickets of the customer, read; the first census is due in a day.
  void Settle() {
    first_ = Create(kCustomer);
    second_ = Create(kCustomer);
    ASSERT_TRUE(Sync(/*full=*/true).ok());
    ASSERT_FALSE(Run(CensusIsDue(*store_, clock_)).value());
  }
  int64_t LastTicket() { return Run(store_->LastTicketOf(store::ContactId::OfEmail(kCustomer))).value(); }
  // What the contact's list names as the last one now.
  int64_t NextTicket() {
    const auto stale = Run(store_->StaleContacts(10)).value();
    return stale.empty() ? 0 : stale.front().issue_id;
  }

  int64_t first_ = 0;
  int64_t second_ = 0;
};

TEST_F(CensusTest, deleted_issue_without_a_webhook_leaves_a_tombstone_and_tells_its_customer) {
  Settle();
  const int64_t tracked = Overview().issues_tracked;
  ASSERT_EQ(LastTicket(), second_);
  Change({{"op", "delete"}, {"issue", std::to_string(second_)}});
  TakeCensus();
  EXPECT_TRUE(Issue(second_)->deleted);
  EXPECT_EQ(Overview().issues_tracked, tracked - 1);
  EXPECT_THAT(EventsOf(second_), ElementsAre("jira_issue_created", "jira_issue_deleted"));
  EXPECT_EQ(NextTicket(), first_);
  EXPECT_FALSE(Issue(first_)->deleted);
}

TEST_F(CensusTest, deleted_issue_that_is_not_the_last_ticket_goes_without_an_event) {
  Settle();
  Change({{"op", "delete"}, {"issue", std::to_string(first_)}});
  TakeCensus();
  EXPECT_TRUE(Issue(first_)->deleted);
  EXPECT_THAT(EventsOf(first_), ElementsAre("jira_issue_created")) << "nobody knows its key any more";
  EXPECT_EQ(LastTicket(), second_);
}

TEST_F(CensusTest, issue_hidden_by_a_security_level_is_not_taken_for_deleted) {
  Settle();
  // Another one with a level that we are in shows that the project uses levels.
  Control("visibility", {{"issue_id", first_}, {"visible", true}});
  Control("visibility", {{"issue_id", second_}, {"visible", false}});
  TakeCensus();
  EXPECT_FALSE(Issue(second_)->deleted);
  EXPECT_FALSE(Issue(second_)->admitted);
  EXPECT_THAT(EventsOf(second_), ElementsAre("jira_issue_created"));
  EXPECT_EQ(NextTicket(), first_);

  Control("visibility", {{"issue_id", second_}, {"visible", true}});
  TakeCensus();
  EXPECT_TRUE(Issue(second_)->admitted) << "it can be seen again";
}

TEST_F(CensusTest, vanished_project_is_left_alone_until_the_second_census_and_comes_back) {
  Settle();
  Control("visibility", {{"project", "SUPPORT"}, {"visible", false}});
  TakeCensus();
  EXPECT_TRUE(Issue(second_)->admitted);
  TakeCensus();
  EXPECT_FALSE(Issue(second_)->admitted);
  EXPECT_FALSE(Issue(second_)->deleted);
  EXPECT_THAT(EventsOf(second_), ElementsAre("jira_issue_created"));

  Control("visibility", {{"project", "SUPPORT"}, {"visible", true}});
  TakeCensus();
  EXPECT_TRUE(Issue(second_)->admitted);
}

TEST_F(CensusTest, issue_that_nothing_told_of_is_taken_in) {
  Settle();
  const int64_t unheard = Create(kCustomer);
  TakeCensus();
  ASSERT_TRUE(Issue(unheard));
  EXPECT_TRUE(Issue(unheard)->admitted);
  EXPECT_THAT(EventsOf(unheard), ElementsAre("jira_issue_created"));
  EXPECT_EQ(NextTicket(), 0) << "the contact's state is made from it";
}

TEST_F(CensusTest, index_that_still_lists_a_deleted_issue_is_corrected_by_the_next_census) {
  Settle();
  Control("faults", {{"kind", "index_lag"}, {"seconds", 90'000}});
  Change({{"op", "delete"}, {"issue", std::to_string(second_)}});
  TakeCensus();
  EXPECT_FALSE(Issue(second_)->deleted) << "both counts say that it's there";
  TakeCensus();
  EXPECT_TRUE(Issue(second_)->deleted);
}

TEST_F(CensusTest, metric_says_what_was_found) {
  Settle();
  Change({{"op", "delete"}, {"issue", std::to_string(first_)}});
  TakeCensus();
  EXPECT_THAT(metrics_.Serialize(), HasSubstr("tajo_census_issues_total{found=\"deleted\"} 1"));
}

// Its token was revoked; the site lets anonymous people search, and shows them nothing.
class AnonymousCensusTest : public CensusTest {
 protected:
  AnonymousCensusTest() : CensusTest("revoked") {}
};

TEST_F(AnonymousCensusTest, empty_answers_to_nobody_delete_nothing) {
  store::Application application;
  store::IssueWrite held;
  held.issue_id = 10'001;
  held.record.project_id = 10'000;
  application.issues.push_back(held);
  application.cursors[store::kCursorIncremental] = "1";
  ASSERT_TRUE(Run(store_->Apply(std::move(application))).ok());
  ASSERT_FALSE(Run(CensusIsDue(*store_, clock_)).value());
  jira::IssueQuery query;
  query.jql = "project = 10000";
  const auto listed = Run(client_->SearchRaw(query, {"id"}));
  ASSERT_TRUE(listed.ok() && listed->issues.empty()) << "an answer, and no issue in it";
  for (int day = 0; day < 3; ++day) {
    clock_.Advance(kCensusEvery);
    EXPECT_EQ(base::ReasonOf(Run(census_->Run())), jira::v1::JIRA_AUTHENTICATION_FAILED);
  }
  EXPECT_TRUE(Issue(10'001)->admitted);
  EXPECT_FALSE(Issue(10'001)->deleted);
}

}  // namespace
}  // namespace tajo::worker
