#pragma once

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>

#include "common/base/random.h"
#include "common/brevo/client.h"
#include "common/brevo/event.h"
#include "common/net/curl_client.h"
#include "common/net/loop.h"
#include "simulators/brevo/simulator.h"
#include "tests/support/fake_clock.h"
#include "tests/support/run_task.h"

namespace tajo::brevo_sim {

inline constexpr char kKey[] = "xkeysib-test";

// A simulator on a clock that moves only when told, and a real HTTP client.
class SimulatorTest : public ::testing::Test {
 protected:
  void Start(Options options = {}) {
    if (options.lists.empty()) options.lists = {22, 23};
    auto running = RunningSimulator::Start(std::move(options), clock_);
    ASSERT_TRUE(running.ok()) << running.status();
    simulator_ = *std::move(running);
  }

  template <class T>
  T Run(base::Task<T> task) {
    return testing::RunTask(loop_, std::move(task));
  }

  absl::StatusOr<net::HttpResponse> Try(net::Method method, const std::string& path, const std::string& body = "",
                                        const std::string& key = kKey) {
    net::HttpRequest request;
    request.method = method;
    request.url = simulator_->Url() + path;
    if (!key.empty()) request.headers.Add("api-key", key);
    if (!body.empty()) request.headers.Add("content-type", "application/json");
    request.body = body;
    return Run(http_->Send(std::move(request)));
  }
  // An exchange that must have an answer.
  net::HttpResponse Call(net::Method method, const std::string& path, const std::string& body = "",
                         const std::string& key = kKey) {
    auto response = Try(method, path, body, key);
    if (!response.ok()) throw std::runtime_error(std::string(response.status().message()));
    return *std::move(response);
  }
  net::HttpResponse Post(const std::string& path, const std::string& body) {
    return Call(net::Method::kPost, path, body);
  }
  net::HttpResponse Get(const std::string& path) { return Call(net::Method::kGet, path); }
  nlohmann::json Control(const std::string& path) {
    return nlohmann::json::parse(Call(net::Method::kGet, "/_control/" + path, "", "").body);
  }
  int64_t Violations(const std::string& rule) { return Control("violations")["by_rule"].value(rule, int64_t{0}); }
  int64_t Violations() { return Control("violations")["total"].get<int64_t>(); }

  testing::FakeClock clock_;
  std::unique_ptr<RunningSimulator> simulator_;
  net::Loop loop_;
  std::unique_ptr<net::HttpClient> http_ = [this] {
    net::CurlOptions options;
    options.allow_insecure = true;
    return net::MakeCurlClient(loop_.Context(), options);
  }();
};

}  // namespace tajo::brevo_sim
