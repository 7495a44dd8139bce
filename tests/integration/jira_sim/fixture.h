#pragma once

#include <gtest/gtest.h>

#include <condition_variable>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "common/net/curl_client.h"
#include "common/net/http_server.h"
#include "common/net/loop.h"
#include "common/net/url.h"
#include "simulators/jira/simulator.h"
#include "tests/support/eventually.h"
#include "tests/support/fake_clock.h"
#include "tests/support/run_task.h"

namespace tajo::jira_sim {

using Json = nlohmann::json;

inline constexpr char kBasic[] = "Basic b3BzQGV4YW1wbGUuY29tOnNpbS10b2tlbg==";  // ops@example.com:sim-token
inline constexpr char kJsonType[] = "application/json";

// A webhook as it arrived.
struct Received {
  Json body;
  std::string raw;
  std::string identifier, flow, retry, signature, authorization;
};

// Takes webhooks and answers what the test says.
class Receiver {
 public:
  Receiver() {
    auto server =
        net::HttpServer::Start(loops_, {}, [this](const net::ServerRequest& request) { return Take(request); });
    if (!server.ok()) throw std::runtime_error(std::string(server.status().message()));
    server_ = *std::move(server);
  }
  ~Receiver() { testing::RunTask(loops_.At(0), server_->Drain(std::chrono::milliseconds(100))); }

  std::string Url() const { return "http://127.0.0.1:" + std::to_string(server_->Port()) + "/webhooks/jira"; }
  // The statuses of the next answers; after them 202.
  void Answer(std::vector<int> statuses) {
    const std::lock_guard lock(mutex_);
    statuses_ = std::move(statuses);
  }
  // All of them, once there are that many.
  std::vector<Received> WaitFor(std::size_t count) {
    std::unique_lock lock(mutex_);
    arrived_.wait_for(lock, std::chrono::seconds(10), [&] { return received_.size() >= count; });
    return received_;
  }

 private:
  base::Task<net::ServerResponse> Take(const net::ServerRequest& request) {
    const auto header = [&request](std::string_view name) { return std::string(request.Header(name).value_or("")); };
    Received one{Json::parse(request.Body(), nullptr, false),
                 std::string(request.Body()),
                 header("X-Atlassian-Webhook-Identifier"),
                 header("X-Atlassian-Webhook-Flow"),
                 header("X-Atlassian-Webhook-Retry"),
                 header("X-Hub-Signature"),
                 header("Authorization")};
    net::ServerResponse response;
    response.status = 202;
    {
      const std::lock_guard lock(mutex_);
      received_.push_back(std::move(one));
      if (!statuses_.empty()) {
        response.status = statuses_.front();
        statuses_.erase(statuses_.begin());
      }
    }
    arrived_.notify_all();
    co_return response;
  }

  std::mutex mutex_;
  std::condition_variable arrived_;
  std::vector<Received> received_;
  std::vector<int> statuses_;
  net::LoopPool loops_{1};
  std::unique_ptr<net::HttpServer> server_;
};

// A simulator on a clock that moves only when told, called over real HTTP.
class JiraSimTest : public ::testing::Test {
 protected:
  struct Reply {
    int status = 0;  // 0: the connection broke
    Json json;
    std::string body;
    net::Headers headers;
    std::string Header(std::string_view name) const { return std::string(headers.Find(name).value_or("")); }
    std::string Error() const {
      const auto found = json.find("errorMessages");
      return found == json.end() || found->empty() ? std::string() : found->front().get<std::string>();
    }
  };

  void Start(Options options = {}) {
    auto started = Simulator::Start(std::move(options), clock_);
    ASSERT_TRUE(started.ok()) << started.status();
    simulator_ = *std::move(started);
  }

  Reply Send(net::Method method, const std::string& path, const std::string& body, const std::string& authorization,
             const std::string& type = kJsonType) {
    net::HttpRequest request;
    request.method = method;
    request.url = simulator_->Url() + path;
    request.body = body;
    if (!authorization.empty()) request.headers.Add("Authorization", authorization);
    if (!body.empty()) request.headers.Add("Content-Type", type);
    auto response = testing::RunTask(loop_, http_->Send(std::move(request)));
    if (!response.ok()) return {};
    return {response->status, Json::parse(response->body, nullptr, false), response->body, response->headers};
  }
  Reply Get(const std::string& path, const std::string& authorization = kBasic) {
    return Send(net::Method::kGet, path, "", authorization);
  }
  Reply Post(const std::string& path, const Json& body, const std::string& authorization = kBasic) {
    return Send(net::Method::kPost, path, body.dump(), authorization);
  }
  Json Control(const std::string& path) { return Get("/_control/" + path, "").json; }
  Json Control(const std::string& path, const Json& body) {
    const Reply reply = Post("/_control/" + path, body, "");
    EXPECT_LT(reply.status, 300) << path << ": " << reply.body;
    return reply.json;
  }
  Reply Search(const Json& body) { return Post("/rest/api/3/search/jql", body); }
  // The keys of all pages.
  std::vector<std::string> SearchAll(const std::string& jql, int page_size = 100) {
    std::vector<std::string> keys;
    Json body{{"jql", jql}, {"fields", {"summary"}}, {"maxResults", page_size}};
    for (int page = 0; page < 1000; ++page) {
      const Reply reply = Search(body);
      EXPECT_EQ(reply.status, 200) << reply.body;
      if (reply.status != 200) break;
      for (const auto& issue : reply.json["issues"]) keys.push_back(issue["key"]);
      if (reply.json["isLast"].get<bool>()) break;
      body["nextPageToken"] = reply.json["nextPageToken"];
    }
    return keys;
  }
  int64_t Violations(const std::string& rule) { return Control("violations")["by_rule"].value(rule, int64_t{0}); }
  int64_t Violations() { return Control("violations")["total"].get<int64_t>(); }
  // Asks again until it holds; real time passes, the simulator's doesn't.
  template <class Condition>
  bool Eventually(Condition condition) {
    return testing::Eventually(condition, std::chrono::seconds(45));
  }
  std::string Gateway() const { return "/ex/jira/" + Options().cloud_id; }
  // An access token for OAuth calls through the gateway.
  std::string Bearer(const Json& grant = Json::object()) {
    return "Bearer " + Control("oauth/grant", grant)["access_token"].get<std::string>();
  }

  testing::FakeClock clock_;
  std::unique_ptr<Simulator> simulator_;
  net::Loop loop_;
  std::unique_ptr<net::HttpClient> http_ = [this] {
    net::CurlOptions options;
    options.allow_insecure = true;
    return net::MakeCurlClient(loop_.Context(), options);
  }();
};

}  // namespace tajo::jira_sim
