#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/base/error.h"
#include "common/config/connection_config.h"
#include "common/jira/auth.h"
#include "common/jira/connection.h"
#include "common/jira/fields.h"
#include "common/jira/governor.h"
#include "common/net/curl_client.h"
#include "common/redis/open.h"
#include "common/store/overview.h"
#include "services/sync-worker/prometheus_instruments.h"
#include "services/sync-worker/reading/census.h"
#include "services/sync-worker/reading/event_processor.h"
#include "services/sync-worker/reading/passes.h"
#include "services/sync-worker/reading/project_sight.h"
#include "services/sync-worker/reading/sync_runner.h"
#include "simulators/jira/simulator.h"
#include "tajo/jira/v1/error.pb.h"
#include "tests/support/fake_clock.h"
#include "tests/support/redis_server.h"
#include "tests/support/run_task.h"

namespace tajo::worker {

using nlohmann::json;

// All that reads Jira for one connection, over a real Redis and the Jira simulator, on a clock that
// moves only when told. The connection is to SUPPORT and PRODUCT, by API token.
class ReadingTest : public ::testing::Test {
 protected:
  explicit ReadingTest(const std::string& api_token = "sim-token") {
    jira_sim::Options options;
    options.issues = 40;
    options.customers = 10;
    options.limits = false;
    options.anonymous_search = true;
    simulator_ = jira_sim::Simulator::Start(options, clock_).value();
    redis::Options redis;
    redis.url = redis_server_.Url();
    redis_ = redis::Open(loop_.Context(), wall_, random_, redis).value();
    redis_server_.Ask({"SET", store::Keys("c_1").Lease(), "worker-1/aaaa"});
    authorizer_ =
        std::make_unique<jira::BasicAuthorizer>(simulator_->Url(), "ops@example.com", base::Secret(api_token));
    connection_ = std::make_unique<jira::RetryingConnection>(*http_, *authorizer_, governor_, wall_, random_);
    client_ = std::make_unique<jira::Client>(*connection_, jira::Lane::kBackfill);
    store_ = std::make_unique<store::OwnerStore>(*redis_, clock_, "c_1", store::LeaseToken{"worker-1/aaaa"});
    jobs_ = std::make_unique<store::Jobs>(*redis_, clock_, random_);
    record_.connection_id = "c_1";
    record_.state = jira::v1::ACTIVE;
    record_.config = Config(base::ToMillis(clock_.Now()));
    Begin();
  }

  static jira::v1::ConnectionConfig Config(int64_t now_ms) {
    jira::v1::ConnectionConfig config = config::DefaultConnectionConfig();
    config.clear_projects();
    for (const auto& [key, list] : {std::pair{"SUPPORT", 22}, std::pair{"PRODUCT", 23}}) {
      auto* project = config.add_projects();
      project->set_key(key);
      project->set_sync_to_list(list);
    }
    config.set_events_from_ms(now_ms);
    return config;
  }

  // As after a take-over: nothing is known but what Redis has.
  void Begin() {
    const auto wake = [] {};
    const auto going_on = [] { return false; };
    const auto at_once = []() -> base::Task<void> { co_return; };
    census_.reset();
    runner_.reset();
    rules_ = std::make_unique<deciding::Rules>(record_.config);
    source_ = std::make_unique<IssueSource>(*client_, clock_, *rules_, jira::IssueFields());
    users_ = std::make_unique<UserDirectory>(*store_, *client_);
    sight_ = std::make_unique<ProjectSight>(*store_, *jobs_, *client_, *rules_, clock_, *log_);
    runner_ = std::make_unique<SyncRunner>(SyncRunner::Parts{"c_1", *store_, *jobs_, *client_, *source_, *users_,
                                                             *rules_, *sight_, clock_, *log_, instruments_, wake,
                                                             going_on, at_once, [this] { return oldest_waiting_ms_; }});
    census_ = std::make_unique<Census>(Census::Parts{*store_, *jobs_, *client_, *source_, *users_, *rules_, clock_,
                                                     *log_, instruments_, wake, going_on});
    passes_ = std::make_unique<Passes>(*store_, *jobs_, *redis_, clock_);
    ASSERT_TRUE(Run(sight_->Recall()).ok());
  }

  template <class T>
  T Run(base::Task<T> task) {
    return testing::RunTask(loop_, std::move(task), std::chrono::seconds(60));
  }
  json Control(const std::string& path, const json& body) {
    net::HttpRequest request;
    request.method = net::Method::kPost;
    request.url = simulator_->Url() + "/_control/" + path;
    request.body = body.dump();
    request.headers.Add("Content-Type", "application/json");
    const auto response = Run(http_->Send(std::move(request)));
    EXPECT_TRUE(response.ok() && response->Succeeded()) << path << (response.ok() ? response->body : "");
    return response.ok() ? json::parse(response->body, nullptr, false) : json();
  }
  // Makes that change in Jira; the issue's id.
  int64_t Change(const json& order) { return std::stoll(Control("change", order).value("id", "0")); }
  int64_t Create(const std::string& email, const std::string& project = "SUPPORT") {
    clock_.Advance(std::chrono::seconds(1));
    return Change({{"op", "create"}, {"project", project}, {"reporter", email}});
  }

  // Runs what is queued, one after the other; the first failure.
  absl::Status RunJobs() {
    absl::Status failed;
    while (true) {
      auto job = Run(jobs_->Next("c_1")).value();
      if (!job) return failed;
      failed.Update(Run(runner_->Run(*std::move(job))));
    }
  }
  absl::Status Sync(bool full) {
    store::Job job;
    job.full = full;
    job.scheduled = !full;
    EXPECT_TRUE(Run(jobs_->Start("c_1", std::move(job))).ok());
    return RunJobs();
  }
  // Starts what is due and runs it; what a person has to mend.
  std::string Schedule() {
    const auto trouble = Run(passes_->Schedule(record_, false));
    EXPECT_TRUE(trouble.ok()) << trouble.status();
    EXPECT_TRUE(RunJobs().ok());
    return trouble.value_or("");
  }
  // A day later.
  void TakeCensus() {
    clock_.Advance(kCensusEvery);
    ASSERT_TRUE(Run(CensusIsDue(*store_, clock_)).value());
    const absl::Status status = Run(census_->Run());
    ASSERT_TRUE(status.ok()) << status;
    EXPECT_FALSE(Run(CensusIsDue(*store_, clock_)).value());
  }

  std::string Cursor(const char* name) { return Run(store_->Cursors()).value()[name]; }
  store::ConnectionOverview Overview() { return Run(store::ReadOverview(*redis_, "c_1")).value(); }
  std::optional<store::IssueRecord> Issue(int64_t id) {
    return Run(store_->Issues(std::vector<int64_t>(1, id))).value().front();
  }
  // The names of the timeline events about an issue, in order.
  std::vector<std::string> EventsOf(int64_t id) {
    std::vector<std::string> names;
    const auto entries = Run(store_->PeekOutbox(10'000, "")).value();
    for (const auto& entry : entries) {
      if (entry.event.issue_id() == id) names.push_back(entry.event.name());
    }
    return names;
  }
  // A webhook came, as ingest notes it.
  void NoteWebhook() {
    redis_server_.Ask({"HSET", store::Keys("c_1").Counters(), store::kCounterLastWebhook,
                       std::to_string(base::ToMillis(clock_.Now()))});
  }

  testing::FakeClock clock_;
  base::SystemClock wall_;
  base::SystemRandom random_;
  testing::RedisServer redis_server_;
  telemetry::Metrics metrics_{"test"};
  PrometheusInstruments instruments_{metrics_, false};
  std::unique_ptr<telemetry::Logger> log_ = [this] {
    telemetry::LogOptions options;
    options.level = telemetry::LogLevel::kError;
    return telemetry::MakeStderrLogger(options, clock_);
  }();
  std::unique_ptr<jira_sim::Simulator> simulator_;
  net::Loop loop_;
  std::unique_ptr<net::HttpClient> http_ = [this] {
    net::CurlOptions options;
    options.allow_insecure = true;
    return net::MakeCurlClient(loop_.Context(), options);
  }();
  std::unique_ptr<redis::Client> redis_;
  std::unique_ptr<jira::BasicAuthorizer> authorizer_;
  jira::NoLimit governor_;
  std::unique_ptr<jira::RetryingConnection> connection_;
  std::unique_ptr<jira::Client> client_;
  std::unique_ptr<store::OwnerStore> store_;
  std::unique_ptr<store::Jobs> jobs_;
  store::ConnectionRecord record_;
  int64_t oldest_waiting_ms_ = 0;
  std::unique_ptr<deciding::Rules> rules_;
  std::unique_ptr<IssueSource> source_;
  std::unique_ptr<UserDirectory> users_;
  std::unique_ptr<ProjectSight> sight_;
  std::unique_ptr<SyncRunner> runner_;
  std::unique_ptr<Census> census_;
  std::unique_ptr<Passes> passes_;
};

}  // namespace tajo::worker
