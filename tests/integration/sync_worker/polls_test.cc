#include "services/sync-worker/reading/sprint_poll.h"
#include "services/sync-worker/reading/version_poll.h"
#include "services/sync-worker/reading/worklog_poll.h"

#include "common/base/error.h"
#include "common/store/reply_read.h"
#include "tajo/jira/v1/error.pb.h"
#include "tests/integration/sync_worker/milestone_fixture.h"

namespace tajo::worker {
namespace {

using Json = nlohmann::json;

constexpr char kReleased[] = "jira_version_released";

class PollsTest : public MilestoneTest {
 protected:
  using MilestoneTest::MilestoneTest;
  // One that isn't released yet.
  jira::v1::Version Version() {
    const auto versions = Must(jira_->ProjectVersions("SUPPORT", "unreleased"));
    EXPECT_FALSE(versions.empty());
    return versions.front();
  }
  Json InVersion(const jira::v1::Version& version) {
    return {{"op", "version"}, {"version", std::to_string(version.id())}};
  }
  jira::v1::Version Release(const jira::v1::Version& version) {
    Change({{"op", "release_version"}, {"version", std::to_string(version.id())}});
    return Must(jira_->GetVersion(version.id()));
  }
  void SetVersion(const jira::v1::Version& version, bool released, const std::string& date) {
    Change({{"op", "set_version"},
            {"version", std::to_string(version.id())},
            {"released", released},
            {"release_date", date}});
  }
  // As its webhook may come: without the date.
  jira::v1::Event Webhook(jira::v1::Version version) {
    jira::v1::Event event;
    event.set_source(jira::v1::Event::SOURCE_WEBHOOK);
    event.set_occurred_ms(base::ToMillis(clock_.Now()));
    event.set_received_ms(event.occurred_ms());
    version.clear_release_date();
    *event.mutable_version()->mutable_version() = std::move(version);
    event.mutable_version()->set_kind(jira::v1::VersionChange::KIND_RELEASED);
    return event;
  }
  // One look, and what follows from it.
  int64_t LookAtVersions(Worker& worker) {
    clock_.Advance(std::chrono::minutes(15));
    VersionPoll poll(*jira_, worker.polls, worker.rules, clock_);
    const int64_t found = Must(poll.Run()).found;
    Process(worker);
    return found;
  }
  int64_t LookAtSprints(Worker& worker) {
    clock_.Advance(std::chrono::minutes(15));
    SprintPoll poll(*jira_, worker.polls, worker.rules, clock_);
    const int64_t found = Must(poll.Run(Must(worker.store.Cursors()))).found;
    Process(worker);
    return found;
  }
  int64_t LookAtWorklogs(Worker& worker) {
    WorklogPoll poll({*jira_, worker.store, worker.polls, worker.rules, clock_, *logger_, [] { return false; }});
    const int64_t found = Must(poll.Run(Must(worker.store.Cursors()))).found;
    Process(worker);
    return found;
  }
  jira::v1::Sprint Sprint(const std::string& state) {
    for (const auto& board : Must(jira_->Boards("PRODUCT"))) {
      if (board.type == "kanban") continue;
      const auto sprints = Must(jira_->BoardSprints(board.id, state));
      if (!sprints.empty()) return sprints.front();
    }
    ADD_FAILURE() << "no sprint is " << state;
    return {};
  }
};

TEST_F(PollsTest, release_without_a_webhook_reaches_its_customers_and_counts_as_missed) {
  Worker worker(*this, Config());
  const auto version = Version();
  Ticket(kAnn, {InVersion(version), Resolve()});
  Ticket(kBob, {InVersion(version)});
  EXPECT_EQ(LookAtVersions(worker), 0) << "what was released before the first look";
  const auto before = Queued(worker, kReleased);
  Release(version);
  EXPECT_EQ(LookAtVersions(worker), 1);
  const int64_t told = Queued(worker, kReleased);
  EXPECT_EQ(before, 0);
  EXPECT_GE(told, 1);
  EXPECT_EQ(Missed(), told);
  bool bob = false;
  for (const auto& entry : Must(worker.store.PeekOutbox(1000, ""))) {
    bob |= entry.event.contact() == store::ContactId::OfEmail(kBob).Bytes();
  }
  EXPECT_FALSE(bob) << "his ticket isn't settled";
  EXPECT_EQ(LookAtVersions(worker), 0);
  EXPECT_EQ(Violations(), "");
}

TEST_F(PollsTest, webhook_without_a_date_and_poll_are_the_same_release) {
  Worker worker(*this, Config());
  const auto version = Version();
  Ticket(kAnn, {InVersion(version), Resolve()});
  LookAtVersions(worker);
  Append(worker, Webhook(Release(version)));
  Process(worker);
  const int64_t told = Queued(worker, kReleased);
  EXPECT_GE(told, 1);
  // Days later: the ledger alone, which goes by days, would not know the events any more.
  clock_.Advance(std::chrono::hours(100));
  EXPECT_EQ(LookAtVersions(worker), 1);
  EXPECT_EQ(Queued(worker, kReleased), told);
  EXPECT_EQ(Missed(), 0);
}

TEST_F(PollsTest, second_look_finds_who_was_settled_after_the_webhook_and_misses_nothing) {
  Worker worker(*this, Config());
  const auto version = Version();
  LookAtVersions(worker);
  Append(worker, Webhook(Release(version)));
  Process(worker);
  const int64_t told = Queued(worker, kReleased);
  // As if the search had shown it too late.
  Ticket(kAnn, {InVersion(version), Resolve()});
  LookAtVersions(worker);
  EXPECT_EQ(Queued(worker, kReleased), told + 1);
  EXPECT_EQ(Missed(), 0);
}

TEST_F(PollsTest, released_again_is_a_release_with_another_date_only) {
  Worker worker(*this, Config());
  const auto version = Version();
  Ticket(kAnn, {InVersion(version), Resolve()});
  SetVersion(version, false, "2026-11-20");
  LookAtVersions(worker);
  SetVersion(version, true, "2026-11-20");
  EXPECT_EQ(LookAtVersions(worker), 1);
  const int64_t told = Queued(worker, kReleased);
  EXPECT_GE(told, 1);
  SetVersion(version, false, "2026-11-20");
  LookAtVersions(worker);
  SetVersion(version, true, "2026-11-20");
  EXPECT_EQ(LookAtVersions(worker), 0);
  Append(worker, Webhook(Must(jira_->GetVersion(version.id()))));
  Process(worker);
  EXPECT_EQ(Queued(worker, kReleased), told);
  SetVersion(version, false, "2026-11-20");
  LookAtVersions(worker);
  SetVersion(version, true, "2026-12-01");
  EXPECT_EQ(LookAtVersions(worker), 1);
  EXPECT_EQ(Queued(worker, kReleased), 2 * told);
}

TEST_F(PollsTest, release_waits_while_jira_refuses_the_configs_own_jql) {
  auto config = Config();
  config.set_jql("nosuchfield = 1");
  const auto version = Version();
  Ticket(kAnn, {InVersion(version), Resolve()});
  {
    Worker worker(*this, config);
    Append(worker, Webhook(Release(version)));
    EXPECT_EQ(base::ReasonOf(Run(worker.processor.ProcessOnce()).status()), jira::v1::JIRA_JQL_INVALID);
  }
  Worker mended(*this, Config());
  Process(mended);
  EXPECT_GE(Queued(mended, kReleased), 1);
}

TEST_F(PollsTest, project_that_isn_t_visible_keeps_nobody_from_looking) {
  auto config = Config();
  config.add_projects()->set_key("GONE");
  Worker worker(*this, config);
  VersionPoll poll(*jira_, worker.polls, worker.rules, clock_);
  const auto version = Version();
  EXPECT_EQ(Must(poll.Run()).found, 0);
  Release(version);
  EXPECT_EQ(Must(poll.Run()).found, 1);
}

TEST_F(PollsTest, sprints_that_began_and_ended_without_webhooks_are_told) {
  auto config = Config();
  config.clear_projects();
  config.add_projects()->set_key("PRODUCT");
  Worker worker(*this, config);
  LookAtSprints(worker);
  EXPECT_EQ(Queued(worker, "jira_sprint_started") + Queued(worker, "jira_sprint_completed"), 0);
  const auto sprint = Sprint("future");
  const Json done = Change({{"op", "create"}, {"project", "PRODUCT"}, {"reporter", kAnn}});
  const Json open = Change({{"op", "create"}, {"project", "PRODUCT"}, {"reporter", kBob}});
  for (const Json& made : {done, open}) {
    Change({{"op", "sprint"}, {"issue", made["issue"]}, {"sprint", std::to_string(sprint.id())}});
  }
  Change({{"op", "sprint_start"}, {"sprint", std::to_string(sprint.id())}});
  EXPECT_EQ(LookAtSprints(worker), 1);
  EXPECT_GE(Queued(worker, "jira_sprint_started"), 2) << "all who have a ticket in it";
  Change({{"op", "transition"}, {"issue", done["issue"]}, {"to", "Done"}});
  Change({{"op", "sprint_close"}, {"sprint", std::to_string(sprint.id())}});
  EXPECT_EQ(LookAtSprints(worker), 1);
  const int64_t completed = Queued(worker, "jira_sprint_completed");
  EXPECT_GE(completed, 1);
  EXPECT_LT(completed, Queued(worker, "jira_sprint_started")) << "only those whose tickets it settled";
  EXPECT_EQ(LookAtSprints(worker), 0);
  clock_.Advance(std::chrono::hours(25));
  EXPECT_EQ(LookAtSprints(worker), 0) << "the look at all of them";
  EXPECT_EQ(Violations(), "");
}

TEST_F(PollsTest, board_without_sprints_is_left_out) {
  Worker worker(*this, Config());  // SUPPORT: a kanban board
  EXPECT_EQ(LookAtSprints(worker), 0);
  for (const auto& board : Must(jira_->Boards("SUPPORT"))) {
    const auto refused = Run(jira_->BoardSprints(board.id, "active"));
    EXPECT_EQ(base::ReasonOf(refused.status()), jira::v1::JIRA_REQUEST_INVALID);
  }
}

TEST_F(PollsTest, worklogs_of_tracked_tickets_are_told_once_and_not_before_jira_lists_them) {
  auto config = Config();
  config.mutable_sync()->set_worklogs(true);
  Worker worker(*this, config);
  const std::string tracked = Ticket(kAnn);
  jira::v1::Event hint;
  hint.set_source(jira::v1::Event::SOURCE_HINT);
  hint.mutable_hint()->set_issue_key(tracked);
  Append(worker, hint);
  Process(worker);
  LookAtWorklogs(worker);
  Change({{"op", "worklog"}, {"issue", tracked}, {"seconds", 600}});
  Change({{"op", "worklog"}, {"issue", Ticket(kBob)}, {"seconds", 600}});  // not tracked
  EXPECT_EQ(LookAtWorklogs(worker), 0) << "the last minute isn't listed";
  clock_.Advance(std::chrono::seconds(61));
  EXPECT_EQ(LookAtWorklogs(worker), 1);
  EXPECT_EQ(Queued(worker, "jira_worklog_added"), 1);
  EXPECT_EQ(Missed(), 1);
  const auto cursors = Must(worker.store.Cursors());
  EXPECT_EQ(store::NumberOf(cursors, store::kCursorWorklogs), base::ToMillis(clock_.Now()) - 60'000)
      << "Jira's own word";
  clock_.Advance(std::chrono::minutes(5));
  EXPECT_EQ(LookAtWorklogs(worker), 0);
  EXPECT_EQ(Violations(), "");
}

TEST_F(PollsTest, worklogs_of_oauth_are_no_missed_webhooks) {
  auto config = Config();
  config.mutable_sync()->set_worklogs(true);
  config.set_auth_type(jira::v1::OAUTH2);
  Worker worker(*this, config);
  const std::string tracked = Ticket(kAnn);
  jira::v1::Event hint;
  hint.mutable_hint()->set_issue_key(tracked);
  Append(worker, hint);
  Process(worker);
  Change({{"op", "worklog"}, {"issue", tracked}, {"seconds", 600}});
  clock_.Advance(std::chrono::seconds(61));
  EXPECT_EQ(LookAtWorklogs(worker), 1);
  EXPECT_EQ(Queued(worker, "jira_worklog_added"), 1);
  EXPECT_EQ(Missed(), 0);
}

class ManyTicketsTest : public PollsTest {
 protected:
  ManyTicketsTest() : PollsTest(1'010) {}
};

TEST_F(ManyTicketsTest, more_than_a_page_of_worklogs_in_one_millisecond_ends) {
  auto config = Config();
  config.mutable_sync()->set_worklogs(true);
  Worker worker(*this, config);
  jira::IssueQuery all;
  all.jql = "project in (SUPPORT, PRODUCT)";
  all.max_results = 5'000;
  const auto page = Must(jira_->SearchRaw(all, {"id"}));
  ASSERT_GT(page.issues.size(), 1'000u);
  for (const auto& issue : page.issues) {
    Change({{"op", "worklog"}, {"issue", std::to_string(issue.id)}, {"seconds", 60}});
  }
  clock_.Advance(std::chrono::minutes(2));
  LookAtWorklogs(worker);
  const auto cursors = Must(worker.store.Cursors());
  EXPECT_EQ(store::NumberOf(cursors, store::kCursorWorklogs), base::ToMillis(clock_.Now()) - 60'000);
  EXPECT_EQ(Violations(), "");
}

}  // namespace
}  // namespace tajo::worker
