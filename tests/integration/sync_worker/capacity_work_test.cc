#include "services/sync-worker/capacity_work.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "common/jira/auth.h"
#include "common/jira/connection.h"
#include "common/net/curl_client.h"
#include "common/redis/open.h"
#include "services/sync-worker/prometheus_instruments.h"
#include "simulators/jira/people.h"
#include "simulators/jira/simulator.h"
#include "tests/support/fake_clock.h"
#include "tests/support/redis_server.h"
#include "tests/support/run_task.h"

namespace tajo::worker {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kAgent[] = "712020:aaaaaaaa";

class NoLines final : public telemetry::LogSink {
 public:
  void Write(std::string /*line*/) override {}
};

// A connection's capacity over a real Redis and the Jira simulator; the clock begins at 14:13 UTC.
class CapacityWorkTest : public ::testing::Test {
 protected:
  CapacityWorkTest() {
    jira_sim::Options options;
    options.issues = 10;
    options.limits = false;
    people_ = std::make_unique<jira_sim::People>(options.seed, options.customers, options.email);
    simulator_ = jira_sim::Simulator::Start(options, clock_).value();
    redis::Options redis;
    redis.url = redis_server_.Url();
    redis_ = redis::Open(loop_.Context(), wall_, random_, redis).value();
    authorizer_ = std::make_unique<jira::BasicAuthorizer>(simulator_->Url(), options.email, options.api_token);
    connection_ = std::make_unique<jira::RetryingConnection>(*http_, *authorizer_, governor_, wall_, random_);
    client_ = std::make_unique<jira::Client>(*connection_, jira::Lane::kLive);
    record_.connection_id = "c_1";
    record_.config.set_site_url("https://your-domain.atlassian.net");
    record_.config.mutable_capacity()->set_snapshot_hour(6);
    Redis({"SET", keys_.Lease(), "w/1"});
    store_ = std::make_unique<store::OwnerStore>(*redis_, clock_, "c_1", store::LeaseToken{"w/1"});
  }

  template <class T>
  T Run(base::Task<T> task) {
    return testing::RunTask(loop_, std::move(task));
  }
  redis::Reply Redis(redis::Args command) { return Run(redis_->Execute(std::move(command))).value(); }
  CapacityWork Work(Instruments& instruments) {
    return CapacityWork({*redis_, *store_, *client_, clock_, log_, instruments, record_, [this] { ++woken_; }});
  }
  void Keep(CapacityWork& work) {
    const absl::Status status = Run(work.Keep(stopping_));
    ASSERT_TRUE(status.ok()) << status;
  }
  void Tell(CapacityWork& work) {
    const absl::Status status = Run(work.TellLead());
    ASSERT_TRUE(status.ok()) << status;
  }
  void Assign(int64_t id, const std::string& account) {
    store::Application application;
    store::IssueWrite& write = application.issues.emplace_back();
    write.issue_id = id;
    write.record.version_ms = ++version_;
    write.record.project_id = 10'000;
    write.project_key = "SUPPORT";
    if (!account.empty()) write.record.assignee_hash = store::AssigneeHash(account);
    write.assignee_account_id = account;
    ASSERT_TRUE(Run(store_->Apply(std::move(application))).ok());
  }
  std::vector<store::OutboxEntry> Outbox() { return Run(store_->PeekOutbox(10, "")).value(); }

  testing::FakeClock clock_;
  base::SystemClock wall_;
  base::SeededRandom random_{7};
  testing::RedisServer redis_server_;
  net::Loop loop_;
  std::unique_ptr<net::HttpClient> http_ = [this] {
    net::CurlOptions options;
    options.allow_insecure = true;
    return net::MakeCurlClient(loop_.Context(), options);
  }();
  std::unique_ptr<jira_sim::People> people_;
  std::unique_ptr<jira_sim::Simulator> simulator_;
  std::unique_ptr<redis::Client> redis_;
  std::unique_ptr<jira::BasicAuthorizer> authorizer_;
  jira::NoLimit governor_;
  std::unique_ptr<jira::RetryingConnection> connection_;
  std::unique_ptr<jira::Client> client_;
  telemetry::Logger log_{telemetry::LogOptions{.service = "test"}, clock_, std::make_unique<NoLines>()};
  telemetry::Metrics metrics_{"test"};
  store::Keys keys_{"c_1"};
  store::ConnectionRecord record_;
  std::unique_ptr<store::OwnerStore> store_;
  const bool stopping_ = false;
  int woken_ = 0;
  int64_t version_ = 0;
};

TEST_F(CapacityWorkTest, metric_without_labels_is_the_sum_of_assigned_tickets) {
  PrometheusInstruments instruments(metrics_, /*per_connection=*/false);
  CapacityWork work = Work(instruments);
  Assign(1, kAgent);
  Assign(2, "712020:bbbbbbbb");
  Assign(3, "");
  Keep(work);
  EXPECT_THAT(metrics_.Serialize(), HasSubstr("tajo_assignee_open_issues 2\n"));
  instruments.Forget("c_1");
  EXPECT_THAT(metrics_.Serialize(), HasSubstr("tajo_assignee_open_issues 0\n"));
}

TEST_F(CapacityWorkTest, metric_by_connection_has_hashes_and_ends_with_the_work) {
  PrometheusInstruments instruments(metrics_, /*per_connection=*/true);
  CapacityWork work = Work(instruments);
  Assign(1, kAgent);
  Keep(work);
  const std::string series = "tajo_assignee_open_issues{assignee=\"";
  EXPECT_THAT(metrics_.Serialize(), HasSubstr(series));
  EXPECT_THAT(metrics_.Serialize(), Not(HasSubstr("712020")));
  Assign(1, "");
  Keep(work);
  EXPECT_THAT(metrics_.Serialize(), Not(HasSubstr(series)));
}

TEST_F(CapacityWorkTest, sums_are_counted_anew_once_a_day) {
  PrometheusInstruments instruments(metrics_, false);
  CapacityWork work = Work(instruments);
  Assign(1, kAgent);
  Keep(work);
  Redis({"DEL", keys_.Of("capacity")});
  Keep(work);
  EXPECT_THAT(metrics_.Serialize(), HasSubstr("tajo_assignee_open_issues 0\n"));
  clock_.Advance(std::chrono::hours(24));
  Keep(work);
  EXPECT_THAT(metrics_.Serialize(), HasSubstr("tajo_assignee_open_issues 1\n"));
}

TEST_F(CapacityWorkTest, lead_by_email_is_told_once_a_day_and_becomes_a_contact) {
  PrometheusInstruments instruments(metrics_, false);
  record_.config.mutable_capacity()->set_snapshot_to("Lead@Example.com");
  Assign(1, kAgent);
  {
    CapacityWork work = Work(instruments);
    Tell(work);
    EXPECT_TRUE(Outbox().empty()) << "nothing is counted yet";
    Keep(work);
    Tell(work);
    Tell(work);
  }
  CapacityWork next_owner = Work(instruments);
  Tell(next_owner);
  auto outbox = Outbox();
  ASSERT_EQ(outbox.size(), 1u);
  EXPECT_EQ(outbox[0].event.name(), "jira_capacity_snapshot");
  EXPECT_EQ(outbox[0].email, "lead@example.com");
  EXPECT_EQ(woken_, 1);
  const auto properties = nlohmann::json::parse(outbox[0].event.properties_json());
  EXPECT_EQ(properties["open_issues"], 1);
  EXPECT_EQ(properties["open_issues_SUPPORT"], 1);
  EXPECT_EQ(properties["day"], "2026-09-21");
  const auto dirty = Run(store_->TakeDirty(10, store::Lane::kLive)).value();
  ASSERT_EQ(dirty.size(), 1u);
  EXPECT_EQ(dirty[0].desired.email(), "lead@example.com");
  clock_.Advance(std::chrono::hours(12));
  Tell(next_owner);
  EXPECT_EQ(Outbox().size(), 1u) << "02:13 is before the hour";
  clock_.Advance(std::chrono::hours(5));
  Tell(next_owner);
  EXPECT_EQ(Outbox().size(), 2u);
}

TEST_F(CapacityWorkTest, lead_by_account_is_found_in_Jira) {
  PrometheusInstruments instruments(metrics_, false);
  const jira_sim::Person& agent = people_->At(people_->Agent(3));
  record_.config.mutable_capacity()->set_snapshot_to(agent.account_id);
  CapacityWork work = Work(instruments);
  Keep(work);
  Tell(work);
  const auto outbox = Outbox();
  ASSERT_EQ(outbox.size(), 1u);
  EXPECT_EQ(outbox[0].email, agent.email);
}

TEST_F(CapacityWorkTest, lead_whom_Jira_does_not_know_is_not_asked_for_again_that_day) {
  PrometheusInstruments instruments(metrics_, false);
  record_.config.mutable_capacity()->set_snapshot_to("712020:00000000-nobody");
  CapacityWork work = Work(instruments);
  Keep(work);
  Tell(work);
  EXPECT_TRUE(Outbox().empty());
  simulator_.reset();
  Tell(work);
}

}  // namespace
}  // namespace tajo::worker
