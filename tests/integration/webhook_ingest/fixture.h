#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/crypto/jwt.h"
#include "common/crypto/sealing.h"
#include "common/crypto/signature.h"
#include "common/net/curl_client.h"
#include "common/redis/open.h"
#include "common/store/connections.h"
#include "common/store/grants.h"
#include "common/store/keys.h"
#include "services/webhook-ingest/service.h"
#include "tajo/jira/v1/event.pb.h"
#include "tests/support/fake_clock.h"
#include "tests/support/redis_server.h"
#include "tests/support/run_task.h"

namespace tajo::ingest {

inline constexpr char kSecret[] = "It's a Secret to Everybody";
inline constexpr char kAppSecret[] = "client-secret-of-the-app";
inline constexpr char kSite[] = "your-domain.atlassian.net";
inline constexpr int64_t kNowS = 1'790'000'000;  // where the fake clock begins

// A change of a ticket as Jira sends it. `matched`: of dynamic webhooks, "[1000]"; empty: left out.
inline std::string IssueUpdated(int64_t issue_id, std::string_view matched = {},
                                const std::string& site = std::string("https://") + kSite) {
  const std::string ids = matched.empty() ? "" : fmt::format(R"("matchedWebhookIds":{},)", matched);
  return fmt::format(
      R"({{"timestamp":1789999999000,{0}"webhookEvent":"jira:issue_updated","issue_event_type_name":"issue_generic",)"
      R"("user":{{"self":"{1}/rest/api/2/user?accountId=5b10","accountId":"5b10","displayName":"Mia"}},)"
      R"("issue":{{"id":"{2}","self":"{1}/rest/api/2/issue/{2}","key":"SUP-{2}","fields":{{"summary":"It broke",)"
      R"("status":{{"name":"Done","id":"10001","statusCategory":{{"key":"done"}}}},"priority":{{"name":"High"}},)"
      R"("project":{{"id":"10000","key":"SUP"}},"issuetype":{{"name":"Bug"}},"customfield_10050":"ada@example.com",)"
      R"("created":"2026-09-20T10:00:00.000+0000","updated":"2026-09-21T10:00:00.000+0000",)"
      R"("reporter":{{"accountId":"5b11","accountType":"customer","emailAddress":"ada@example.com"}}}}}},)"
      R"("changelog":{{"id":"90001","items":[{{"field":"status","fieldId":"status","from":"1","fromString":"Open",)"
      R"("to":"10001","toString":"Done"}}]}}}})",
      ids, site, issue_id);
}

// The whole service in this process, with a real redis-server and real HTTP.
class IngestTest : public ::testing::Test {
 protected:
  using Headers = std::vector<std::pair<std::string, std::string>>;

  IngestTest() {
    redis::Options options;
    options.url = redis_server_.Url();
    options.backoff_max = std::chrono::milliseconds(100);
    redis_ = redis::Open(context_, clock_, random_, options).value();
    connections_ = std::make_unique<store::Connections>(*redis_, clock_, random_, keyring_);
    grants_ = std::make_unique<store::Grants>(*redis_, random_, keyring_);
    net::CurlOptions curl;
    curl.allow_insecure = true;
    http_ = net::MakeCurlClient(context_, curl);
  }

  void StartService() {
    ServiceOptions options;
    options.redis.url = redis_server_.Url();
    options.redis.connect_wait = std::chrono::milliseconds(500);
    options.redis.backoff_max = std::chrono::milliseconds(100);
    auto service = Service::Start({loops_, clock_, random_, keyring_, metrics_, health_, *log_}, std::move(options));
    ASSERT_TRUE(service.ok()) << service.status();
    service_ = *std::move(service);
    health_.Ready("starting");
    WaitFor([this] { return health_.IsReady(); });
  }

  template <class T>
  T Run(base::Task<T> task) {
    return testing::RunTask(context_, std::move(task));
  }
  redis::Reply Redis(redis::Args command) { return Run(redis_->Execute(std::move(command))).value(); }

  // An admin-webhook connection with these secrets.
  std::string Connect(std::vector<std::string> secrets, store::ConnectionRecord record = {}) {
    jira::v1::Credentials credentials;
    for (std::string& secret : secrets) credentials.add_webhook_secrets(std::move(secret));
    return Create(std::move(record), std::move(credentials));
  }
  // One by OAuth, of the app with that secret.
  std::string ConnectByApp(const std::string& client_id, const std::string& secret, std::vector<int64_t> webhook_ids,
                           const std::string& cloud_id = {}) {
    jira::v1::App app;
    app.set_client_id(client_id);
    app.add_client_secrets(secret);
    jira::v1::Credentials credentials;
    credentials.set_app_id(Run(grants_->PutApp(app)).value());
    credentials.set_cloud_id(cloud_id);
    store::ConnectionRecord record;
    record.webhook_ids = std::move(webhook_ids);
    return Create(std::move(record), std::move(credentials));
  }
  std::string Create(store::ConnectionRecord record, jira::v1::Credentials credentials) {
    if (record.state == jira::v1::CONNECTION_STATE_UNSPECIFIED) record.state = jira::v1::ACTIVE;
    record.tenant_id = "t_" + random_.Hex(4);
    if (record.site_host.empty()) record.site_host = kSite;
    return Run(connections_->Create(std::move(record), std::move(credentials))).value().connection_id;
  }

  net::HttpResponse Send(net::Method method, const std::string& path, std::string body, const Headers& headers) {
    net::HttpRequest request;
    request.method = method;
    request.url = fmt::format("http://127.0.0.1:{}{}", service_->Port(), path);
    request.body = std::move(body);
    for (const auto& [name, value] : headers) request.headers.Add(name, value);
    auto response = Run(http_->Send(std::move(request)));
    if (!response.ok()) throw std::runtime_error(response.status().ToString());
    return *std::move(response);
  }
  int PostSigned(const std::string& connection, const std::string& body, const std::string& identifier,
                 const std::string& secret = kSecret) {
    const Headers headers = {{"X-Hub-Signature", crypto::HubSignature(body, base::Secret(secret))},
                             {"X-Atlassian-Webhook-Identifier", identifier}};
    last_ = Send(net::Method::kPost, "/webhooks/jira/" + connection, body, headers);
    return last_.status;
  }
  int PostTokened(const std::string& body, const std::string& identifier, const std::string& secret = kAppSecret,
                  const std::string& claims = R"({"exp":1790000175})") {
    const Headers headers = {{"Authorization", "Bearer " + crypto::SignJwt(claims, base::Secret(secret))},
                             {"X-Atlassian-Webhook-Identifier", identifier}};
    last_ = Send(net::Method::kPost, "/webhooks/jira", body, headers);
    return last_.status;
  }

  std::vector<jira::v1::Event> Events(const std::string& connection) {
    std::vector<jira::v1::Event> events;
    const redis::Reply entries = Redis({"XRANGE", store::Keys(connection).Events(), "-", "+"});
    for (const redis::Reply& entry : entries.Elements()) {
      events.emplace_back().ParseFromString(entry.Elements().at(1).Elements().at(1).String());
    }
    return events;
  }
  double Counted(std::string_view outcome) {
    return Metric(fmt::format(R"(tajo_ingest_webhooks_total{{outcome="{}"}})", outcome));
  }
  double Metric(std::string_view series) {
    const std::string text = metrics_.Serialize();
    const std::string line = fmt::format("{} ", series);
    const std::size_t at = text.find(line);
    return at == std::string::npos ? -1 : std::stod(text.substr(at + line.size()));
  }

  // Looks again and again; gives the loop of the test a turn meanwhile.
  template <class Condition>
  void WaitFor(Condition condition) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!condition()) {
      ASSERT_LT(std::chrono::steady_clock::now(), deadline) << "waited in vain; the last answer was " << last_.status;
      context_.restart();
      context_.run_for(std::chrono::milliseconds(5));
    }
  }

  testing::RedisServer redis_server_{{"--appendonly", "yes"}};
  testing::FakeClock clock_;
  base::SystemRandom random_;
  crypto::Keyring keyring_ = crypto::Keyring::Parse(crypto::GenerateKeyring("k1"), "test").value();
  telemetry::Metrics metrics_{"test"};
  telemetry::Health health_;
  std::unique_ptr<telemetry::Logger> log_ =
      telemetry::MakeStderrLogger({.service = "test", .level = telemetry::LogLevel::kError}, clock_);
  boost::asio::io_context context_;
  std::unique_ptr<redis::Client> redis_;
  std::unique_ptr<store::Connections> connections_;
  std::unique_ptr<store::Grants> grants_;
  std::unique_ptr<net::HttpClient> http_;
  net::LoopPool loops_{2};
  std::unique_ptr<Service> service_;
  net::HttpResponse last_;
};

}  // namespace tajo::ingest
