#include <gtest/gtest.h>
#include <unistd.h>

#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "common/base/error.h"
#include "common/jira/auth.h"
#include "common/jira/connection.h"
#include "common/jira/fields.h"
#include "common/jira/governor.h"
#include "common/net/curl_client.h"
#include "common/redis/open.h"
#include "services/sync-worker/prometheus_instruments.h"
#include "services/sync-worker/reading/project_sight.h"
#include "services/sync-worker/reading/sync_runner.h"
#include "simulators/jira/simulator.h"
#include "tajo/jira/v1/error.pb.h"
#include "tests/support/fake_clock.h"
#include "tests/support/redis_server.h"
#include "tests/support/run_task.h"
#include "tests/unit/deciding/samples.h"

namespace tajo::worker {
namespace {

using nlohmann::json;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr char kConnection[] = "c_1";
// 2026-11-01T05:20:00Z; 06:00Z is one o'clock for the second time in New York.
constexpr int64_t kBeforeTheClocksGoBack = 1'793'510'400'000;

// Full and incremental passes over a real Redis and the Jira simulator, on a clock that moves only when
// told: Jira's, the store's and the reader's is the same. Nothing is sent to Brevo: events stay queued.
class SyncPassesTest : public ::testing::Test {
 protected:
  void Begin(jira_sim::Options options, int64_t begins_ms = deciding::kConnectedMs) {
    clock_.StepWallClock(base::FromMillis(begins_ms) - clock_.Now());
    options.limits = false;
    simulator_ = jira_sim::Simulator::Start(options, clock_).value();
    redis::Options redis;
    redis.url = redis_server_.Url();
    redis_ = redis::Open(loop_.Context(), wall_, random_, redis).value();
    authorizer_ = std::make_unique<jira::BasicAuthorizer>(simulator_->Url(), options.email, options.api_token);
    connection_ = std::make_unique<jira::RetryingConnection>(*http_, *authorizer_, governor_, wall_, random_);
    client_ = std::make_unique<jira::Client>(*connection_, jira::Lane::kBackfill);
    jira::v1::ConnectionConfig config = deciding::SampleConfig();
    config.set_events_from_ms(begins_ms);
    rules_ = std::make_unique<deciding::Rules>(std::move(config));
    const auto catalogue = Run(client_->Fields()).value();
    source_ = std::make_unique<IssueSource>(*client_, clock_, *rules_,
                                            jira::ResolveFields(rules_->Config(), catalogue).fields);
    jobs_ = std::make_unique<store::Jobs>(*redis_, clock_, random_);
    Run(redis_->Execute({"SET", store::Keys(kConnection).Lease(), kLease})).value();
    store_ = std::make_unique<store::OwnerStore>(*redis_, clock_, kConnection, store::LeaseToken{kLease});
    users_ = std::make_unique<UserDirectory>(*store_, *client_);
  }

  template <class T>
  T Run(base::Task<T> task) {
    return testing::RunTask(loop_, std::move(task), seconds(60));
  }
  json Control(const std::string& path, const json& body) {
    net::HttpRequest request;
    request.method = net::Method::kPost;
    request.url = simulator_->Url() + "/_control/" + path;
    request.body = body.dump();
    request.headers.Add("Content-Type", "application/json");
    const auto response = Run(http_->Send(std::move(request)));
    EXPECT_TRUE(response.ok() && response->Succeeded()) << path;
    return response.ok() ? json::parse(response->body, nullptr, false) : json();
  }
  // A new ticket of a customer; its key.
  std::string Create() {
    return Control("change",
                   {{"op", "create"}, {"project", "SUPPORT"}, {"reporter", "customer0001@example.com"}})["issue"];
  }

  // Goes on with a sync, until it has ended, or after the page in hand where that is what `stopping_` asks for.
  absl::Status Go(const store::Job& job) {
    ProjectSight sight(*store_, *jobs_, *client_, *rules_, clock_, log_);
    SyncRunner runner({.connection_id = kConnection,
                       .store = *store_,
                       .jobs = *jobs_,
                       .jira = *client_,
                       .source = *source_,
                       .users = *users_,
                       .rules = *rules_,
                       .sight = sight,
                       .clock = clock_,
                       .log = log_,
                       .instruments = instruments_,
                       .wake_writers = [] {},
                       .stopping = [this] { return stopping_; },
                       .let_live_go_first = []() -> base::Task<void> { co_return; },
                       .oldest_waiting_ms = [] { return int64_t{0}; }});
    return Run(runner.Run(job));
  }
  absl::Status Sync(bool full) {
    store::Job job;
    job.full = full;
    return Go(Run(jobs_->Start(kConnection, std::move(job))).value());
  }

  // What waits to be sent to Brevo, by event name.
  std::map<std::string, int> Queued() {
    std::map<std::string, int> names;
    const auto entries = Run(store_->PeekOutbox(1000, "")).value();
    for (const auto& entry : entries) ++names[entry.event.name()];
    return names;
  }
  int64_t Tracked() {
    int64_t count = 0;
    for (std::string cursor = "0"; true;) {
      const auto page = Run(store_->ScanIssues(cursor)).value();
      count += static_cast<int64_t>(page.issues.size());
      cursor = page.cursor;
      if (cursor == "0") return count;
    }
  }
  int64_t InJira() { return Run(client_->ApproximateCount(rules_->FilterJql())).value(); }

  static constexpr char kLease[] = "worker-1/aaaa";
  bool stopping_ = false;
  testing::FakeClock clock_;
  base::SystemClock wall_;
  base::SystemRandom random_;
  testing::RedisServer redis_server_;
  telemetry::Metrics metrics_{"test"};
  PrometheusInstruments instruments_{metrics_, false};
  telemetry::Logger log_{{.service = "test"}, wall_, std::make_unique<telemetry::FdSink>(STDERR_FILENO)};
  std::unique_ptr<jira_sim::Simulator> simulator_;
  net::Loop loop_;
  std::unique_ptr<net::HttpClient> http_ = [this] {
    net::CurlOptions options;
    options.allow_insecure = true;
    return net::MakeCurlClient(loop_.Context(), options);
  }();
  std::unique_ptr<redis::Client> redis_;
  std::unique_ptr<jira::Authorizer> authorizer_;
  jira::NoLimit governor_;
  std::unique_ptr<jira::RetryingConnection> connection_;
  std::unique_ptr<jira::Client> client_;
  std::unique_ptr<deciding::Rules> rules_;
  std::unique_ptr<IssueSource> source_;
  std::unique_ptr<store::Jobs> jobs_;
  std::unique_ptr<store::OwnerStore> store_;
  std::unique_ptr<UserDirectory> users_;
};

TEST_F(SyncPassesTest, token_that_jira_repeats_loses_no_ticket) {
  Begin({.issues = 730});
  Control("faults", {{"kind", "repeat_token"}, {"count", -1}});
  ASSERT_TRUE(Sync(/*full=*/true).ok());
  EXPECT_EQ(Tracked(), InJira());
}

// More tickets changed in one moment than a page holds: no new walk comes further.
TEST_F(SyncPassesTest, token_that_jira_repeats_for_ever_is_an_error) {
  Begin({.issues = 10});
  for (int i = 0; i < 250; ++i) Create();
  Control("faults", {{"kind", "repeat_token"}, {"count", -1}});
  EXPECT_EQ(base::ReasonOf(Sync(/*full=*/false)), jira::v1::JIRA_UNAVAILABLE);
}

// Relative times may count anew for each page: what waited for hours goes on by a search of its own.
TEST_F(SyncPassesTest, incremental_pass_that_waited_misses_nothing) {
  Begin({.issues = 10});
  for (int i = 0; i < 250; ++i) {
    clock_.Advance(seconds(1));
    Create();
  }
  store::Job job;
  job.full = false;
  job = Run(jobs_->Start(kConnection, job)).value();
  stopping_ = true;
  ASSERT_TRUE(Go(job).ok());
  clock_.Advance(hours(5));
  stopping_ = false;
  job = Run(jobs_->Get(kConnection, job.id)).value();
  const std::string before = Checkpoint::FromJson(job.checkpoint).jql;
  ASSERT_TRUE(Go(job).ok());
  EXPECT_NE(Checkpoint::FromJson(Run(jobs_->Get(kConnection, job.id)).value().checkpoint).jql, before);
  EXPECT_EQ(Queued()["jira_issue_created"], 250);
}

TEST_F(SyncPassesTest, page_shorter_than_asked_for_is_not_the_last) {
  Begin({.issues = 400});
  Control("faults", {{"kind", "short_page"}, {"count", 3}});
  ASSERT_TRUE(Sync(true).ok());
  EXPECT_EQ(Tracked(), InJira());
}

TEST_F(SyncPassesTest, token_of_last_week_is_no_dead_end) {
  Begin({.issues = 400});
  store::Job job;
  job.full = true;
  job = Run(jobs_->Start(kConnection, job)).value();
  stopping_ = true;
  ASSERT_TRUE(Go(job).ok());
  ASSERT_LT(Tracked(), InJira());
  clock_.Advance(hours(24 * 8));
  stopping_ = false;
  ASSERT_TRUE(Go(Run(jobs_->Get(kConnection, job.id)).value()).ok());
  EXPECT_EQ(Tracked(), InJira());
}

TEST_F(SyncPassesTest, result_that_jira_admits_to_be_cut_is_no_success) {
  Begin({.issues = 50});
  Control("faults", {{"kind", "search_warning"}});
  EXPECT_EQ(base::ReasonOf(Sync(true)), jira::v1::JIRA_JQL_INVALID);
}

// Tickets at odd seconds, passes at others; each is told once by the pass that follows it.
TEST_F(SyncPassesTest, changes_around_the_local_hour_that_comes_twice_are_found_once) {
  Begin({.issues = 20, .time_zone = "America/New_York"}, kBeforeTheClocksGoBack);
  ASSERT_TRUE(Sync(true).ok());
  for (int round = 1; round <= 8; ++round) {
    clock_.Advance(minutes(11) + seconds(7 * round));
    Create();
    clock_.Advance(seconds(53));
    ASSERT_TRUE(Sync(false).ok());
    ASSERT_EQ(Queued()["jira_issue_created"], round);
  }
}

TEST_F(SyncPassesTest, change_that_the_index_shows_late_is_found_by_the_next_pass) {
  Begin({.issues = 20});
  ASSERT_TRUE(Sync(true).ok());
  Control("faults", {{"kind", "index_lag"}, {"seconds", 300}});
  clock_.Advance(hours(1));
  Create();
  clock_.Advance(seconds(30));
  ASSERT_TRUE(Sync(false).ok());
  ASSERT_EQ(Queued()["jira_issue_created"], 0) << "the index was to lag";
  clock_.Advance(minutes(5));
  ASSERT_TRUE(Sync(false).ok());
  EXPECT_EQ(Queued()["jira_issue_created"], 1);
}

TEST_F(SyncPassesTest, pass_that_failed_half_way_leaves_the_cursor_behind_what_it_missed) {
  Begin({.issues = 20});
  ASSERT_TRUE(Sync(true).ok());
  clock_.Advance(hours(1));
  Create();
  Control("faults", {{"kind", "status"}, {"status", 403}, {"match", {{"path", "/changelog/bulkfetch"}}}});
  EXPECT_EQ(base::ReasonOf(Sync(false)), jira::v1::JIRA_PERMISSION_DENIED);
  clock_.Advance(hours(1));
  ASSERT_TRUE(Sync(false).ok());
  EXPECT_EQ(Queued()["jira_issue_created"], 1);
}

TEST_F(SyncPassesTest, private_comments_are_read_and_never_told) {
  Begin({.issues = 0});
  ASSERT_TRUE(Sync(true).ok());
  const std::string key = Create();
  for (const char* audience : {"public", "internal", "restricted"}) {
    Control("change", {{"op", "comment"}, {"issue", key}, {"audience", audience}});
  }
  ASSERT_TRUE(Sync(false).ok());
  EXPECT_EQ(Queued()["jira_comment_added"], 1);
}

TEST_F(SyncPassesTest, moved_ticket_with_its_new_key_is_the_same_ticket) {
  Begin({.issues = 20});
  ASSERT_TRUE(Sync(true).ok());
  const std::string key = Create();
  ASSERT_TRUE(Sync(false).ok());
  const int64_t before = Tracked();
  clock_.Advance(minutes(1));
  Control("change", {{"op", "move"}, {"issue", key}, {"project", "PRODUCT"}});
  ASSERT_TRUE(Sync(false).ok());
  EXPECT_EQ(Tracked(), before);
  EXPECT_EQ(Queued()["jira_issue_created"], 1);
  EXPECT_EQ(Queued()["jira_issue_updated"], 1);
}

}  // namespace
}  // namespace tajo::worker
