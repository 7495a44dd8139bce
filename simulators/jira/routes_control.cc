#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "simulators/jira/exact_change.h"
#include "simulators/jira/random_changes.h"
#include "simulators/jira/router.h"
#include "simulators/jira/site.h"

namespace tajo::jira_sim {
namespace {

Answer Bad(std::string_view message) {
  return JsonAnswer(400,
                    nlohmann::json{{"error", message}}.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

nlohmann::json Body(const Call& call) {
  if (call.body.empty()) return nlohmann::json::object();
  return nlohmann::json::parse(call.body, nullptr, false);
}

Truth::Scope ScopeOf(const Call& call) {
  return {call.QueryList("project"), call.QueryList("type")};
}

std::optional<Answer> UnknownKind(const nlohmann::json& body) {
  if (!body.is_object()) return Bad("a JSON object is needed");
  const auto& known = RandomChanges::KnownKinds();
  for (const auto& kind : body.value("kinds", nlohmann::json::array())) {
    if (!kind.is_string() || std::find(known.begin(), known.end(), kind.get<std::string>()) == known.end()) {
      return Bad("unknown kind " + kind.dump());
    }
  }
  return std::nullopt;
}

Answer Act(Site& site, Call& call) {
  const nlohmann::json body = Body(call);
  if (auto bad = UnknownKind(body)) return *std::move(bad);
  RandomChanges changes(site.world, site.changes, body.value("seed", site.random.Next()),
                        body.value("kinds", std::vector<std::string>()));
  std::map<std::string_view, int64_t> done;
  const int64_t count = body.value("count", int64_t{1});
  for (int64_t i = 0; i < count; ++i) {
    const std::string_view kind = changes.Act();
    if (kind.empty()) break;
    ++done[kind];
  }
  nlohmann::json by_kind = nlohmann::json::object();
  int64_t total = 0;
  for (const auto& [kind, times] : done) {
    by_kind[std::string(kind)] = times;
    total += times;
  }
  return JsonAnswer(200, nlohmann::json{{"done", total}, {"by_kind", by_kind}}.dump());
}

Answer ExactChange(Site& site, Call& call) {
  auto done = MakeExactChange(site.world, site.changes, Body(call));
  if (!done.ok()) return Bad(std::string(done.status().message()));
  return JsonAnswer(200, *std::move(done));
}

// {"project":"SUPPORT","visible":false} or {"issue_id":10001,"visible":false}
Answer SetVisibility(Site& site, Call& call) {
  const nlohmann::json body = Body(call);
  if (!body.is_object() || !body.contains("visible")) return Bad("project or issue_id, and visible");
  const bool visible = body["visible"].get<bool>();
  const bool found = body.contains("project") ? site.world.ShowProject(body["project"].get<std::string>(), visible)
                                              : site.world.ShowIssue(body.value("issue_id", int64_t{0}), visible);
  return found ? JsonAnswer(200, "{}") : Bad("there is no such project or issue");
}

Answer StartPlay(Site& site, Call& call) {
  const nlohmann::json body = Body(call);
  if (auto bad = UnknownKind(body)) return *std::move(bad);
  if (site.play.IsRunning()) return JsonAnswer(409, R"({"error":"a play is running"})");
  Play::Plan plan;
  plan.rate = body.value("rate", 100.0);
  plan.count = body.value("count", static_cast<int64_t>(plan.rate * body.value("seconds", 10.0)));
  if (plan.rate <= 0 || plan.count < 0) return Bad("rate and count are positive");
  if (body.contains("concurrency")) site.deliveries->SetConcurrency(body["concurrency"].get<std::size_t>());
  RandomChanges changes(site.world, site.changes, body.value("seed", site.random.Next()),
                        body.value("kinds", std::vector<std::string>()));
  site.spawn(site.play.Run(std::move(changes), plan));
  return JsonAnswer(202, site.play.Json());
}

Answer PlayStatus(Site& site, Call& /*call*/) {
  return JsonAnswer(200, site.play.Json());
}

Answer StopPlay(Site& site, Call& /*call*/) {
  site.play.Stop();
  return JsonAnswer(200, site.play.Json());
}

Answer AddFault(Site& site, Call& call) {
  const nlohmann::json body = Body(call);
  if (body.is_object() && body.value("kind", std::string()) == "index_lag") {
    site.lag.Set(static_cast<Millis>(body.value("seconds", 0.0) * 1000));
    return JsonAnswer(200, "{}");
  }
  if (const auto problem = site.faults.Add(body)) return Bad(*problem);
  return JsonAnswer(201, site.faults.Json());
}

Answer ListFaults(Site& site, Call& /*call*/) {
  return JsonAnswer(200, site.faults.Json());
}

Answer ClearFaults(Site& site, Call& /*call*/) {
  site.faults.Clear();
  site.lag.Set(0);
  return JsonAnswer(200, "{}");
}

Answer TruthCounts(Site& site, Call& call) {
  return JsonAnswer(200, site.truth.Counts(ScopeOf(call)));
}

Answer TruthIssue(Site& site, Call& call) {
  auto found = site.truth.Issue(call.parameters[0]);
  return found ? JsonAnswer(200, *std::move(found)) : JsonAnswer(404, R"({"error":"no such issue"})");
}

Answer TruthCustomer(Site& site, Call& call) {
  auto found = site.truth.Customer(call.parameters[0], ScopeOf(call));
  return found ? JsonAnswer(200, *std::move(found)) : JsonAnswer(404, R"({"error":"no such customer"})");
}

Answer TruthCustomers(Site& site, Call& call) {
  return JsonAnswer(200, site.truth.Customers(ScopeOf(call)));
}
Answer TruthEvents(Site& site, Call& call) {
  return JsonAnswer(200, site.truth.Events(call.QueryInt("since", 0)));
}

Answer GetViolations(Site& site, Call& /*call*/) {
  return JsonAnswer(200, site.violations.Json());
}

Answer ResetViolations(Site& site, Call& /*call*/) {
  site.violations.Reset();
  return JsonAnswer(200, "{}");
}

Answer GetDeliveries(Site& site, Call& /*call*/) {
  return JsonAnswer(200, site.deliveries->Json());
}

Answer ResetDeliveries(Site& site, Call& /*call*/) {
  site.deliveries->ResetCounts();
  return JsonAnswer(200, "{}");
}

Answer AddAdminWebhook(Site& site, Call& call) {
  const nlohmann::json body = Body(call);
  if (!body.is_object() || !body.contains("url")) return Bad("url, and as you like secret, events, jql");
  Registration one;
  one.name = body.value("name", std::string("control"));
  one.url = body["url"].get<std::string>();
  one.secret = base::Secret(body.value("secret", std::string()));
  one.events = body.value(
      "events", std::vector<std::string>{"jira:issue_created", "jira:issue_updated", "jira:issue_deleted",
                                         "comment_created", "comment_updated", "comment_deleted", "worklog_created",
                                         "jira:version_released", "sprint_started", "sprint_closed"});
  one.jql = body.value("jql", std::string());
  if (!one.jql.empty()) {
    auto filter = jql::Query::Compile(one.jql, site.JqlContext(), jql::Query::Bounds::kOptional);
    if (!filter.ok()) return Bad(std::string(filter.status().message()));
    one.filter = *std::move(filter);
  }
  return JsonAnswer(201, nlohmann::json{{"id", site.webhooks.Add(std::move(one))}}.dump());
}

Answer ListWebhooks(Site& site, Call& /*call*/) {
  nlohmann::json out = nlohmann::json::array();
  for (const Registration& one : site.webhooks.All()) {
    out.push_back({{"id", one.id},
                   {"surface", one.surface == Registration::Surface::kAdmin ? "admin" : "dynamic"},
                   {"url", one.url},
                   {"events", one.events},
                   {"jql", one.jql},
                   {"expires", one.expires}});
  }
  return JsonAnswer(200, nlohmann::json{{"webhooks", out}}.dump());
}

Answer RemoveWebhooks(Site& site, Call& /*call*/) {
  site.webhooks.RemoveAll();
  return JsonAnswer(200, "{}");
}

Answer ExpireWebhooks(Site& site, Call& /*call*/) {
  for (Registration& one : site.webhooks.All()) {
    if (one.surface == Registration::Surface::kDynamic) one.expires = site.Now() - 1;
  }
  return JsonAnswer(200, "{}");
}

// {"expire_access":true,"kill_refresh":true,"access_ttl_s":60,"decline_next":true}
Answer ControlOauth(Site& site, Call& call) {
  const nlohmann::json body = Body(call);
  if (!body.is_object()) return Bad("a JSON object is needed");
  if (body.value("expire_access", false)) site.oauth.ExpireAccessTokens();
  if (body.value("kill_refresh", false)) site.oauth.KillRefreshTokens();
  if (body.value("decline_next", false)) site.oauth.DeclineNextConsent();
  if (body.contains("access_ttl_s")) site.oauth.SetAccessTtl(body["access_ttl_s"].get<int64_t>() * 1000);
  return JsonAnswer(200, "{}");
}

Answer MakeGrant(Site& site, Call& call) {
  const nlohmann::json body = Body(call);
  if (!body.is_object()) return Bad("a JSON object is needed");
  const auto tokens = site.oauth.MakeGrant(
      body.value("scopes", std::vector<std::string>{"read:jira-work", "read:jira-user", "write:jira-work", "read:me",
                                                    "manage:jira-webhook", "report:personal-data", "offline_access",
                                                    "read:issue-details:jira"}),
      site.Now());
  return JsonAnswer(201, nlohmann::json{{"grant", tokens.grant},
                                        {"access_token", tokens.access_token},
                                        {"refresh_token", tokens.refresh_token}}
                             .dump());
}

// {"enforce":true,"points_per_hour":65000,"points_used":64990}
Answer ControlLimits(Site& site, Call& call) {
  const nlohmann::json body = Body(call);
  if (!body.is_object()) return Bad("a JSON object is needed");
  if (body.contains("enforce")) site.limits.Enforce(body["enforce"].get<bool>());
  if (body.contains("points_per_hour")) site.limits.SetPoints(body["points_per_hour"].get<int64_t>());
  if (body.contains("points_used")) site.limits.SetUsed(body["points_used"].get<int64_t>(), site.Now());
  return JsonAnswer(200, nlohmann::json{{"points_used", site.limits.Used()}}.dump());
}

}  // namespace

void AddControlRoutes(Router& router) {
  router.Add("POST", "/_control/act", Act);
  router.Add("POST", "/_control/change", ExactChange);
  router.Add("POST", "/_control/visibility", SetVisibility);
  router.Add("POST", "/_control/play", StartPlay);
  router.Add("GET", "/_control/play", PlayStatus);
  router.Add("DELETE", "/_control/play", StopPlay);
  router.Add("POST", "/_control/faults", AddFault);
  router.Add("GET", "/_control/faults", ListFaults);
  router.Add("DELETE", "/_control/faults", ClearFaults);
  router.Add("GET", "/_control/truth", TruthCounts);
  router.Add("GET", "/_control/truth/issue/{}", TruthIssue);
  router.Add("GET", "/_control/truth/customer/{}", TruthCustomer);
  router.Add("GET", "/_control/truth/customers", TruthCustomers);
  router.Add("GET", "/_control/truth/events", TruthEvents);
  router.Add("GET", "/_control/violations", GetViolations);
  router.Add("DELETE", "/_control/violations", ResetViolations);
  router.Add("GET", "/_control/deliveries", GetDeliveries);
  router.Add("DELETE", "/_control/deliveries", ResetDeliveries);
  router.Add("POST", "/_control/webhooks/admin", AddAdminWebhook);
  router.Add("GET", "/_control/webhooks", ListWebhooks);
  router.Add("DELETE", "/_control/webhooks", RemoveWebhooks);
  router.Add("POST", "/_control/webhooks/expire", ExpireWebhooks);
  router.Add("POST", "/_control/oauth", ControlOauth);
  router.Add("POST", "/_control/oauth/grant", MakeGrant);
  router.Add("POST", "/_control/limits", ControlLimits);
}

}  // namespace tajo::jira_sim
