#include "services/sync-worker/reading/passes.h"

#include "tests/integration/sync_worker/reading_fixture.h"

namespace tajo::worker {
namespace {

using namespace std::chrono_literals;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr char kPassesCustomer[] = "customer0001@example.com";

class PassesTest : public ReadingTest {
 protected:
  // As after the first sync; a ticket of the customer is known.
  void Settle() {
    ticket_ = Create(kPassesCustomer);
    ASSERT_TRUE(Sync(/*full=*/true).ok());
    clock_.Advance(1s);
    EXPECT_EQ(Schedule(), "");
  }
  void Transition(const std::string& to) {
    Change({{"op", "transition"}, {"issue", std::to_string(ticket_)}, {"to", to}});
  }

  int64_t ticket_ = 0;
};

TEST_F(PassesTest, pass_is_started_when_the_interval_is_over) {
  Settle();
  clock_.Advance(14min);
  Transition("In Progress");
  Schedule();
  EXPECT_THAT(EventsOf(ticket_), ElementsAre("jira_issue_created"));
  clock_.Advance(1min);
  Schedule();
  EXPECT_THAT(EventsOf(ticket_), Contains("jira_issue_status_changed"));
}

TEST_F(PassesTest, webhooks_registered_anew_start_a_pass_at_once_from_where_the_last_one_ended) {
  Settle();
  NoteWebhook();
  EXPECT_EQ(Schedule(), "") << "from now on they are expected";
  const std::string read_until = Cursor(store::kCursorIncremental);
  clock_.Advance(1min);
  Transition("In Progress");
  clock_.Advance(10min);
  Schedule();
  ASSERT_THAT(EventsOf(ticket_), ElementsAre("jira_issue_created")) << "no pass is due yet";
  ASSERT_EQ(Cursor(store::kCursorIncremental), read_until);

  ASSERT_TRUE(Run(passes_->Schedule(record_, /*webhooks_begin=*/true)).ok());
  ASSERT_TRUE(RunJobs().ok());
  EXPECT_THAT(EventsOf(ticket_), ElementsAre("jira_issue_created", "jira_issue_status_changed"));
  EXPECT_EQ(std::stoll(Cursor(store::kCursorIncremental)), base::ToMillis(clock_.Now()));
  EXPECT_EQ(Overview().missed_webhooks, 0) << "there was no webhook to tell it";
}

TEST_F(PassesTest, pass_that_catches_up_waits_for_no_interval_and_begins_where_the_last_one_ended) {
  ASSERT_TRUE(Run(passes_->CatchUp()).ok());
  EXPECT_FALSE(Run(jobs_->Next("c_1")).value()) << "the first sync is a caller's to start";
  Settle();
  clock_.Advance(5min);
  Transition("In Progress");
  clock_.Advance(5min);
  ASSERT_TRUE(Run(passes_->CatchUp()).ok());
  ASSERT_TRUE(Run(passes_->CatchUp()).ok()) << "one is queued already";
  ASSERT_TRUE(RunJobs().ok());
  EXPECT_THAT(EventsOf(ticket_), ElementsAre("jira_issue_created", "jira_issue_status_changed"));
}

TEST_F(PassesTest, sync_of_a_selection_puts_off_no_pass) {
  Settle();
  Transition("In Progress");
  for (int i = 0; i < 3; ++i) {
    clock_.Advance(7min);
    store::Job some;
    some.full = false;
    some.jql = "project = PRODUCT";
    ASSERT_TRUE(Run(jobs_->Start("c_1", some)).ok());
    ASSERT_TRUE(RunJobs().ok());
    Schedule();
  }
  EXPECT_THAT(EventsOf(ticket_), Contains("jira_issue_status_changed"));
}

TEST_F(PassesTest, what_changes_between_connecting_and_the_first_sync_is_told) {
  ticket_ = Create(kPassesCustomer);
  Transition("In Progress");
  clock_.Advance(2h);
  ASSERT_TRUE(Sync(/*full=*/true).ok());
  EXPECT_THAT(EventsOf(ticket_), ElementsAre("jira_issue_created", "jira_issue_status_changed"));
}

TEST_F(PassesTest, comments_come_with_their_issues) {
  Settle();
  clock_.Advance(5min);
  Change({{"op", "comment"}, {"issue", std::to_string(ticket_)}, {"text", "Hello"}});
  store::Job comments;
  comments.full = false;
  comments.resources = {"comments"};
  ASSERT_TRUE(Run(jobs_->Start("c_1", comments)).ok());
  ASSERT_TRUE(RunJobs().ok());
  EXPECT_THAT(EventsOf(ticket_), Contains("jira_comment_added"));
}

TEST_F(PassesTest, ticket_that_is_deleted_while_it_is_read_ends_no_pass) {
  Settle();
  const int64_t other = Create(kPassesCustomer);
  clock_.Advance(8min);
  Transition("In Progress");
  Change({{"op", "transition"}, {"issue", std::to_string(other)}, {"to", "In Progress"}});
  clock_.Advance(7min);
  Control("faults", {{"kind", "index_lag"}, {"seconds", 300}});
  Change({{"op", "delete"}, {"issue", std::to_string(ticket_)}});
  EXPECT_EQ(Schedule(), "");
  EXPECT_THAT(EventsOf(other), Contains("jira_issue_status_changed"));
}

TEST_F(PassesTest, trailing_pass_finds_what_the_index_showed_too_late) {
  Settle();
  clock_.Advance(30min);
  Schedule();
  Control("faults", {{"kind", "index_lag"}, {"seconds", 5400}});
  clock_.Advance(15min);
  Transition("In Progress");
  for (int pass = 0; pass < 8; ++pass) {
    Schedule();
    clock_.Advance(15min);
  }
  ASSERT_THAT(EventsOf(ticket_), ElementsAre("jira_issue_created")) << "incremental passes come too early for it";
  clock_.Advance(7h);
  Schedule();
  EXPECT_THAT(EventsOf(ticket_), Contains("jira_issue_status_changed"));
}

TEST_F(PassesTest, trailing_pass_does_not_tell_again_what_was_told) {
  Settle();
  clock_.Advance(15min);
  Transition("In Progress");
  Schedule();
  const auto told = EventsOf(ticket_);
  clock_.Advance(9h);
  Schedule();
  EXPECT_EQ(EventsOf(ticket_), told);
  EXPECT_EQ(std::stoll(Cursor(store::kCursorTrailing)), base::ToMillis(clock_.Now() - 2h));
}

TEST_F(PassesTest, changes_that_webhooks_did_not_bring_degrade_the_connection_until_they_work_again) {
  Settle();
  NoteWebhook();
  EXPECT_EQ(Schedule(), "") << "from now on they are expected";
  clock_.Advance(1min);
  Transition("In Progress");
  clock_.Advance(14min);
  Schedule();
  EXPECT_THAT(Schedule(), HasSubstr("webhooks don't arrive"));
  EXPECT_EQ(Overview().missed_webhooks, 1);

  for (int pass = 0; pass < 2; ++pass) {
    NoteWebhook();
    clock_.Advance(15min);
    EXPECT_THAT(Schedule(), HasSubstr("webhooks don't arrive")) << pass;
  }
  EXPECT_EQ(Schedule(), "");
}

TEST_F(PassesTest, change_that_may_still_be_on_its_way_is_not_missed) {
  Settle();
  NoteWebhook();
  Schedule();
  clock_.Advance(14min);
  Transition("In Progress");
  clock_.Advance(1min);
  Schedule();
  EXPECT_THAT(EventsOf(ticket_), Contains("jira_issue_status_changed"));
  EXPECT_EQ(Overview().missed_webhooks, 0);
  EXPECT_EQ(Schedule(), "");
}

TEST_F(PassesTest, change_that_waits_in_our_own_backlog_is_not_missed) {
  Settle();
  NoteWebhook();
  Schedule();
  clock_.Advance(1min);
  Transition("In Progress");
  oldest_waiting_ms_ = base::ToMillis(clock_.Now());
  clock_.Advance(14min);
  Schedule();
  EXPECT_EQ(Overview().missed_webhooks, 0);
}

TEST_F(PassesTest, passes_are_rarer_while_webhooks_tell_everything) {
  Settle();
  const auto passes_in_a_day = [this] {
    int passes = 0;
    for (int quarter = 0; quarter < 96; ++quarter) {
      clock_.Advance(15min);
      NoteWebhook();
      const std::string before = Cursor(store::kCursorIncremental);
      Schedule();
      passes += Cursor(store::kCursorIncremental) == before ? 0 : 1;
    }
    return passes;
  };
  EXPECT_LT(passes_in_a_day(), 15);
  EXPECT_LE(passes_in_a_day(), 6);
}

TEST_F(PassesTest, invisible_project_does_not_stop_the_others_and_is_read_again_when_it_is_back) {
  Settle();
  const int64_t product = Create(kPassesCustomer, "PRODUCT");
  Schedule();
  Transition("In Progress");
  Control("visibility", {{"project", "SUPPORT"}, {"visible", false}});
  clock_.Advance(15min);
  Change({{"op", "priority"}, {"issue", std::to_string(product)}, {"to", "Highest"}});
  Schedule();
  EXPECT_THAT(EventsOf(product), Contains("jira_issue_updated"));
  EXPECT_THAT(Schedule(), HasSubstr("SUPPORT"));
  EXPECT_TRUE(Issue(ticket_)->admitted);

  // Another owner knows it too.
  Begin();
  EXPECT_EQ(rules_->FilterJql(), R"(project in ("PRODUCT"))");

  clock_.Advance(3h);
  Schedule();
  Control("visibility", {{"project", "SUPPORT"}, {"visible", true}});
  clock_.Advance(1h);
  EXPECT_THAT(EventsOf(ticket_), ElementsAre("jira_issue_created"));
  Schedule();
  EXPECT_EQ(Schedule(), "");
  EXPECT_THAT(EventsOf(ticket_), Contains("jira_issue_status_changed"));
}

TEST_F(PassesTest, no_visible_project_is_a_trouble_and_not_asked_for_at_once_again) {
  Settle();
  for (const char* key : {"SUPPORT", "PRODUCT"}) Control("visibility", {{"project", key}, {"visible", false}});
  const std::string before = Cursor(store::kCursorIncremental);
  clock_.Advance(15min);
  ASSERT_TRUE(Run(passes_->Schedule(record_, false)).ok());
  EXPECT_EQ(base::ReasonOf(RunJobs()), jira::v1::JIRA_PROJECT_UNKNOWN);
  EXPECT_EQ(Cursor(store::kCursorIncremental), before);
  EXPECT_THAT(Schedule(), HasSubstr("none of the projects PRODUCT, SUPPORT"));
  EXPECT_EQ(Cursor(store::kCursorIncremental), before);

  for (const char* key : {"SUPPORT", "PRODUCT"}) Control("visibility", {{"project", key}, {"visible", true}});
  clock_.Advance(15min);
  Schedule();
  EXPECT_EQ(Schedule(), "");
}

TEST_F(PassesTest, truncated_result_is_an_error_and_moves_no_cursor) {
  Settle();
  clock_.Advance(15min);
  Transition("In Progress");
  const std::string before = Cursor(store::kCursorIncremental);
  Control("faults", {{"kind", "search_warning"}});
  ASSERT_TRUE(Run(passes_->Schedule(record_, false)).ok());
  EXPECT_EQ(base::ReasonOf(RunJobs()), jira::v1::JIRA_JQL_INVALID);
  EXPECT_EQ(Cursor(store::kCursorIncremental), before);
  EXPECT_THAT(EventsOf(ticket_), ElementsAre("jira_issue_created"));
  EXPECT_THAT(Schedule(), HasSubstr("changes can't be polled: Jira gave only a part"));

  clock_.Advance(15min);
  Schedule();
  EXPECT_THAT(EventsOf(ticket_), Contains("jira_issue_status_changed"));
  EXPECT_EQ(Schedule(), "");
}

TEST_F(PassesTest, more_comments_and_histories_than_a_page_holds_are_all_told_once) {
  Settle();
  clock_.Advance(15min);
  for (int i = 0; i < 130; ++i) {
    Change({{"op", "comment"}, {"issue", std::to_string(ticket_)}, {"text", "Comment " + std::to_string(i)}});
    Change({{"op", "priority"}, {"issue", std::to_string(ticket_)}, {"to", i % 2 == 0 ? "Highest" : "Low"}});
  }
  Schedule();
  const auto names = EventsOf(ticket_);
  EXPECT_EQ(std::count(names.begin(), names.end(), "jira_comment_added"), 130);
  EXPECT_EQ(std::count(names.begin(), names.end(), "jira_issue_updated"), 130);
}

}  // namespace
}  // namespace tajo::worker
