#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

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

using Refused = std::optional<net::ServerResponse>;

Refused ReadAuth(const nlohmann::json& body, Webhook& webhook) {
  const auto auth = body.find("auth");
  if (auth == body.end() || auth->is_null()) return std::nullopt;
  if (!auth->is_object() || auth->value("type", "") != "bearer") {
    return Error(400, "invalid_parameter", "auth type is not valid");
  }
  const auto token = auth->find("token");
  if (token == auth->end() || !token->is_string() || token->get_ref<const std::string&>().empty()) {
    return Error(400, "missing_parameter", "auth token is missing");
  }
  webhook.token = token->get<std::string>();
  return std::nullopt;
}

// What creating and updating have in common; members that are absent stay as they are.
Refused ReadWebhookBody(const nlohmann::json& body, Webhook& webhook) {
  if (const auto url = body.find("url"); url != body.end()) {
    if (!url->is_string()) return Error(400, "invalid_parameter", "url is not valid");
    webhook.url = url->get<std::string>();
    if (!webhook.url.starts_with("https://") && !webhook.url.starts_with("http://")) {
      return Error(400, "invalid_parameter", "url is not valid");
    }
  }
  if (const auto events = body.find("events"); events != body.end()) {
    if (!events->is_array() || events->empty()) return Error(400, "missing_parameter", "events is missing");
    webhook.events.clear();
    for (const nlohmann::json& event : *events) {
      if (!event.is_string() || !IsWebhookEvent(event.get_ref<const std::string&>())) {
        return Error(400, "invalid_parameter", "events are not valid");
      }
      webhook.events.push_back(event.get<std::string>());
    }
  }
  if (const auto batched = body.find("batched"); batched != body.end()) {
    if (!batched->is_boolean()) return Error(400, "invalid_parameter", "batched should be type boolean");
    webhook.batched = batched->get<bool>();
  }
  webhook.description = body.value("description", webhook.description);
  return ReadAuth(body, webhook);
}

net::ServerResponse CreateWebhook(Scene scene) {
  nlohmann::json body;
  if (auto refused = ParseObject(scene.call, body)) return *std::move(refused);
  CountUnknownKeys(body, {"type", "url", "events", "batched", "auth", "headers", "description", "domain", "channel"},
                   "POST /webhooks", scene.violations);
  if (!body.contains("url")) return Error(400, "missing_parameter", "url is missing");
  if (!body.contains("events")) return Error(400, "missing_parameter", "events is missing");
  // The default is transactional, which knows no contactDeleted.
  if (body.value("type", "transactional") != "marketing") {
    return Error(400, "invalid_parameter", "events are not valid for this type");
  }
  Webhook webhook;
  if (auto refused = ReadWebhookBody(body, webhook)) return *std::move(refused);
  for (const auto& [other_id, other] : scene.account.webhooks) {
    if (other.url == webhook.url) scene.violations.Add("webhook_twice", "POST /webhooks of a URL that has one");
  }
  const int64_t id = scene.account.next_webhook++;
  scene.account.webhooks[id] = std::move(webhook);
  return Json(201, {{"id", id}});
}

net::ServerResponse UpdateWebhook(Scene scene, Webhook& webhook) {
  nlohmann::json body;
  if (auto refused = ParseObject(scene.call, body)) return *std::move(refused);
  CountUnknownKeys(body, {"url", "events", "batched", "auth", "headers", "description", "domain"}, "PUT /webhooks/{id}",
                   scene.violations);
  Webhook changed = webhook;
  if (auto refused = ReadWebhookBody(body, changed)) return *std::move(refused);
  webhook = std::move(changed);
  return Empty(204);
}

nlohmann::json WebhookJson(int64_t id, const Webhook& webhook) {
  nlohmann::json json = {{"id", id},
                         {"url", webhook.url},
                         {"description", webhook.description},
                         {"type", "marketing"},
                         {"events", webhook.events},
                         {"batched", webhook.batched},
                         {"createdAt", "2026-10-01T00:00:00.000Z"},
                         {"modifiedAt", "2026-10-01T00:00:00.000Z"}};
  if (!webhook.token.empty()) json["auth"] = {{"type", "bearer"}, {"token", webhook.token}};
  return json;
}

}  // namespace

net::ServerResponse Webhooks(Scene scene) {
  const auto& segments = scene.call.segments;  // webhooks, [id]
  const std::string& method = scene.call.method;
  auto& webhooks = scene.account.webhooks;
  if (segments.size() == 1 && method == "POST") return CreateWebhook(scene);
  if (segments.size() == 1 && method == "GET") {
    nlohmann::json list = nlohmann::json::array();
    // Without the type, those for transactional mail: none here.
    const bool marketing = scene.call.Parameter("type") == "marketing";
    for (const auto& [id, webhook] : webhooks) {
      if (marketing) list.push_back(WebhookJson(id, webhook));
    }
    return Json(200, {{"webhooks", list}});
  }
  if (segments.size() != 2) return Error(405, "method_not_allowed", "Method not allowed");
  const auto found = webhooks.find(ToId(segments[1]).value_or(0));
  if (found == webhooks.end()) return Error(404, "document_not_found", "Webhook ID does not exist");
  if (method == "PUT") return UpdateWebhook(scene, found->second);
  if (method == "DELETE") {
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
