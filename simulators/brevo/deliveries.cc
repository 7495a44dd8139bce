#include "simulators/brevo/deliveries.h"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <chrono>
#include <exception>
#include <nlohmann/json.hpp>
#include <utility>

namespace tajo::brevo_sim {
namespace {

constexpr int kTries = 5;
constexpr std::chrono::milliseconds kBetweenTries{200};

std::string PayloadName(const std::string& event) {
  return event == "contactDeleted" ? "contact_deleted" : event;
}

}  // namespace

std::vector<Delivery> DeliveriesFor(const Account& account, const std::string& event, const Contact& contact,
                                    int64_t now_ms) {
  std::vector<Delivery> deliveries;
  if (contact.email.empty()) return deliveries;
  for (const auto& [id, webhook] : account.webhooks) {
    if (std::find(webhook.events.begin(), webhook.events.end(), event) == webhook.events.end()) continue;
    nlohmann::json body = {{"id", id},           {"email", contact.email},      {"event", PayloadName(event)},
                           {"key", "sim"},       {"list_id", contact.list_ids}, {"date", "2026-10-01 00:00:00"},
                           {"ts", now_ms / 1000}};
    if (event == "unsubscribed") {
      body["camp_id"] = 1;
      body["campaign name"] = "News";
      body["ts_sent"] = now_ms / 1000 - 60;
      body["ts_event"] = now_ms / 1000;
    }
    deliveries.push_back({webhook.url, webhook.token, body.dump()});
  }
  return deliveries;
}

base::Task<void> Deliveries::Send(std::vector<Delivery> deliveries) {
  for (const Delivery& delivery : deliveries) {
    for (int attempt = 0; attempt < kTries; ++attempt) {
      if (attempt > 0) co_await clock_.Sleep(kBetweenTries);
      net::HttpRequest request;
      request.method = net::Method::kPost;
      request.url = delivery.url;
      request.body = delivery.body;
      request.headers.Add("Content-Type", "application/json");
      if (!delivery.token.empty()) request.headers.Add("Authorization", "Bearer " + delivery.token);
      ++sent_;
      const auto response = co_await http_.Send(std::move(request));
      last_status_ = response.ok() ? response->status : 0;
      if (last_status_ / 100 == 2) {
        ++accepted_;
        break;
      }
      if (last_status_ / 100 == 4) {
        ++refused_;
        break;
      }
    }
  }
}

void Deliveries::SendInBackground(const boost::asio::any_io_executor& executor, std::vector<Delivery> deliveries) {
  ++under_way_;
  boost::asio::co_spawn(executor, Send(std::move(deliveries)), [this](const std::exception_ptr&) { --under_way_; });
}

nlohmann::json Deliveries::Json() const {
  return {{"sent", sent_},
          {"accepted", accepted_},
          {"refused", refused_},
          {"under_way", under_way_},
          {"last_status", last_status_}};
}

}  // namespace tajo::brevo_sim
