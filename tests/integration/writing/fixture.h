#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "common/access/quotas.h"
#include "common/base/error.h"
#include "common/base/random.h"
#include "common/brevo/client.h"
#include "common/net/curl_client.h"
#include "common/net/loop.h"
#include "common/redis/open.h"
#include "common/store/owner_store.h"
#include "common/telemetry/log.h"
#include "services/sync-worker/prometheus_instruments.h"
#include "simulators/brevo/simulator.h"
#include "tests/support/fake_clock.h"
#include "tests/support/redis_server.h"
#include "tests/support/run_task.h"

namespace tajo::worker {

inline constexpr char kAnna[] = "anna@example.com";
inline constexpr char kBert[] = "bert@example.org";

// What writes to Brevo, over a real Redis and the Brevo simulator. Whoever sleeps moves the clock.
class WritingTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { redis_server_ = std::make_unique<testing::RedisServer>(); }
  static void TearDownTestSuite() { redis_server_.reset(); }

  enum class Limits { kOff, kOn };

  void Start(brevo_sim::Options options = {}, Limits limits = Limits::kOff) {
    options.lists = {22, 23};
    if (limits == Limits::kOff) options.plan = brevo_sim::Plan::kOff;
    simulator_ = brevo_sim::RunningSimulator::Start(std::move(options), clock_).value();
    redis::Options redis;
    redis.url = redis_server_->Url();
    redis_ = redis::Open(loop_.Context(), wall_, random_, redis).value();
    Redis({"FLUSHALL"});
    quotas_ = std::make_unique<access::Quotas>(*redis_, clock_, access::QuotaOptions(), nullptr);
    if (limits == Limits::kOn) governor_ = quotas_->ForBrevo("account");
    brevo_ = std::make_unique<brevo::Client>(
        *http_, brevo::ClientOptions{simulator_->Url() + "/v3", base::Secret("xkeysib-test")}, Governor(), clock_,
        random_);
    Redis({"SET", keys_.Lease(), "worker-1/aaaa"});
    store_ = std::make_unique<store::OwnerStore>(*redis_, clock_, "c_1", store::LeaseToken{"worker-1/aaaa"});
    for (const char* attribute : {"LAST_TICKET_KEY", "JIRA_ACCOUNT_ID"}) {
      ASSERT_TRUE(Run(brevo_->CreateAttribute({.name = attribute, .category = "normal", .type = "text"})).ok());
    }
  }

  brevo::Governor& Governor() {
    if (governor_ != nullptr) return *governor_;
    return no_limit_;
  }
  template <class T>
  T Run(base::Task<T> task) {
    return testing::RunTask(loop_, std::move(task));
  }
  redis::Reply Redis(redis::Args command) { return Run(redis_->Execute(std::move(command))).value(); }

  // A ticket of that person: their contact is to show it.
  store::IssueWrite Ticket(int64_t id, const std::string& email, std::map<std::string, std::string> more = {},
                           uint32_t list = 22) {
    store::IssueWrite write;
    write.issue_id = id;
    write.record.version_ms = ++version_;
    write.record.contact = store::ContactId::OfEmail(email);
    write.record.list_id = list;
    write.rank_ms = version_;
    write.desired.set_email(email);
    more["LAST_TICKET_KEY"] = "\"SUP-" + std::to_string(id) + "\"";
    write.desired.mutable_attributes()->insert(more.begin(), more.end());
    return write;
  }
  void Apply(std::vector<store::IssueWrite> issues, store::Lane lane = store::Lane::kLive) {
    store::Application application;
    application.lane = lane;
    application.issues = std::move(issues);
    const auto applied = Run(store_->Apply(std::move(application)));
    ASSERT_TRUE(applied.ok()) << applied.status();
  }

  nlohmann::json Http(net::Method method, const std::string& path, const nlohmann::json& body = nullptr) {
    net::HttpRequest request;
    request.method = method;
    request.url = simulator_->Url() + path;
    request.headers.Add("api-key", "xkeysib-test");
    if (!body.is_null()) {
      request.headers.Add("content-type", "application/json");
      request.body = body.dump();
    }
    const auto response = Run(http_->Send(std::move(request)));
    EXPECT_TRUE(response.ok() && response->Succeeded()) << path << " " << response->status << " " << response->body;
    return response->body.empty() ? nlohmann::json() : nlohmann::json::parse(response->body);
  }
  void Fault(const nlohmann::json& fault) { Http(net::Method::kPost, "/_control/faults", fault); }
  // The contact as Brevo has it; null: it has none.
  nlohmann::json There(const std::string& email) {
    return Http(net::Method::kGet, "/_control/truth?email=" + email)["contact"];
  }
  nlohmann::json Truth() { return Http(net::Method::kGet, "/_control/truth"); }
  int64_t Requests(const std::string& endpoint) {
    int64_t count = 0;
    const nlohmann::json all = Http(net::Method::kGet, "/_control/requests");
    if (all.contains(endpoint)) {
      for (const auto& [status, number] : all[endpoint].items()) count += number.get<int64_t>();
    }
    return count;
  }
  nlohmann::json Violations() { return Http(net::Method::kGet, "/_control/violations")["by_rule"]; }
  std::string Metrics() { return metrics_.Serialize(); }
  int64_t DeadLetters() { return Redis({"XLEN", keys_.Dead()}).Integer(); }

  static std::unique_ptr<testing::RedisServer> redis_server_;
  testing::FakeClock clock_{testing::FakeClock::Mode::kAutoAdvance};
  base::SystemClock wall_;
  base::SeededRandom random_{1};
  telemetry::Metrics metrics_{"test"};
  PrometheusInstruments instruments_{metrics_, false};
  std::unique_ptr<telemetry::Logger> log_ =
      telemetry::MakeStderrLogger({.service = "test", .level = telemetry::LogLevel::kError}, wall_);
  std::unique_ptr<brevo_sim::RunningSimulator> simulator_;
  net::Loop loop_;
  std::unique_ptr<net::HttpClient> http_ = [this] {
    net::CurlOptions options;
    options.allow_insecure = true;
    return net::MakeCurlClient(loop_.Context(), options);
  }();
  brevo::NoLimit no_limit_;
  std::unique_ptr<redis::Client> redis_;
  std::unique_ptr<access::Quotas> quotas_;
  std::unique_ptr<brevo::Governor> governor_;
  std::unique_ptr<brevo::Client> brevo_;
  std::unique_ptr<store::OwnerStore> store_;
  store::Keys keys_{"c_1"};
  int64_t version_ = 1'789'000'000'000;
};

inline std::unique_ptr<testing::RedisServer> WritingTest::redis_server_;

}  // namespace tajo::worker
