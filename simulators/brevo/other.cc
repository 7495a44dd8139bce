#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "simulators/brevo/endpoints.h"

namespace tajo::brevo_sim {
namespace {

// Registration takes camelCase; the payloads' snake_case names are refused.
bool IsWebhookEvent(std::string_view name) {
  constexpr std::array<std::string_view, 10> kNames = {
      "contactUpdated", "contactDeleted", "listAddition", "unsubscribed", "hardBounce",
      "softBounce",     "spam",           "delivered",    "opened",       "click"};
  return std::find(kNames.begin(), kNames.end(), name) != kNames.end();
}

net::ServerResponse CreateWebhook(Scene scene) {
  nlohmann::json body;
  if (auto refused = ParseObject(scene.call, body)) return *std::move(refused);
  CountUnknownKeys(body, {"type", "url", "events", "batched", "auth", "headers", "description", "domain", "channel"},
                   "POST /webhooks", scene.violations);
  const auto url = body.find("url");
  if (url == body.end() || !url->is_string()) return Error(400, "missing_parameter", "url is missing");
  const std::string& address = url->get_ref<const std::string&>();
  if (!address.starts_with("https://") && !address.starts_with("http://")) {
    return Error(400, "invalid_parameter", "url is not valid");
  }
  const auto events = body.find("events");
  if (events == body.end() || !events->is_array() || events->empty()) {
    return Error(400, "missing_parameter", "events is missing");
  }
  Webhook webhook{address, {}};
  for (const nlohmann::json& event : *events) {
    if (!event.is_string() || !IsWebhookEvent(event.get_ref<const std::string&>())) {
      return Error(400, "invalid_parameter", "events are not valid");
    }
    webhook.events.push_back(event.get<std::string>());
  }
  const int64_t id = scene.account.next_webhook++;
  scene.account.webhooks[id] = std::move(webhook);
  return Json(201, {{"id", id}});
}

nlohmann::json WebhookJson(int64_t id, const Webhook& webhook) {
  return {{"id", id}, {"url", webhook.url}, {"type", "marketing"}, {"events", webhook.events}};
}

}  // namespace

net::ServerResponse Webhooks(Scene scene) {
  const auto& segments = scene.call.segments;  // webhooks, [id]
  auto& webhooks = scene.account.webhooks;
  if (segments.size() == 1 && scene.call.method == "POST") return CreateWebhook(scene);
  if (segments.size() == 1) {
    nlohmann::json list = nlohmann::json::array();
    for (const auto& [id, webhook] : webhooks) list.push_back(WebhookJson(id, webhook));
    return Json(200, {{"webhooks", list}});
  }
  const auto found = webhooks.find(ToId(segments[1]).value_or(0));
  if (found == webhooks.end()) return Error(404, "document_not_found", "Webhook ID does not exist");
  if (scene.call.method == "DELETE") {
    webhooks.erase(found);
    return Empty(204);
  }
  return Json(200, WebhookJson(found->first, found->second));
}

net::ServerResponse OwnAccount(Scene scene) {
  return Json(200, {{"organization_id", std::to_string(std::hash<std::string>()(scene.account.key) % 1'000'000'000)},
                    {"user_id", 1},
                    {"enterprise", scene.options.plan == Plan::kExtended},
                    {"companyName", "Example Company"},
                    {"email", "owner@example.com"},
                    {"firstName", "Example"},
                    {"lastName", "Owner"},
                    {"address",
                     {{"street", "1 Example Street"}, {"city", "Paris"}, {"zipCode", "75001"}, {"country", "France"}}},
                    {"plan", {{{"type", "free"}, {"creditsType", "sendLimit"}, {"credits", 300}}}},
                    {"relay", {{"enabled", false}}},
                    {"marketingAutomation", {{"enabled", true}}}});
}

}  // namespace tajo::brevo_sim
