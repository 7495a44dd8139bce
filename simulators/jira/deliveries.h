#pragma once

#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <deque>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "common/base/random.h"
#include "common/base/task.h"
#include "common/net/http_client.h"
#include "simulators/jira/faults.h"
#include "simulators/jira/model.h"

namespace tajo::jira_sim {

struct Delivery {
  std::string identifier;  // the same on every try
  std::string url;
  std::string event;
  std::string body;
  std::string signature;      // X-Hub-Signature; empty: none
  std::string authorization;  // empty: none
  bool secondary = false;
  int retries = 0;
  Millis happened = 0;
};

// Sends webhooks as Jira does: 20 at a time, again after 408, 409, 425, 429, 5xx and broken
// connections, at most five times, with long and random waits; any other refusal loses the event.
class Deliveries {
 public:
  static constexpr int kMostRetries = 5;

  Deliveries(boost::asio::io_context& context, net::HttpClient& client, base::Clock& clock, base::Random& random,
             Faults& faults, base::Duration retry_base);

  void Enqueue(Delivery delivery);
  void SetConcurrency(std::size_t most) { concurrency_ = most; }
  // {"enqueued","attempts","delivered","retried","lost","given_up","dropped","duplicated","held_back",
  //  "queued","in_flight","waiting","by_status":{},"latency_ms":{}}
  std::string Json() const;
  void ResetCounts();
  // Ends all that is on its way; then nothing of it runs any more when the context has been run.
  void Stop();
  bool IsIdle() const { return tasks_.empty(); }

 private:
  using Tasks = std::list<boost::asio::cancellation_signal>;

  void Pump();
  void Spawn(base::Task<void> task);
  base::Task<void> Send(std::unique_ptr<Delivery> delivery);
  base::Task<void> EnqueueLater(std::unique_ptr<Delivery> delivery, base::Duration wait);
  void Settle(std::unique_ptr<Delivery> delivery, int status);

  boost::asio::io_context& context_;
  net::HttpClient& client_;
  base::Clock& clock_;
  base::Random& random_;
  Faults& faults_;
  const base::Duration retry_base_;
  std::size_t concurrency_ = 20;
  bool stopped_ = false;
  std::deque<std::unique_ptr<Delivery>> ready_;
  std::size_t in_flight_ = 0;
  Tasks tasks_;

  int64_t enqueued_ = 0, attempts_ = 0, delivered_ = 0, retried_ = 0, lost_ = 0, given_up_ = 0, dropped_ = 0,
          duplicated_ = 0, held_back_ = 0, waiting_ = 0;
  std::map<int, int64_t> by_status_;  // 0: no answer
  std::vector<uint32_t> latencies_ms_;
};

}  // namespace tajo::jira_sim
