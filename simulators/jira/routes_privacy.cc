#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>

#include "common/json/time.h"
#include "simulators/jira/router.h"
#include "simulators/jira/site.h"

namespace tajo::jira_sim {
namespace {

constexpr std::string_view kReportScope = "report:personal-data";
constexpr std::size_t kMostAccounts = 90;
constexpr Millis kDayMs = 86'400'000;

Answer BadReport(Site& site, std::string_view rule, std::string_view message) {
  site.violations.Count(rule, "POST /app/report-accounts/");
  return Refusal(400, message);
}

// Closed, changed since it was read, or neither: "".
std::string StatusOf(const Site& site, const std::string& account_id, Millis as_of) {
  if (site.privacy.closed.contains(account_id)) return "closed";
  const auto changed = site.privacy.changed.find(account_id);
  return changed != site.privacy.changed.end() && changed->second > as_of ? "updated" : "";
}

Answer ReportAccounts(Site& site, Call& call) {
  constexpr std::string_view kBearer = "Bearer ";
  if (!call.authorization.starts_with(kBearer)) return GatewayRefusal(401, "Unauthorized");
  const auto access = site.oauth.Check(std::string_view(call.authorization).substr(kBearer.size()), site.Now());
  if (!access) return GatewayRefusal(401, "Unauthorized");
  if (std::find(access->scopes.begin(), access->scopes.end(), kReportScope) == access->scopes.end()) {
    return GatewayRefusal(401, "Unauthorized; scope does not match");
  }
  const auto body = nlohmann::json::parse(call.body, nullptr, false);
  const auto accounts = body.is_object() ? body.find("accounts") : body.end();
  if (!body.is_object() || accounts == body.end() || !accounts->is_array() || accounts->empty()) {
    return BadReport(site, "report_invalid", "accounts is needed");
  }
  if (accounts->size() > kMostAccounts) return BadReport(site, "report_over_limit", "at most 90 accounts");
  ++site.privacy.calls;
  nlohmann::json out = nlohmann::json::array();
  for (const auto& account : *accounts) {
    const std::string id = account.value("accountId", std::string());
    const auto as_of = json::ParseJiraTime(account.value("updatedAt", std::string()));
    if (id.empty() || !as_of) return BadReport(site, "report_invalid", "accountId and updatedAt are needed");
    if (id == "unknown") site.violations.Count("report_unknown_account", "accountId \"unknown\" is nobody's");
    const auto before = site.privacy.reported.find(id);
    if (before != site.privacy.reported.end() && site.Now() - before->second < Privacy::kCycleDays * kDayMs) {
      site.violations.Count("report_too_often", "an account is reported once a cycle");
    }
    site.privacy.reported[id] = site.Now();
    if (const std::string status = StatusOf(site, id, *as_of); !status.empty()) {
      out.push_back({{"accountId", id}, {"status", status}});
    }
  }
  Answer answer;
  if (out.empty()) {
    answer.status = 204;
  } else {
    answer = JsonAnswer(200, nlohmann::json{{"accounts", out}}.dump());
  }
  answer.headers.Add("Cycle-Period", fmt::format("{}", Privacy::kCycleDays));
  return answer;
}

// {"accountId", "status": "closed" | "updated", "displayName": of an updated one}
Answer ChangeAccount(Site& site, Call& call) {
  const auto body = nlohmann::json::parse(call.body, nullptr, false);
  if (!body.is_object()) return JsonAnswer(400, R"({"error":"a JSON object is needed"})");
  const std::string id = body.value("accountId", std::string());
  const std::string status = body.value("status", std::string());
  if (status == "closed") {
    site.privacy.closed.insert(id);
    return JsonAnswer(200, "{}");
  }
  const auto user = site.world.Persons().ByAccountId(id);
  if (status != "updated" || !user)
    return JsonAnswer(400, R"({"error":"status closed, or updated of a known account"})");
  site.privacy.changed[id] = site.Now();
  if (body.contains("displayName")) {
    site.world.MutablePersons().Rename(*user, body["displayName"].get<std::string>());
  }
  return JsonAnswer(200, "{}");
}

Answer ListReports(Site& site, Call& /*call*/) {
  nlohmann::json out = nlohmann::json::object();
  for (const auto& [id, when] : site.privacy.reported) out[id] = when;
  return JsonAnswer(200, nlohmann::json{{"calls", site.privacy.calls}, {"reported", out}}.dump());
}

}  // namespace

void AddPrivacyRoutes(Router& router) {
  router.Add("POST", "/app/report-accounts", ReportAccounts);
  router.Add("POST", "/_control/accounts", ChangeAccount);
  router.Add("GET", "/_control/accounts/reports", ListReports);
}

}  // namespace tajo::jira_sim
