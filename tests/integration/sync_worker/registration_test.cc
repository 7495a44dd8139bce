#include "services/sync-worker/registration.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "common/base/error.h"
#include "common/crypto/sealing.h"
#include "common/jira/auth.h"
#include "common/jira/connection.h"
#include "common/net/curl_client.h"
#include "common/redis/open.h"
#include "common/store/locks.h"
#include "services/sync-worker/prometheus_instruments.h"
#include "simulators/jira/simulator.h"
#include "tajo/jira/v1/error.pb.h"
#include "tests/support/fake_clock.h"
#include "tests/support/redis_server.h"
#include "tests/support/run_task.h"

namespace tajo::worker {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

constexpr char kUrl[] = "https://hooks.example.com/webhooks/jira";
constexpr char kSite[] = "your-domain.atlassian.net";
constexpr char kApp[] = "a_app";
constexpr char kLock[] = "tajo:{site:your-domain.atlassian.net}:webhooks:a_app";

// One grant's access token, for as long as the simulator takes it.
class GrantAuthorizer final : public jira::Authorizer {
 public:
  GrantAuthorizer(net::HttpClient& http, std::string url, std::string cloud_id, const json& grant)
      : http_(http), url_(std::move(url)), cloud_id_(std::move(cloud_id)) {
    Take(grant);
  }
  base::Task<absl::StatusOr<jira::Authorization>> Current() override {
    const auto meanwhile = std::exchange(before_next_call, nullptr);
    if (meanwhile) co_await meanwhile();
    jira::Authorization authorization;
    authorization.base_url = url_ + "/ex/jira/" + cloud_id_;
    authorization.header = "Bearer " + access_token_;
    co_return authorization;
  }
  base::Task<absl::Status> Renew(const jira::Authorization&) override {
    net::HttpRequest request;
    request.method = net::Method::kPost;
    request.url = url_ + "/oauth/token";
    request.headers.Add("Content-Type", "application/json");
    request.body = json{{"grant_type", "refresh_token"},
                        {"client_id", "sim-client"},
                        {"client_secret", "sim-client-secret"},
                        {"refresh_token", refresh_token_}}
                       .dump();
    const auto response = co_await http_.Send(std::move(request));
    if (!response.ok()) co_return response.status();
    if (!response->Succeeded()) co_return base::Error(jira::v1::OAUTH_REAUTHORIZATION_REQUIRED, response->body);
    Take(json::parse(response->body));
    co_return absl::OkStatus();
  }

  // What happens while the next call waits.
  std::function<base::Task<void>()> before_next_call;

 private:
  void Take(const json& tokens) {
    access_token_ = tokens["access_token"];
    refresh_token_ = tokens["refresh_token"];
  }

  net::HttpClient& http_;
  std::string url_, cloud_id_, access_token_, refresh_token_;
};

// The registrar over a real Redis and the Jira simulator, on a clock that moves only when told.
class RegistrationTest : public ::testing::Test {
 protected:
  RegistrationTest() {
    jira_sim::Options options;
    options.issues = 10;
    options.limits = false;
    simulator_ = jira_sim::Simulator::Start(options, clock_).value();
    redis::Options redis;
    redis.url = redis_server_.Url();
    redis_ = redis::Open(loop_.Context(), wall_, random_, redis).value();
    connections_ = std::make_unique<store::Connections>(*redis_, clock_, random_, keyring_);
    authorizer_ = std::make_unique<GrantAuthorizer>(*http_, simulator_->Url(), options.cloud_id,
                                                    Control("oauth/grant", json::object()));
    connection_ = std::make_unique<jira::RetryingConnection>(*http_, *authorizer_, governor_, wall_, random_);
    client_ = std::make_unique<jira::Client>(*connection_, jira::Lane::kLive);
  }

  template <class T>
  T Run(base::Task<T> task) {
    return testing::RunTask(loop_, std::move(task));
  }
  json Http(net::Method method, const std::string& path, const std::string& body = "") {
    net::HttpRequest request;
    request.method = method;
    request.url = simulator_->Url() + "/_control/" + path;
    request.body = body;
    if (!body.empty()) request.headers.Add("Content-Type", "application/json");
    const auto response = Run(http_->Send(std::move(request)));
    EXPECT_TRUE(response.ok() && response->Succeeded()) << path;
    return response.ok() ? json::parse(response->body, nullptr, false) : json();
  }
  json Control(const std::string& path, const json& body) { return Http(net::Method::kPost, path, body.dump()); }

  // A connection of the site to these projects.
  store::ConnectionRecord Connect(const std::vector<std::string>& projects) {
    store::ConnectionRecord record;
    record.tenant_id = "t_" + random_.Hex(4);
    record.state = jira::v1::ACTIVE;
    record.site_host = kSite;
    for (const std::string& key : projects) record.config.add_projects()->set_key(key);
    jira::v1::Credentials credentials;
    credentials.set_app_id(kApp);
    return Run(connections_->Create(std::move(record), std::move(credentials))).value();
  }
  WebhookRegistrar Registrar() {
    return WebhookRegistrar({*client_, *redis_, *connections_, clock_, random_, instruments_}, kApp, kUrl);
  }
  Registration Kept(WebhookRegistrar& registrar, store::ConnectionRecord& record) {
    const auto outcome = Run(registrar.Keep(&record));
    EXPECT_TRUE(outcome.ok()) << outcome.status();
    return outcome.value_or(Registration::kBusy);
  }
  std::vector<jira::RegisteredWebhook> Listed() { return Run(client_->ListWebhooks()).value(); }
  // As somebody else's code would, or ours before a crash.
  int64_t RegisterByHand(const std::string& filter, const std::string& url = kUrl) {
    jira::WebhookSpec spec;
    spec.events = {"jira:issue_updated"};
    spec.jql_filter = filter;
    std::vector<jira::WebhookSpec> specs(1, spec);
    return Run(client_->RegisterWebhooks(url, specs)).value().front().id.value();
  }
  void Forget(const store::ConnectionRecord& record) {
    ASSERT_TRUE(Run(connections_->SetWebhooks(record.connection_id, {}, 0)).ok());
  }
  store::ConnectionRecord Stored(const store::ConnectionRecord& record) {
    return Run(connections_->Get(record.connection_id)).value();
  }

  // With the one before them, as many as Jira lets a user have.
  void RegisterFourOthers() {
    for (const char* project : {"SUPPORT", "PRODUCT", "SUPPORT", "PRODUCT"}) {
      auto other = Connect({project});
      auto registrar = Registrar();
      ASSERT_EQ(Kept(registrar, other), Registration::kRegistered);
    }
  }

  testing::FakeClock clock_;
  base::SystemClock wall_;
  base::SystemRandom random_;
  testing::RedisServer redis_server_;
  crypto::Keyring keyring_ = crypto::Keyring::Parse(crypto::GenerateKeyring("k1"), "test").value();
  telemetry::Metrics metrics_{"test"};
  PrometheusInstruments instruments_{metrics_, false};
  std::unique_ptr<jira_sim::Simulator> simulator_;
  net::Loop loop_;
  std::unique_ptr<net::HttpClient> http_ = [this] {
    net::CurlOptions options;
    options.allow_insecure = true;
    return net::MakeCurlClient(loop_.Context(), options);
  }();
  std::unique_ptr<redis::Client> redis_;
  std::unique_ptr<store::Connections> connections_;
  std::unique_ptr<GrantAuthorizer> authorizer_;
  jira::NoLimit governor_;
  std::unique_ptr<jira::RetryingConnection> connection_;
  std::unique_ptr<jira::Client> client_;
};

TEST_F(RegistrationTest, registers_once_for_the_projects_and_stores_it) {
  auto record = Connect({"SUPPORT", "PRODUCT"});
  auto registrar = Registrar();
  EXPECT_EQ(Kept(registrar, record), Registration::kRegistered);
  const auto listed = Listed();
  ASSERT_THAT(listed, SizeIs(1));
  EXPECT_EQ(listed[0].url, kUrl);
  EXPECT_EQ(listed[0].jql_filter, R"(project IN ("PRODUCT", "SUPPORT"))");
  EXPECT_THAT(Stored(record).webhook_ids, ElementsAre(listed[0].id));
  EXPECT_EQ(Kept(registrar, record), Registration::kNotDue);
  auto restarted = Registrar();
  EXPECT_EQ(Kept(restarted, record), Registration::kKept);
  EXPECT_THAT(Listed(), SizeIs(1));
}

TEST_F(RegistrationTest, registers_for_all_that_means_something_to_us) {
  auto record = Connect({"SUPPORT"});
  auto registrar = Registrar();
  EXPECT_EQ(Kept(registrar, record), Registration::kRegistered);
  ASSERT_THAT(Listed(), SizeIs(1));
  EXPECT_THAT(Listed()[0].events,
              UnorderedElementsAre("jira:issue_created", "jira:issue_updated", "jira:issue_deleted", "comment_created",
                                   "comment_updated", "comment_deleted", "sprint_started", "sprint_closed",
                                   "jira:version_released", "jira:version_unreleased", "jira:version_deleted"));
}

TEST_F(RegistrationTest, one_for_fewer_events_is_replaced) {
  auto record = Connect({"SUPPORT"});
  const int64_t former = RegisterByHand(R"(project IN ("SUPPORT"))");
  record.webhook_ids = {former};
  auto registrar = Registrar();
  EXPECT_EQ(Kept(registrar, record), Registration::kRegistered);
  ASSERT_THAT(Listed(), SizeIs(1));
  EXPECT_NE(Listed()[0].id, former);
  EXPECT_THAT(Stored(record).webhook_ids, ElementsAre(Listed()[0].id));
}

TEST_F(RegistrationTest, renews_at_half_life_and_believes_the_list_only) {
  auto record = Connect({"SUPPORT"});
  auto registrar = Registrar();
  EXPECT_EQ(Kept(registrar, record), Registration::kRegistered);
  const int64_t first = record.webhook_expires_ms;
  clock_.Advance(std::chrono::hours(24 * 14));
  EXPECT_EQ(Kept(registrar, record), Registration::kKept);
  clock_.Advance(std::chrono::hours(24 * 2));
  EXPECT_EQ(Kept(registrar, record), Registration::kRenewed);
  EXPECT_GT(record.webhook_expires_ms, first);
  EXPECT_EQ(Stored(record).webhook_expires_ms, record.webhook_expires_ms);
}

TEST_F(RegistrationTest, registers_anew_what_vanished_within_a_day) {
  auto record = Connect({"SUPPORT"});
  auto registrar = Registrar();
  EXPECT_EQ(Kept(registrar, record), Registration::kRegistered);
  Http(net::Method::kDelete, "webhooks");
  EXPECT_EQ(Kept(registrar, record), Registration::kNotDue);
  clock_.Advance(std::chrono::hours(24));
  EXPECT_EQ(Kept(registrar, record), Registration::kRegistered);
  ASSERT_THAT(Listed(), SizeIs(1));
  EXPECT_THAT(Stored(record).webhook_ids, ElementsAre(Listed()[0].id));
}

TEST_F(RegistrationTest, expired_one_counts_as_registered_anew) {
  auto record = Connect({"SUPPORT"});
  auto registrar = Registrar();
  EXPECT_EQ(Kept(registrar, record), Registration::kRegistered);
  clock_.Advance(std::chrono::hours(24 * 40));
  EXPECT_EQ(Kept(registrar, record), Registration::kRegistered);
  EXPECT_GT(record.webhook_expires_ms, base::ToMillis(clock_.Now()));
  EXPECT_THAT(Listed(), SizeIs(1));
}

TEST_F(RegistrationTest, takes_on_what_a_crash_left_instead_of_a_second_one) {
  auto record = Connect({"SUPPORT"});
  auto registrar = Registrar();
  EXPECT_EQ(Kept(registrar, record), Registration::kRegistered);
  const int64_t id = record.webhook_ids.front();
  Forget(record);
  auto after_crash = Stored(record);
  auto next = Registrar();
  EXPECT_EQ(Kept(next, after_crash), Registration::kKept);
  EXPECT_THAT(Stored(record).webhook_ids, ElementsAre(id));
  EXPECT_THAT(Listed(), SizeIs(1));
}

TEST_F(RegistrationTest, changed_projects_replace_it) {
  auto record = Connect({"SUPPORT"});
  auto registrar = Registrar();
  EXPECT_EQ(Kept(registrar, record), Registration::kRegistered);
  const int64_t former = record.webhook_ids.front();
  record.config.add_projects()->set_key("PRODUCT");
  auto next = Registrar();
  EXPECT_EQ(Kept(next, record), Registration::kRegistered);
  ASSERT_THAT(Listed(), SizeIs(1));
  EXPECT_NE(Listed()[0].id, former);
  EXPECT_EQ(Listed()[0].jql_filter, R"(project IN ("PRODUCT", "SUPPORT"))");
}

TEST_F(RegistrationTest, removes_orphans_but_nothing_that_another_connection_claims) {
  auto other = Connect({"PRODUCT"});
  auto others_registrar = Registrar();
  EXPECT_EQ(Kept(others_registrar, other), Registration::kRegistered);
  const int64_t orphan = RegisterByHand("project = SUPPORT");
  auto record = Connect({"SUPPORT"});
  auto registrar = Registrar();
  EXPECT_EQ(Kept(registrar, record), Registration::kRegistered);
  std::vector<int64_t> ids;
  for (const auto& webhook : Listed()) ids.push_back(webhook.id);
  EXPECT_THAT(ids, UnorderedElementsAre(other.webhook_ids.front(), record.webhook_ids.front()));
  EXPECT_NE(record.webhook_ids.front(), orphan);
}

TEST_F(RegistrationTest, refusal_inside_a_200_is_an_error_and_not_repeated_at_once) {
  // Jira takes five of a user; these are other connections'.
  std::vector<store::ConnectionRecord> others;
  for (const char* project : {"SUPPORT", "PRODUCT", "SUPPORT", "PRODUCT", "SUPPORT"}) {
    auto& other = others.emplace_back(Connect({project}));
    auto registrar = Registrar();
    ASSERT_EQ(Kept(registrar, other), Registration::kRegistered);
  }
  auto record = Connect({"SUPPORT"});
  auto registrar = Registrar();
  const auto refused = Run(registrar.Keep(&record));
  EXPECT_EQ(base::ReasonOf(refused.status()), jira::v1::JIRA_REQUEST_INVALID);
  EXPECT_THAT(std::string(refused.status().message()), HasSubstr("did not register"));
  EXPECT_THAT(Stored(record).webhook_ids, IsEmpty());

  ASSERT_TRUE(Run(client_->DeleteWebhooks(others.back().webhook_ids)).ok());
  EXPECT_FALSE(Run(registrar.Keep(&record)).ok());  // not asked
  clock_.Advance(std::chrono::minutes(15));
  EXPECT_EQ(Kept(registrar, record), Registration::kRegistered);
}

TEST_F(RegistrationTest, full_limit_is_made_room_in_by_the_one_that_is_replaced) {
  auto record = Connect({"SUPPORT"});
  auto registrar = Registrar();
  ASSERT_EQ(Kept(registrar, record), Registration::kRegistered);
  ASSERT_NO_FATAL_FAILURE(RegisterFourOthers());
  record.config.add_projects()->set_key("PRODUCT");
  auto next = Registrar();
  EXPECT_EQ(Kept(next, record), Registration::kRegistered);
  EXPECT_THAT(Listed(), SizeIs(5));
}

TEST_F(RegistrationTest, refused_filter_keeps_the_former_one) {
  auto record = Connect({"SUPPORT"});
  auto registrar = Registrar();
  ASSERT_EQ(Kept(registrar, record), Registration::kRegistered);
  const int64_t former = record.webhook_ids.front();
  record.config.add_projects()->set_key("NOSUCH");
  auto next = Registrar();
  const auto refused = Run(next.Keep(&record));
  EXPECT_EQ(base::ReasonOf(refused.status()), jira::v1::JIRA_REQUEST_INVALID);
  ASSERT_THAT(Listed(), SizeIs(1));
  EXPECT_EQ(Listed()[0].id, former);
  EXPECT_THAT(Stored(record).webhook_ids, ElementsAre(former));
}

TEST_F(RegistrationTest, refused_filter_keeps_the_former_one_where_the_limit_is_reached_too) {
  auto record = Connect({"SUPPORT"});
  auto registrar = Registrar();
  ASSERT_EQ(Kept(registrar, record), Registration::kRegistered);
  ASSERT_NO_FATAL_FAILURE(RegisterFourOthers());
  record.config.add_projects()->set_key("NOSUCH");
  auto next = Registrar();
  EXPECT_FALSE(Run(next.Keep(&record)).ok());
  EXPECT_THAT(Listed(), SizeIs(5));
}

TEST_F(RegistrationTest, lock_lost_while_a_call_waited_ends_it_without_a_change) {
  auto record = Connect({"SUPPORT"});
  const int64_t orphan = RegisterByHand("project = PRODUCT");
  authorizer_->before_next_call = [this]() -> base::Task<void> {
    redis::Args take = {"SET", kLock, "anothers"};
    (void)co_await redis_->Execute(std::move(take));
  };
  auto registrar = Registrar();
  EXPECT_EQ(Kept(registrar, record), Registration::kBusy);
  ASSERT_THAT(Listed(), SizeIs(1));
  EXPECT_EQ(Listed()[0].id, orphan);
  ASSERT_TRUE(Run(store::ReleaseLock(*redis_, kLock, "anothers")).ok());
  EXPECT_EQ(Kept(registrar, record), Registration::kRegistered);
}

TEST_F(RegistrationTest, claimed_while_the_list_was_waited_for_is_no_orphan) {
  auto other = Connect({"PRODUCT"});
  const int64_t claimed = RegisterByHand("project = PRODUCT");
  auto record = Connect({"SUPPORT"});
  authorizer_->before_next_call = [&]() -> base::Task<void> {
    std::vector<int64_t> ids(1, claimed);
    (void)co_await connections_->SetWebhooks(other.connection_id, std::move(ids), 1'792'000'000'000);
  };
  auto registrar = Registrar();
  EXPECT_EQ(Kept(registrar, record), Registration::kRegistered);
  std::vector<int64_t> listed;
  for (const auto& webhook : Listed()) listed.push_back(webhook.id);
  EXPECT_THAT(listed, UnorderedElementsAre(claimed, record.webhook_ids.front()));
}

TEST_F(RegistrationTest, waits_while_another_connection_of_the_app_registers_on_the_site) {
  auto record = Connect({"SUPPORT"});
  const auto lock = Run(store::TakeLock(*redis_, random_, kLock, std::chrono::minutes(1)));
  ASSERT_TRUE(lock.ok() && *lock);
  auto registrar = Registrar();
  EXPECT_EQ(Kept(registrar, record), Registration::kBusy);
  EXPECT_THAT(Listed(), IsEmpty());
  ASSERT_TRUE(Run(store::ReleaseLock(*redis_, kLock, **lock)).ok());
  EXPECT_EQ(Kept(registrar, record), Registration::kRegistered);
}

}  // namespace
}  // namespace tajo::worker
