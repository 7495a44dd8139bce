#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "simulators/jira/router.h"
#include "simulators/jira/site.h"

namespace tajo::jira_sim {
namespace {

using Type = BodyKey::Type;
using Surface = Registration::Surface;

// Nothing for OAuth apps; what others get.
std::optional<Answer> OnlyApps(Site& site, const Call& call) {
  if (call.principal.credential == Credential::kOauth) return std::nullopt;
  site.violations.Count("dynamic_webhook_with_api_token", call.method + " " + call.path);
  return Refusal(403, "Only Connect and OAuth 2.0 apps can use this operation");
}

bool IsOwn(const Registration& registration, const Call& call) {
  return registration.surface == Surface::kDynamic && registration.grant == call.principal.grant;
}

Answer Register(Site& site, Call& call) {
  if (auto refused = OnlyApps(site, call)) return *std::move(refused);
  nlohmann::json body;
  if (auto refused =
          ReadBody(call, site.violations, {{"url", Type::kString, true}, {"webhooks", Type::kArray, true}}, body)) {
    return *std::move(refused);
  }
  const std::string url = body["url"];
  if (!url.starts_with("https://") && !url.starts_with("http://127.0.0.1") && !url.starts_with("http://localhost")) {
    return Refusal(400, "The webhook URL must be an absolute https URL.");
  }
  for (const Registration& one : site.webhooks.All()) {
    if (one.surface != Surface::kDynamic || one.url == url) continue;
    site.violations.Count("second_webhook_url", "an app has a single URL");
    return Refusal(400, "Only a single URL per app is allowed to be registered via REST API.");
  }
  nlohmann::json results = nlohmann::json::array();
  for (const auto& wish : body["webhooks"]) {
    for (const auto& [key, value] : wish.items()) {
      if (key == "events" || key == "jqlFilter" || key == "fieldIdsFilter" || key == "issuePropertyKeysFilter")
        continue;
      site.violations.Count("unknown_body_key", "POST webhook: webhooks[]." + key);
      return Refusal(400, "Invalid request payload. Refer to the REST API documentation and try again.");
    }
    if (!wish.is_object() || !wish.contains("events") || !wish.contains("jqlFilter") ||
        !wish["jqlFilter"].is_string() || !wish["events"].is_array()) {
      return Refusal(400, "Invalid request payload. Refer to the REST API documentation and try again.");
    }
    Registration registration;
    registration.surface = Surface::kDynamic;
    registration.url = url;
    registration.events = wish["events"].get<std::vector<std::string>>();
    registration.jql = wish["jqlFilter"].get<std::string>();
    registration.field_ids = wish.value("fieldIdsFilter", std::vector<std::string>());
    registration.property_keys = wish.value("issuePropertyKeysFilter", std::vector<std::string>());
    registration.grant = call.principal.grant;
    registration.expires = site.Now() + Webhooks::kTtl;
    std::vector<std::string> problems = Webhooks::Problems(registration.events, registration.jql, site.JqlContext());
    const auto own = std::count_if(site.webhooks.All().begin(), site.webhooks.All().end(),
                                   [&](const Registration& one) { return IsOwn(one, call); });
    if (own >= static_cast<std::ptrdiff_t>(Webhooks::kMostPerGrant)) {
      problems.push_back("The maximum number of webhooks per user has been reached: 5.");
    }
    if (!problems.empty()) {
      results.push_back({{"errors", problems}});
      continue;
    }
    auto filter = jql::Query::Compile(registration.jql, site.JqlContext(), jql::Query::Bounds::kOptional);
    registration.filter = *std::move(filter);
    results.push_back({{"createdWebhookId", site.webhooks.Add(std::move(registration))}});
  }
  return JsonAnswer(200, nlohmann::json{{"webhookRegistrationResult", results}}.dump());
}

Answer List(Site& site, Call& call) {
  if (auto refused = OnlyApps(site, call)) return *std::move(refused);
  const OffsetPage page = ReadOffsetPage(call, 100, 100);
  nlohmann::json values = nlohmann::json::array();
  int64_t total = 0;
  for (const Registration& one : site.webhooks.All()) {
    if (!IsOwn(one, call)) continue;
    if (total >= page.start && total < page.start + page.size) {
      nlohmann::json entry{{"id", one.id}, {"url", one.url}, {"jqlFilter", one.jql}, {"events", one.events}};
      entry["expirationDate"] = one.expires;
      if (!one.field_ids.empty()) entry["fieldIdsFilter"] = one.field_ids;
      if (!one.property_keys.empty()) entry["issuePropertyKeysFilter"] = one.property_keys;
      values.push_back(std::move(entry));
    }
    ++total;
  }
  return JsonAnswer(200, nlohmann::json{{"maxResults", page.size},
                                        {"startAt", page.start},
                                        {"total", total},
                                        {"isLast", page.start + page.size >= total},
                                        {"values", values}}
                             .dump());
}

Answer Refresh(Site& site, Call& call) {
  if (auto refused = OnlyApps(site, call)) return *std::move(refused);
  nlohmann::json body;
  if (auto refused = ReadBody(call, site.violations, {{"webhookIds", Type::kInts, true}}, body)) {
    return *std::move(refused);
  }
  const Millis expires = site.Now() + Webhooks::kTtl;
  for (const int64_t id : body["webhookIds"]) {
    // Unknown ones are passed over in silence.
    if (Registration* one = site.webhooks.Find(id); one != nullptr && IsOwn(*one, call)) one->expires = expires;
  }
  return JsonAnswer(200, nlohmann::json{{"expirationDate", expires}}.dump());
}

Answer Delete(Site& site, Call& call) {
  if (auto refused = OnlyApps(site, call)) return *std::move(refused);
  nlohmann::json body;
  if (auto refused = ReadBody(call, site.violations, {{"webhookIds", Type::kInts, true}}, body)) {
    return *std::move(refused);
  }
  for (const int64_t id : body["webhookIds"]) site.webhooks.Remove(id, Surface::kDynamic, call.principal.grant);
  return JsonAnswer(202, "");
}

Answer Failed(Site& site, Call& call) {
  site.violations.Count("webhook_failed_is_for_connect", call.method + " " + call.path);
  return Refusal(403, "Only Connect apps can use this operation.");
}

nlohmann::json AdminJson(const Site& site, const Registration& one) {
  return {{"name", one.name},
          {"url", one.url},
          {"excludeBody", false},
          {"filters", {{"issue-related-events-section", one.jql}}},
          {"events", one.events},
          {"enabled", one.enabled},
          {"self", fmt::format("{}/rest/webhooks/1.0/webhook/{}", site.SiteUrl(), one.id)},
          {"lastUpdatedDisplayName", site.world.Persons().At(site.world.Persons().Caller()).display_name},
          {"isSigned", !one.secret.Empty()}};
}

Answer AddAdmin(Site& site, Call& call) {
  nlohmann::json body;
  if (auto refused = ReadBody(call, site.violations,
                              {{"name", Type::kString, true},
                               {"url", Type::kString, true},
                               {"events", Type::kStrings, true},
                               {"filters", Type::kObject},
                               {"excludeBody", Type::kBool},
                               {"description", Type::kString},
                               {"enabled", Type::kBool},
                               {"secret", Type::kString}},
                              body)) {
    return *std::move(refused);
  }
  Registration one;
  one.name = body["name"];
  one.url = body["url"];
  one.events = body["events"].get<std::vector<std::string>>();
  one.enabled = body.value("enabled", true);
  one.secret = base::Secret(body.value("secret", std::string()));
  if (body.contains("filters")) one.jql = body["filters"].value("issue-related-events-section", std::string());
  if (!one.jql.empty()) {
    auto filter = jql::Query::Compile(one.jql, site.JqlContext(), jql::Query::Bounds::kOptional);
    if (!filter.ok()) return Refusal(filter.status());
    one.filter = *std::move(filter);
  }
  const int64_t id = site.webhooks.Add(std::move(one));
  return JsonAnswer(201, AdminJson(site, *site.webhooks.Find(id)).dump());
}

Answer ListAdmin(Site& site, Call& /*call*/) {
  nlohmann::json out = nlohmann::json::array();
  for (const Registration& one : site.webhooks.All()) {
    if (one.surface == Surface::kAdmin) out.push_back(AdminJson(site, one));
  }
  return JsonAnswer(200, out.dump());
}

Answer OneAdmin(Site& site, Call& call) {
  const Registration* one = site.webhooks.Find(std::atoll(call.parameters[0].c_str()));
  if (one == nullptr || one->surface != Surface::kAdmin) return Refusal(404, "The webhook does not exist.");
  return JsonAnswer(200, AdminJson(site, *one).dump());
}

Answer DeleteAdmin(Site& site, Call& call) {
  const bool removed = site.webhooks.Remove(std::atoll(call.parameters[0].c_str()), Surface::kAdmin, std::nullopt);
  return removed ? JsonAnswer(204, "") : Refusal(404, "The webhook does not exist.");
}

}  // namespace

void AddWebhookRoutes(Router& router) {
  const RouteTraits manage{.scopes = {"read:jira-work", "manage:jira-webhook"}};
  router.Add("POST", "/api/webhook", Register, manage);
  router.Add("GET", "/api/webhook", List, manage);
  router.Add("DELETE", "/api/webhook", Delete, manage);
  router.Add("PUT", "/api/webhook/refresh", Refresh, manage);
  router.Add("GET", "/api/webhook/failed", Failed, manage);
  router.Add("POST", "/webhooks/1.0/webhook", AddAdmin, manage);
  router.Add("GET", "/webhooks/1.0/webhook", ListAdmin, manage);
  router.Add("GET", "/webhooks/1.0/webhook/{}", OneAdmin, manage);
  router.Add("DELETE", "/webhooks/1.0/webhook/{}", DeleteAdmin, manage);
}

}  // namespace tajo::jira_sim
