#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "common/brevo/client.h"
#include "common/config/connection_config.h"
#include "common/jira/auth.h"
#include "common/jira/client.h"
#include "common/jira/connection.h"
#include "common/jira/fields.h"
#include "common/net/curl_client.h"
#include "common/redis/open.h"
#include "common/store/milestone_log.h"
#include "common/store/poll_store.h"
#include "services/sync-worker/prometheus_instruments.h"
#include "services/sync-worker/reading/event_processor.h"
#include "services/sync-worker/writing/contact_writer.h"
#include "simulators/brevo/simulator.h"
#include "simulators/jira/simulator.h"
#include "tests/support/fake_clock.h"
#include "tests/support/redis_server.h"
#include "tests/support/run_task.h"

namespace tajo::worker {

// Customers of the simulator whose addresses Jira shows.
inline constexpr char kAnn[] = "customer0001@example.com";
inline constexpr char kBob[] = "customer0002@example.com";

// A worker's parts over a real Redis and both simulators, on a clock that moves only when told. Each test
// builds them with the config it needs.
class MilestoneTest : public ::testing::Test {
 protected:
  using Json = nlohmann::json;

  // Of one owner of the connection.
  struct Worker {
    Worker(MilestoneTest& test, const jira::v1::ConnectionConfig& config)
        : store(*test.redis_, test.clock_, "c_1", store::LeaseToken{"worker/1"}),
          log(*test.redis_, store),
          polls(*test.redis_, store),
          rules(config),
          source(*test.jira_, test.clock_, rules, jira::ResolveFields(config, {}).fields),
          users(store, *test.jira_),
          milestones(store, *test.jira_, source, users, rules),
          processor(store, log, source, users, milestones, rules, test.clock_, *test.logger_, test.instruments_),
          writer(store, *test.brevo_, *test.brevo_, test.clock_, *test.logger_, test.instruments_, {}) {}
    store::OwnerStore store;
    store::MilestoneLog log;
    store::PollStore polls;
    deciding::Rules rules;
    IssueSource source;
    UserDirectory users;
    Milestones milestones;
    EventProcessor processor;
    ContactWriter writer;
  };

  explicit MilestoneTest(uint32_t issues = 40) {
    jira_sim::Options jira;
    jira.issues = issues;
    jira.customers = 30;
    jira.limits = false;
    jira_simulator_ = jira_sim::Simulator::Start(jira, clock_).value();
    brevo_sim::Options brevo;
    brevo.plan = brevo_sim::Plan::kOff;
    brevo.lists = {22, 23};
    brevo_simulator_ = brevo_sim::RunningSimulator::Start(brevo, clock_).value();
    redis::Options redis;
    redis.url = redis_server_.Url();
    redis_ = redis::Open(loop_.Context(), wall_, random_, redis).value();
    Redis({"SET", "tajo:{c_1}:lease", "worker/1"});
    authorizer_ = std::make_unique<jira::BasicAuthorizer>(jira_simulator_->Url(), jira.email, jira.api_token);
    connection_ = std::make_unique<jira::RetryingConnection>(*http_, *authorizer_, jira_governor_, wall_, random_);
    jira_ = std::make_unique<jira::Client>(*connection_, jira::Lane::kLive);
    brevo::ClientOptions options;
    options.base_url = brevo_simulator_->Url() + "/v3";
    options.api_key = base::Secret("xkeysib-test");
    brevo_ = std::make_unique<brevo::Client>(*http_, options, brevo_governor_, wall_, random_);
  }

  static jira::v1::ConnectionConfig Config() {
    jira::v1::ConnectionConfig config = config::DefaultConnectionConfig();
    config.set_auth_type(jira::v1::BASIC);
    config.add_projects()->set_key("SUPPORT");
    config.clear_field_mapping();
    config.set_events_from_ms(1'790'000'000'000 - 1000);
    return config;
  }

  template <class T>
  T Run(base::Task<T> task) {
    return testing::RunTask(loop_, std::move(task));
  }
  template <class T>
  T Must(base::Task<absl::StatusOr<T>> task) {
    auto result = Run(std::move(task));
    if (!result.ok()) throw std::runtime_error(std::string(result.status().message()));
    return *std::move(result);
  }
  redis::Reply Redis(redis::Args command) { return Must(redis_->Execute(std::move(command))); }

  Json Http(net::Method method, const std::string& url, const Json& body = {}) {
    net::HttpRequest request;
    request.method = method;
    request.url = url;
    if (!body.is_null()) {
      request.body = body.dump();
      request.headers.Add("Content-Type", "application/json");
    }
    const auto response = Must(http_->Send(std::move(request)));
    EXPECT_TRUE(response.Succeeded()) << url << ' ' << response.body;
    return Json::parse(response.body, nullptr, false);
  }
  Json Change(const Json& order) {
    return Http(net::Method::kPost, jira_simulator_->Url() + "/_control/change", order);
  }
  Json Brevo(const std::string& path) { return Http(net::Method::kGet, brevo_simulator_->Url() + "/_control/" + path); }
  void Fault(const Json& fault) { Http(net::Method::kPost, brevo_simulator_->Url() + "/_control/faults", fault); }
  std::string Violations() {
    const Json brevo = Brevo("violations");
    const Json jira = Http(net::Method::kGet, jira_simulator_->Url() + "/_control/violations");
    return (brevo["total"] == 0 ? "" : brevo.dump()) + (jira.value("total", 0) == 0 ? "" : jira.dump());
  }

  // A ticket of that customer, with a change or two.
  std::string Ticket(const std::string& customer, const std::vector<Json>& changes = {}) {
    const Json made = Change({{"op", "create"}, {"project", "SUPPORT"}, {"reporter", customer}});
    for (Json change : changes) {
      change["issue"] = made["issue"];
      Change(change);
    }
    return made["issue"];
  }
  static Json Resolve() { return {{"op", "transition"}, {"to", "Resolved"}}; }
  void Process(Worker& worker) {
    while (Must(worker.processor.ProcessOnce()).applied > 0) {
    }
  }
  void Append(Worker& worker, jira::v1::Event event) {
    store::Polled polled;
    polled.events.push_back(std::move(event));
    ASSERT_TRUE(Run(worker.polls.Put(std::move(polled))).ok());
  }
  // How many timeline events of that name wait for Brevo.
  int64_t Queued(Worker& worker, const std::string& name) {
    int64_t count = 0;
    for (const auto& entry : Must(worker.store.PeekOutbox(1000, ""))) count += entry.event.name() == name ? 1 : 0;
    return count;
  }
  int64_t Missed() { return Redis({"HGET", "tajo:{c_1}:counters", "missed_webhooks"}).Integer(); }

  testing::FakeClock clock_;
  base::SystemClock wall_;
  base::SystemRandom random_;
  testing::RedisServer redis_server_;
  telemetry::Metrics metrics_{"test"};
  PrometheusInstruments instruments_{metrics_, false};
  std::unique_ptr<telemetry::Logger> logger_ =
      telemetry::MakeStderrLogger({.service = "test", .level = telemetry::LogLevel::kError}, clock_);
  std::unique_ptr<jira_sim::Simulator> jira_simulator_;
  std::unique_ptr<brevo_sim::RunningSimulator> brevo_simulator_;
  net::Loop loop_;
  std::unique_ptr<net::HttpClient> http_ = [this] {
    net::CurlOptions options;
    options.allow_insecure = true;
    return net::MakeCurlClient(loop_.Context(), options);
  }();
  std::unique_ptr<redis::Client> redis_;
  std::unique_ptr<jira::Authorizer> authorizer_;
  jira::NoLimit jira_governor_;
  std::unique_ptr<jira::RetryingConnection> connection_;
  std::unique_ptr<jira::Client> jira_;
  brevo::NoLimit brevo_governor_;
  std::unique_ptr<brevo::Client> brevo_;
};

}  // namespace tajo::worker
