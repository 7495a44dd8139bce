#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/base/secret.h"
#include "common/base/task.h"
#include "common/net/http_client.h"
#include "tajo/jira/v1/connection.pb.h"

namespace tajo::jira {

// What a connection asks for at consent. offline_access brings the refresh token; boards and sprints have
// scopes of their own, which only a config with sprints needs.
std::vector<std::string> WantedScopes(const v1::ConnectionConfig& config);
// Those of `wanted` that a consent didn't bring and that the connector doesn't work without. None where the
// token's answer named no scopes.
std::vector<std::string> MissingScopes(const std::vector<std::string>& wanted, const std::vector<std::string>& granted);

struct OAuthTokens {
  base::Secret access_token;
  base::Secret refresh_token;  // rotating: store it before the access token is used; empty without offline_access
  int64_t expires_in_s = 0;
  std::vector<std::string> scopes;
};

// A site that the grant covers.
struct AccessibleResource {
  std::string cloud_id;
  std::string url;  // "https://your-domain.atlassian.net"
  std::string name;
  std::vector<std::string> scopes;
};

// Atlassian's OAuth 2.0 (3LO) endpoints. No retries here: a refresh whose answer was lost must be
// repeated by the grant's owner, within the 10 minutes that the old refresh token still works.
// Errors: OAUTH_REAUTHORIZATION_REQUIRED (the grant is dead), OAUTH_CLIENT_INVALID (wrong client id
// or secret: consent would not help), JIRA_RATE_LIMITED, JIRA_UNAVAILABLE, JIRA_RESPONSE_INVALID,
// UPSTREAM_*. `http` outlives it.
class OAuthClient {
 public:
  explicit OAuthClient(net::HttpClient& http, std::string auth_url = "https://auth.atlassian.com",
                       std::string api_url = "https://api.atlassian.com");

  // Where to send the person who consents.
  std::string AuthorizationUrl(const std::string& client_id, const std::vector<std::string>& scopes,
                               const std::string& redirect_uri, const std::string& state) const;

  base::Task<absl::StatusOr<OAuthTokens>> ExchangeCode(std::string client_id, base::Secret client_secret,
                                                       std::string code, std::string redirect_uri);
  base::Task<absl::StatusOr<OAuthTokens>> Refresh(std::string client_id, base::Secret client_secret,
                                                  base::Secret refresh_token);
  // Sites with at least one Jira scope; the same cloud id stands there once.
  base::Task<absl::StatusOr<std::vector<AccessibleResource>>> AccessibleResources(base::Secret access_token);

 private:
  base::Task<absl::StatusOr<OAuthTokens>> Token(std::string body);

  net::HttpClient& http_;
  std::string auth_url_;
  std::string api_url_;
};

}  // namespace tajo::jira
