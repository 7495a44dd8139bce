#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "simulators/jira/router.h"
#include "simulators/jira/site.h"

namespace tajo::jira_sim {
namespace {

Answer Authorize(Site& site, Call& call) {
  return site.oauth.Authorize(call, site.Now());
}
Answer Token(Site& site, Call& call) {
  return site.oauth.Token(call, site.Now());
}

Answer Resources(Site& site, Call& call) {
  constexpr std::string_view kBearer = "Bearer ";
  if (!call.authorization.starts_with(kBearer)) return GatewayRefusal(401, "Unauthorized");
  const auto access = site.oauth.Check(std::string_view(call.authorization).substr(kBearer.size()), site.Now());
  if (!access) return GatewayRefusal(401, "Unauthorized");
  nlohmann::json scopes = nlohmann::json::array();
  for (const std::string& scope : access->scopes) {
    if (scope != "offline_access") scopes.push_back(scope);
  }
  // The same site once more for another product: clients tell them apart by scopes.
  const nlohmann::json jira{
      {"id", site.options.cloud_id},
      {"url", site.SiteUrl()},
      {"name", "tajo"},
      {"scopes", scopes},
      {"avatarUrl", "https://site-admin-avatar-cdn.prod.public.atl-paas.net/avatars/240/flag.png"}};
  nlohmann::json confluence = jira;
  confluence["scopes"] = {"read:confluence-content.all"};
  return JsonAnswer(200, nlohmann::json::array({jira, confluence}).dump());
}

Answer TenantInfo(Site& site, Call& /*call*/) {
  return JsonAnswer(200, nlohmann::json{{"cloudId", site.options.cloud_id}}.dump());
}

}  // namespace

void AddOauthRoutes(Router& router) {
  router.Add("GET", "/authorize", Authorize);
  router.Add("POST", "/oauth/token", Token);
  router.Add("GET", "/oauth/token/accessible-resources", Resources);
  router.Add("GET", "/_edge/tenant_info", TenantInfo);
}

}  // namespace tajo::jira_sim
