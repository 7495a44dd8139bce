#include "simulators/jira/oauth.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "common/base/random.h"
#include "common/net/url.h"
#include "simulators/jira/options.h"
#include "simulators/jira/violations.h"

namespace tajo::jira_sim {
namespace {

constexpr Millis kCodeTtl = 5 * 60'000;
constexpr Millis kReuseLeeway = 10 * 60'000;
constexpr Millis kRefreshTtl = 90LL * 86'400'000;

Answer OauthError(int status, std::string_view error, std::string_view description) {
  nlohmann::json body{{"error", error}, {"error_description", description}};
  return JsonAnswer(status, body.dump());
}

std::vector<std::string> Words(std::string_view text) {
  std::vector<std::string> out;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    if (end > 0) out.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

bool Contains(const std::vector<std::string>& all, std::string_view one) {
  return std::find(all.begin(), all.end(), one) != all.end();
}

std::string StringOf(const nlohmann::json& body, const char* key) {
  const auto found = body.find(key);
  return found != body.end() && found->is_string() ? found->get<std::string>() : std::string();
}

}  // namespace

Oauth::Oauth(const Options& options, base::Random& random, Violations& violations)
    : options_(options), random_(random), violations_(violations) {}

Answer Oauth::Authorize(const Call& call, Millis now) {
  const std::string redirect(call.Query("redirect_uri").value_or(""));
  if (call.Query("client_id") != options_.client_id) {
    violations_.Count("authorize_client_unknown", "GET /authorize: client_id");
    return OauthError(403, "unauthorized_client", "Unknown client");
  }
  if (call.Query("audience") != "api.atlassian.com" || call.Query("response_type") != "code" || redirect.empty() ||
      !call.Query("scope") || call.Query("state").value_or("").empty()) {
    violations_.Count(
        "authorize_invalid",
        "GET /authorize wants audience=api.atlassian.com, response_type=code, redirect_uri, scope, state");
    return OauthError(400, "invalid_request", "Missing or wrong parameter");
  }
  std::string target = redirect + (redirect.find('?') == std::string::npos ? '?' : '&');
  if (std::exchange(decline_, false)) {
    target += "error=access_denied&error_description=User%20did%20not%20authorize%20the%20request";
  } else {
    const std::string code = random_.Hex(24);
    codes_[code] = {redirect, Words(*call.Query("scope")), now + kCodeTtl};
    target += "code=" + code;
  }
  target += "&state=" + net::EncodeQueryValue(*call.Query("state"));
  Answer answer;
  answer.status = 302;
  answer.headers.Add("Location", target);
  return answer;
}

Answer Oauth::Token(const Call& call, Millis now) {
  if (call.content_type.find("application/json") == std::string::npos) {
    violations_.Count("token_form_encoded", "POST /oauth/token wants JSON");
    return OauthError(400, "invalid_request", "Content-Type must be application/json");
  }
  const auto body = nlohmann::json::parse(call.body, nullptr, false);
  if (!body.is_object()) {
    violations_.Count("body_invalid", "POST /oauth/token");
    return OauthError(400, "invalid_request", "Invalid JSON");
  }
  if (StringOf(body, "client_id") != options_.client_id ||
      StringOf(body, "client_secret") != options_.client_secret.Reveal()) {
    return OauthError(401, "access_denied", "Unauthorized");
  }
  const std::string type = StringOf(body, "grant_type");
  if (type == "authorization_code") {
    const auto found = codes_.find(StringOf(body, "code"));
    if (found == codes_.end() || found->second.expires < now ||
        found->second.redirect_uri != StringOf(body, "redirect_uri")) {
      if (found == codes_.end()) violations_.Count("code_unknown_or_reused", "POST /oauth/token");
      return OauthError(403, "invalid_grant", "Invalid authorization code");
    }
    const std::vector<std::string> scopes = std::move(found->second.scopes);
    codes_.erase(found);
    return Issue(next_grant_++, scopes, now);
  }
  if (type != "refresh_token") {
    violations_.Count("grant_type_unknown", "POST /oauth/token: grant_type");
    return OauthError(403, "unsupported_grant_type", "Unsupported grant type");
  }
  const auto found = refresh_.find(StringOf(body, "refresh_token"));
  if (found == refresh_.end() || found->second.expires < now) {
    return OauthError(403, "unauthorized_client", "refresh_token is invalid");
  }
  Refresh& old = found->second;
  if (old.rotated != 0 && now - old.rotated > kReuseLeeway) {
    violations_.Count("refresh_token_reused",
                      fmt::format("grant {}: used again after {} s", old.grant, (now - old.rotated) / 1000));
    return OauthError(403, "unauthorized_client", "refresh_token is invalid");
  }
  if (old.rotated == 0) old.rotated = now;
  const int64_t grant = old.grant;
  const std::vector<std::string> scopes = old.scopes;
  return Issue(grant, scopes, now);
}

Answer Oauth::Issue(int64_t grant, const std::vector<std::string>& scopes, Millis now) {
  nlohmann::json out{
      {"access_token", AddAccess(grant, scopes, now)}, {"expires_in", access_ttl_ / 1000}, {"token_type", "Bearer"}};
  std::string scope;
  for (const std::string& word : scopes) scope += (scope.empty() ? "" : " ") + word;
  out["scope"] = scope;
  if (Contains(scopes, "offline_access")) out["refresh_token"] = AddRefresh(grant, scopes, now);
  return JsonAnswer(200, out.dump());
}

std::string Oauth::AddAccess(int64_t grant, const std::vector<std::string>& scopes, Millis now) {
  std::string token = "eyJ" + random_.Hex(32);
  access_[token] = {{grant, scopes}, now + access_ttl_};
  return token;
}

std::string Oauth::AddRefresh(int64_t grant, const std::vector<std::string>& scopes, Millis now) {
  std::string token = "eyR" + random_.Hex(32);
  refresh_[token] = {grant, scopes, now + kRefreshTtl, 0};
  return token;
}

std::optional<Oauth::Access> Oauth::Check(std::string_view access_token, Millis now) const {
  const auto found = access_.find(access_token);
  if (found == access_.end() || found->second.expires <= now) return std::nullopt;
  return found->second.access;
}

Oauth::Tokens Oauth::MakeGrant(std::vector<std::string> scopes, Millis now) {
  const int64_t grant = next_grant_++;
  return {grant, AddAccess(grant, scopes, now), AddRefresh(grant, scopes, now)};
}

void Oauth::ExpireAccessTokens() {
  access_.clear();
}
void Oauth::KillRefreshTokens() {
  refresh_.clear();
}

}  // namespace tajo::jira_sim
