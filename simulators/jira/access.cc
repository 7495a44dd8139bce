#include "simulators/jira/access.h"

#include <algorithm>

#include "common/crypto/base64.h"
#include "simulators/jira/site.h"

namespace tajo::jira_sim {
namespace {

constexpr std::string_view kBasic = "Basic ";
constexpr std::string_view kBearer = "Bearer ";

Answer NotAuthenticated(const Call& call) {
  if (call.gateway) return GatewayRefusal(401, "Unauthorized");
  Answer answer = Refusal(401, "Client must be authenticated to access this resource.");
  answer.headers.Add("WWW-Authenticate", "OAuth realm=\"https%3A%2F%2Fjira\"");
  return answer;
}

bool IsOurToken(const Site& site, std::string_view encoded) {
  const auto text = crypto::UnBase64(encoded);
  return text && *text == site.options.email + ':' + site.options.api_token.Reveal();
}

}  // namespace

std::optional<Answer> CheckAccess(Site& site, Call& call, const RouteTraits& traits) {
  const std::string_view authorization = call.authorization;
  if (authorization.starts_with(kBearer)) {
    if (!call.gateway) {
      site.violations.Count("oauth_token_on_site_host", call.method + " " + call.path);
      return NotAuthenticated(call);
    }
    const auto access = site.oauth.Check(authorization.substr(kBearer.size()), site.Now());
    if (!access) return GatewayRefusal(401, "Unauthorized");
    call.principal = {Credential::kOauth, access->grant, access->scopes};
    for (const std::string& scope : traits.scopes) {
      if (std::find(access->scopes.begin(), access->scopes.end(), scope) == access->scopes.end()) {
        return GatewayRefusal(401, "Unauthorized; scope does not match");
      }
    }
    return std::nullopt;
  }
  if (authorization.starts_with(kBasic) && IsOurToken(site, authorization.substr(kBasic.size()))) {
    call.principal = {Credential::kApiToken, 0, {}};
    return std::nullopt;
  }
  if (traits.anonymous && (site.options.anonymous_search || traits.scopes.empty())) return std::nullopt;
  return NotAuthenticated(call);
}

}  // namespace tajo::jira_sim
