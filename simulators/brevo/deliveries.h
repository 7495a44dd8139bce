#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "common/base/task.h"
#include "common/net/http_client.h"
#include "simulators/brevo/account.h"

namespace tajo::brevo_sim {

// A webhook's request, ready to go.
struct Delivery {
  std::string url;
  std::string token;
  std::string body;
};

// What an account's webhooks send when a contact is deleted or unsubscribes. `event` as at registration:
// contactDeleted, unsubscribed. Payloads spell it in snake_case and carry the webhook's id.
std::vector<Delivery> DeliveriesFor(const Account& account, const std::string& event, const Contact& contact,
                                    int64_t now_ms);

// Sends webhooks and counts what became of them. Used from one loop.
class Deliveries {
 public:
  Deliveries(net::HttpClient& http, base::Clock& clock) : http_(http), clock_(clock) {}

  // Tries again after 200 ms, up to five times, what got no 2xx and isn't refused for good.
  base::Task<void> Send(std::vector<Delivery> deliveries);
  // The same without waiting for it; what is under way ends with the executor's context.
  void SendInBackground(const boost::asio::any_io_executor& executor, std::vector<Delivery> deliveries);
  nlohmann::json Json() const;  // {"sent", "accepted", "refused", "under_way", "last_status"}

 private:
  net::HttpClient& http_;
  base::Clock& clock_;
  int64_t sent_ = 0;
  int64_t accepted_ = 0;
  int64_t refused_ = 0;
  int64_t under_way_ = 0;  // in the background
  int last_status_ = 0;
};

}  // namespace tajo::brevo_sim
