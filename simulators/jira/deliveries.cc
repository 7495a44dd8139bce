#include "simulators/jira/deliveries.h"

#include <algorithm>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <chrono>
#include <nlohmann/json.hpp>
#include <utility>

namespace tajo::jira_sim {
namespace {

constexpr std::chrono::seconds kResponseTimeout{20};
constexpr std::size_t kMostLatencies = 2'000'000;

bool IsRetried(int status) {
  return status == 0 || status == 408 || status == 409 || status == 425 || status == 429 || status >= 500;
}

}  // namespace

Deliveries::Deliveries(boost::asio::io_context& context, net::HttpClient& client, base::Clock& clock,
                       base::Random& random, Faults& faults, base::Duration retry_base)
    : context_(context), client_(client), clock_(clock), random_(random), faults_(faults), retry_base_(retry_base) {}

void Deliveries::Enqueue(Delivery delivery) {
  ++enqueued_;
  if (faults_.Take(Faults::Kind::kLoseWebhook)) {
    ++dropped_;
    return;
  }
  auto owned = std::make_unique<Delivery>(std::move(delivery));
  if (faults_.Take(Faults::Kind::kDuplicateWebhook)) {
    ++duplicated_;
    ready_.push_back(std::make_unique<Delivery>(*owned));
  }
  if (const auto held = faults_.Take(Faults::Kind::kReorderWebhook)) {
    ++held_back_;
    Spawn(EnqueueLater(std::move(owned), std::chrono::milliseconds(held->delay_ms)));
  } else {
    ready_.push_back(std::move(owned));
  }
  Pump();
}

void Deliveries::Spawn(base::Task<void> task) {
  const auto at = tasks_.emplace(tasks_.end());
  boost::asio::co_spawn(context_, std::move(task),
                        boost::asio::bind_cancellation_slot(at->slot(), [this, at](const std::exception_ptr&) {
                          // Later: this may run inside the emit of the very signal.
                          boost::asio::post(context_, [this, at] {
                            tasks_.erase(at);
                            Pump();
                          });
                        }));
}

void Deliveries::Pump() {
  while (!stopped_ && in_flight_ < concurrency_ && !ready_.empty()) {
    std::unique_ptr<Delivery> next = std::move(ready_.front());
    ready_.pop_front();
    ++in_flight_;
    Spawn(Send(std::move(next)));
  }
}

base::Task<void> Deliveries::EnqueueLater(std::unique_ptr<Delivery> delivery, base::Duration wait) {
  ++waiting_;
  struct Waiting {
    int64_t& count;
    ~Waiting() { --count; }
  } const waiting{waiting_};
  co_await clock_.Sleep(wait);
  ready_.push_back(std::move(delivery));
}

base::Task<void> Deliveries::Send(std::unique_ptr<Delivery> delivery) {
  struct InFlight {
    std::size_t& count;
    ~InFlight() { --count; }
  } const in_flight{in_flight_};
  ++attempts_;
  net::HttpRequest request;
  request.method = net::Method::kPost;
  request.url = delivery->url;
  request.body = delivery->body;
  request.timeout = kResponseTimeout;
  request.headers.Add("Content-Type", "application/json; charset=utf-8");
  request.headers.Add("User-Agent", "Atlassian Webhook HTTP Client");
  request.headers.Add("X-Atlassian-Webhook-Identifier", delivery->identifier);
  request.headers.Add("X-Atlassian-Webhook-Flow", delivery->secondary ? "Secondary" : "Primary");
  if (delivery->retries > 0) request.headers.Add("X-Atlassian-Webhook-Retry", std::to_string(delivery->retries));
  if (!delivery->signature.empty()) request.headers.Add("X-Hub-Signature", delivery->signature);
  if (!delivery->authorization.empty()) request.headers.Add("Authorization", delivery->authorization);
  auto response = co_await client_.Send(std::move(request));
  const int status = response.ok() ? response->status : 0;
  Settle(std::move(delivery), status);
}

void Deliveries::Settle(std::unique_ptr<Delivery> delivery, int status) {
  ++by_status_[status];
  if (status >= 200 && status < 300) {
    ++delivered_;
    if (latencies_ms_.size() < kMostLatencies) {
      latencies_ms_.push_back(
          static_cast<uint32_t>(std::max<Millis>(0, base::ToMillis(clock_.Now()) - delivery->happened)));
    }
    return;
  }
  if (!IsRetried(status)) {
    ++lost_;
    return;
  }
  if (delivery->retries == kMostRetries) {
    ++given_up_;
    return;
  }
  ++delivery->retries;
  ++retried_;
  // 5 to 15 minutes in real life, whatever Retry-After said.
  const auto wait = std::chrono::duration_cast<base::Duration>(retry_base_ * (1.0 + 2.0 * random_.Fraction()));
  if (!stopped_) Spawn(EnqueueLater(std::move(delivery), wait));
}

void Deliveries::Stop() {
  stopped_ = true;
  ready_.clear();
  // A cancelled task erases its signal, so each is looked at before it is told.
  for (auto task = tasks_.begin(); task != tasks_.end();) {
    const auto current = task++;
    current->emit(boost::asio::cancellation_type::terminal);
  }
}

void Deliveries::ResetCounts() {
  enqueued_ = attempts_ = delivered_ = retried_ = lost_ = given_up_ = dropped_ = duplicated_ = held_back_ = 0;
  by_status_.clear();
  latencies_ms_.clear();
}

std::string Deliveries::Json() const {
  nlohmann::json by_status = nlohmann::json::object();
  for (const auto& [status, count] : by_status_) by_status[status == 0 ? "no_answer" : std::to_string(status)] = count;
  std::vector<uint32_t> sorted = latencies_ms_;
  std::sort(sorted.begin(), sorted.end());
  const auto quantile = [&sorted](double q) {
    return sorted.empty() ? 0u : sorted[static_cast<std::size_t>(q * static_cast<double>(sorted.size() - 1))];
  };
  return nlohmann::json{
      {"enqueued", enqueued_},
      {"attempts", attempts_},
      {"sent", attempts_},
      {"delivered", delivered_},
      {"retried", retried_},
      {"lost", lost_},
      {"given_up", given_up_},
      {"dropped", dropped_},
      {"duplicated", duplicated_},
      {"held_back", held_back_},
      {"queued", ready_.size()},
      {"in_flight", in_flight_},
      {"waiting", waiting_},
      {"by_status", by_status},
      {"latency_ms", {{"p50", quantile(0.5)}, {"p95", quantile(0.95)}, {"p99", quantile(0.99)}, {"max", quantile(1)}}}}
      .dump();
}

}  // namespace tajo::jira_sim
