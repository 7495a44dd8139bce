#include "common/jira/oauth.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>
#include <utility>

#include "common/base/error.h"
#include "common/jira/body.h"
#include "common/jira/errors.h"
#include "common/jira/url.h"
#include "common/json/parse.h"
#include "common/json/reader.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::jira {
namespace {

std::string JoinScopes(const std::vector<std::string>& scopes) {
  return fmt::format("{}", fmt::join(scopes, " "));
}

std::vector<std::string> SplitScopes(std::string_view text) {
  std::vector<std::string> scopes;
  while (!text.empty()) {
    const std::size_t space = text.find(' ');
    if (space != 0) scopes.emplace_back(text.substr(0, space));
    if (space == std::string_view::npos) break;
    text.remove_prefix(space + 1);
  }
  return scopes;
}

// The token endpoint's error words decide, not its status: dead grants come as 403 and as 400.
absl::Status TokenError(const net::HttpResponse& response) {
  const auto document = json::ParseJson(response.body, v1::JIRA_RESPONSE_INVALID, {1u << 20, 50});
  const std::string word = document.ok() ? json::Reader(*document).String("error").value_or("") : std::string();
  const std::string text = VendorText(response);
  if (word == "unauthorized_client" || word == "invalid_grant") {
    return base::Error(
        v1::OAUTH_REAUTHORIZATION_REQUIRED,
        fmt::format("Atlassian refused the grant ({}): it expired, was revoked or was used twice; consent again",
                    text));
  }
  if (word == "access_denied" || word == "invalid_client") {
    return base::Error(v1::OAUTH_CLIENT_INVALID,
                       fmt::format("Atlassian refused the client id or secret ({}): correct the app's credentials; "
                                   "consenting again would not help",
                                   text));
  }
  return ErrorFrom(response, "oauth/token", base::WallTime());
}

bool HasJiraScope(const AccessibleResource& resource) {
  return std::ranges::any_of(resource.scopes,
                             [](const std::string& scope) { return scope.find("jira") != std::string::npos; });
}

}  // namespace

std::vector<std::string> WantedScopes(const v1::ConnectionConfig& config) {
  std::vector<std::string> scopes{"read:jira-work",      "read:jira-user",       "write:jira-work", "read:me",
                                  "manage:jira-webhook", "report:personal-data", "offline_access"};
  if (config.milestones().sprints()) {
    scopes.insert(scopes.end(), {"read:board-scope:jira-software", "read:sprint:jira-software"});
  }
  return scopes;
}

std::vector<std::string> MissingScopes(const std::vector<std::string>& wanted,
                                       const std::vector<std::string>& granted) {
  if (granted.empty()) return {};
  // offline_access shows by its refresh token; without those of sprints they are known by webhooks only, which
  // `status` tells; without the others nothing fails.
  const std::vector<std::string> spared{"offline_access", "read:me", "report:personal-data",
                                        "read:board-scope:jira-software", "read:sprint:jira-software"};
  std::vector<std::string> missing;
  std::ranges::copy_if(wanted, std::back_inserter(missing), [&](const std::string& scope) {
    return std::ranges::find(granted, scope) == granted.end() && std::ranges::find(spared, scope) == spared.end();
  });
  return missing;
}

OAuthClient::OAuthClient(net::HttpClient& http, std::string auth_url, std::string api_url)
    : http_(http), auth_url_(NormaliseBaseUrl(auth_url)), api_url_(NormaliseBaseUrl(api_url)) {}

std::string OAuthClient::AuthorizationUrl(const std::string& client_id, const std::vector<std::string>& scopes,
                                          const std::string& redirect_uri, const std::string& state) const {
  PathBuilder url(auth_url_ + "/authorize");
  url.Add("audience", "api.atlassian.com")
      .Add("client_id", client_id)
      .Add("scope", JoinScopes(scopes))
      .Add("redirect_uri", redirect_uri)
      .Add("state", state)
      .Add("response_type", "code")
      .Add("prompt", "consent");
  return std::move(url).Build();
}

base::Task<absl::StatusOr<OAuthTokens>> OAuthClient::ExchangeCode(std::string client_id, base::Secret client_secret,
                                                                  std::string code, std::string redirect_uri) {
  nlohmann::json body;
  body["grant_type"] = "authorization_code";
  body["client_id"] = client_id;
  body["client_secret"] = client_secret.Reveal();
  body["code"] = code;
  body["redirect_uri"] = redirect_uri;
  std::string text = Dump(body);
  co_return co_await Token(std::move(text));
}

base::Task<absl::StatusOr<OAuthTokens>> OAuthClient::Refresh(std::string client_id, base::Secret client_secret,
                                                             base::Secret refresh_token) {
  nlohmann::json body;
  body["grant_type"] = "refresh_token";
  body["client_id"] = client_id;
  body["client_secret"] = client_secret.Reveal();
  body["refresh_token"] = refresh_token.Reveal();
  std::string text = Dump(body);
  co_return co_await Token(std::move(text));
}

base::Task<absl::StatusOr<OAuthTokens>> OAuthClient::Token(std::string body) {
  net::HttpRequest request;
  request.method = net::Method::kPost;
  request.url = auth_url_ + "/oauth/token";
  request.headers.Add("Content-Type", "application/json");
  request.headers.Add("Accept", "application/json");
  request.body = std::move(body);
  auto response = co_await http_.Send(std::move(request));
  if (!response.ok()) co_return response.status();
  if (response->status != 200) co_return TokenError(*response);

  const auto document = json::ParseJson(response->body, v1::JIRA_RESPONSE_INVALID, {1u << 20, 50});
  if (!document.ok()) co_return document.status();
  const json::Reader root(*document, v1::JIRA_RESPONSE_INVALID);
  auto access_token = root.RequireString("access_token");
  if (!access_token.ok()) co_return access_token.status();
  OAuthTokens tokens;
  tokens.access_token = base::Secret(*std::move(access_token));
  tokens.refresh_token = base::Secret(root.String("refresh_token").value_or(""));
  tokens.expires_in_s = root.Int64("expires_in").value_or(3600);
  tokens.scopes = SplitScopes(root.String("scope").value_or(""));
  co_return tokens;
}

base::Task<absl::StatusOr<std::vector<AccessibleResource>>> OAuthClient::AccessibleResources(
    base::Secret access_token) {
  net::HttpRequest request;
  request.url = api_url_ + "/oauth/token/accessible-resources";
  request.headers.Add("Authorization", "Bearer " + access_token.Reveal());
  request.headers.Add("Accept", "application/json");
  auto response = co_await http_.Send(std::move(request));
  if (!response.ok()) co_return response.status();
  if (response->status != 200) co_return ErrorFrom(*response, "oauth/token/accessible-resources", base::WallTime());

  const auto document = json::ParseJson(response->body, v1::JIRA_RESPONSE_INVALID);
  if (!document.ok()) co_return document.status();
  std::vector<AccessibleResource> resources;
  for (const json::Reader& item : json::Reader(*document).Items()) {
    AccessibleResource resource;
    resource.cloud_id = item.String("id").value_or("");
    resource.url = item.String("url").value_or("");
    resource.name = item.String("name").value_or("");
    for (const json::Reader& scope : item.Items("scopes")) {
      if (auto text = scope.String()) resource.scopes.push_back(*std::move(text));
    }
    // Confluence has an entry of its own with the same cloud id.
    const bool known = std::ranges::any_of(
        resources, [&](const AccessibleResource& other) { return other.cloud_id == resource.cloud_id; });
    if (!resource.cloud_id.empty() && !known && HasJiraScope(resource)) resources.push_back(std::move(resource));
  }
  co_return resources;
}

}  // namespace tajo::jira
