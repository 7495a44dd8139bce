#pragma once

#include <gmock/gmock.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>
#include <chrono>
#include <deque>
#include <future>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "common/access/access.h"
#include "common/access/quotas.h"
#include "common/base/error.h"
#include "common/base/random.h"
#include "common/net/curl_client.h"
#include "common/net/loop.h"
#include "common/redis/open.h"
#include "tajo/jira/v1/error.pb.h"
#include "tests/support/redis_server.h"
#include "tests/support/run_task.h"

namespace tajo::access {

// Counts what goes to Redis.
class CountingRedis final : public redis::Client {
 public:
  explicit CountingRedis(std::unique_ptr<redis::Client> to) : to_(std::move(to)) {}
  base::Task<absl::StatusOr<redis::Reply>> Execute(redis::Args command) override {
    ++calls;
    return to_->Execute(std::move(command));
  }
  base::Task<absl::StatusOr<redis::Reply>> Run(const redis::Script& script, redis::Args keys,
                                               redis::Args args) override {
    ++calls;
    return to_->Run(script, std::move(keys), std::move(args));
  }
  int64_t calls = 0;

 private:
  std::unique_ptr<redis::Client> to_;
};

// Counts the calls whose way was longer than what jitter a pace bears.
class TimedHttp final : public net::HttpClient {
 public:
  TimedHttp(std::unique_ptr<net::HttpClient> to, base::Clock& clock) : to_(std::move(to)), clock_(clock) {}
  base::Task<absl::StatusOr<net::HttpResponse>> Send(net::HttpRequest request) override {
    const base::MonotonicTime begin = clock_.Monotonic();
    auto response = co_await to_->Send(std::move(request));
    if (clock_.Monotonic() - begin > std::chrono::milliseconds(20)) ++slow;
    co_return response;
  }
  int slow = 0;

 private:
  std::unique_ptr<net::HttpClient> to_;
  base::Clock& clock_;
};

// How often the machine let a loop sleep too long, as seen by a task that sleeps shortly, again and again.
struct Stalls {
  int count = 0;
  base::Duration total{};
};

// Several processes as far as quotas go: each has its own way to Redis and its own registry. They run on
// one loop, on the machine's clock, since Redis' clock is that.
class QuotasTest : public ::testing::Test {
 protected:
  struct Process {
    Process(boost::asio::io_context& context, base::Clock& clock, base::Random& random, const std::string& url)
        : redis([&] {
            redis::Options options;
            options.url = url;
            return redis::Open(context, clock, random, options).value();
          }()),
          quotas(redis, clock, {}, nullptr) {}
    CountingRedis redis;
    Quotas quotas;
  };

  QuotasTest() {
    for (int i = 0; i < 3; ++i) processes_.emplace_back(loop_.Context(), clock_, random_, redis_.Url());
  }
  // On their loop: their ways to Redis work there until they end.
  ~QuotasTest() override { Run(End()); }
  base::Task<void> End() {
    processes_.clear();
    co_return;
  }

  template <class T>
  T Run(base::Task<T> task, std::chrono::seconds deadline = std::chrono::seconds(40)) {
    return testing::RunTask(loop_, std::move(task), deadline);
  }
  // Runs all of them at once and waits for their end.
  void Together(std::vector<base::Task<void>> tasks) {
    std::vector<std::future<void>> ends;
    for (auto& task : tasks) {
      ends.push_back(boost::asio::co_spawn(loop_.Context(), std::move(task), boost::asio::use_future));
    }
    for (auto& end : ends) end.get();
  }
  base::Task<void> Watch(base::Duration length, Stalls& stalls) {
    constexpr std::chrono::milliseconds kNap{5};
    const base::MonotonicTime end = clock_.Monotonic() + length;
    for (base::MonotonicTime now = clock_.Monotonic(); now < end;) {
      co_await clock_.Sleep(kNap);
      const base::Duration late = clock_.Monotonic() - now - kNap;
      now = clock_.Monotonic();
      if (late < kNap) continue;
      ++stalls.count;
      stalls.total += late;
    }
  }
  // Whether a pause holds the call back for long; the governor is closed for it, and lets nothing else wait.
  template <class Governor, class... Call>
  bool IsHeld(Governor& governor, const Call&... call) {
    governor.Close();
    const absl::Status status = Run(governor.Acquire(call...));
    EXPECT_TRUE(status.ok() || base::ReasonOf(status) == jira::v1::LEASE_LOST) << status;
    return !status.ok();
  }
  nlohmann::json Control(const std::string& url) {
    net::HttpRequest request;
    request.url = url;
    const auto response = Run(http_->Send(std::move(request)));
    return response.ok() ? nlohmann::json::parse(response->body, nullptr, false) : nlohmann::json();
  }
  int64_t RedisCalls() const {
    int64_t calls = 0;
    for (const Process& process : processes_) calls += process.redis.calls;
    return calls;
  }

  base::SystemClock clock_;
  base::SystemRandom random_;
  testing::RedisServer redis_;
  net::Loop loop_;
  std::deque<Process> processes_;
  std::unique_ptr<TimedHttp> http_ = [this] {
    net::CurlOptions options;
    options.allow_insecure = true;
    return std::make_unique<TimedHttp>(net::MakeCurlClient(loop_.Context(), options), clock_);
  }();
};

}  // namespace tajo::access
