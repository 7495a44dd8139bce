#pragma once

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "common/net/curl_client.h"
#include "services/gateway/gateway.h"
#include "simulators/brevo/simulator.h"
#include "simulators/jira/simulator.h"
#include "tajo/jira/v1/connector.grpc.pb.h"
#include "tests/support/redis_server.h"
#include "tests/support/run_task.h"

namespace tajo::gateway {

namespace v1 = ::tajo::jira::v1;

inline constexpr char kCustomer[] = "customer0001@example.com";  // in the simulated Jira
inline constexpr char kBrevoKey[] = "xkeysib-tenant-a";
inline constexpr char kProductYaml[] = R"(
connectors:
  jira:
    projects:
      - {key: "SUPPORT", sync_to_list: 22}
      - {key: "PRODUCT", sync_to_list: 23}
)";
// "token-a" and "token-b" write for their tenants, "token-a-read" only reads, "token-all" may use every tenant.
AccessList TestAccess();

// Keeps what is logged, so that tests can look for secrets.
class KeptLines final : public telemetry::LogSink {
 public:
  void Write(std::string line) override {
    const std::scoped_lock lock(mutex_);
    text_ += line;
  }
  std::string Text() const {
    const std::scoped_lock lock(mutex_);
    return text_;
  }

 private:
  mutable std::mutex mutex_;
  std::string text_;
};

// The whole gateway over a real Redis and both simulators, spoken to by gRPC on loopback.
class GatewayTest : public ::testing::Test {
 protected:
  GatewayTest();
  ~GatewayTest() override;

  // A call with a deadline, as the bearer of `token`.
  template <class Request, class Response>
  grpc::Status Call(grpc::Status (v1::JiraConnector::Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                    const Request& request, Response* response, const std::string& token = "token-a") {
    grpc::ClientContext context;
    Prepare(context, token);
    return (stub_.get()->*method)(&context, request, response);
  }
  static void Prepare(grpc::ClientContext& context, const std::string& token);

  v1::ConnectRequest BasicRequest(const std::string& yaml = kProductYaml) const;
  v1::ConnectRequest OAuthRequest(const std::string& yaml = kProductYaml) const;
  grpc::Status Connect(const v1::ConnectRequest& request, v1::ConnectResponse* response,
                       const std::string& token = "token-a");
  // Connects, or fails the test.
  v1::ConnectResponse Connected(const v1::ConnectRequest& request, const std::string& token = "token-a");

  std::set<std::string> KeysInRedis() const;
  std::string Redis(const std::vector<std::string>& command) const { return redis_.Ask(command); }
  net::HttpResponse Http(net::Method method, const std::string& url, const std::string& body = "");
  // A call to Brevo's API with tenant A's key.
  net::HttpResponse Brevo(net::Method method, const std::string& path, const std::string& body = "");
  nlohmann::json Control(const std::string& url);

  static v1::ErrorDetail DetailOf(const grpc::Status& status);
  // The connection must be refused so, and leave nothing behind.
  void ExpectRefused(const v1::ConnectRequest& request, grpc::StatusCode code, v1::ErrorReason reason,
                     const std::vector<std::string>& words);

  base::SystemClock clock_;
  base::SystemRandom random_;
  testing::RedisServer redis_;
  std::unique_ptr<jira_sim::Simulator> jira_;
  std::unique_ptr<brevo_sim::RunningSimulator> brevo_;
  crypto::Keyring keyring_;
  KeptLines* lines_ = nullptr;  // owned by the logger
  std::unique_ptr<telemetry::Logger> log_;
  telemetry::Metrics metrics_{"test"};
  Instruments instruments_{metrics_};
  access::QuotaMetrics quota_metrics_{metrics_};
  AccessSource access_{TestAccess()};
  net::LoopPool loops_{2};
  net::Loop client_loop_;
  std::unique_ptr<net::HttpClient> http_;
  std::unique_ptr<ShardParts> parts_;
  std::unique_ptr<Gateway> gateway_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<v1::JiraConnector::Stub> stub_;
};

}  // namespace tajo::gateway
