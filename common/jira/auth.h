#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "common/base/secret.h"
#include "common/base/task.h"

namespace tajo::jira {

// Where calls go and the value of their `Authorization` header. `header` is a secret: never log it.
struct Authorization {
  std::string base_url;  // "https://your-domain.atlassian.net" or "{api_url}/ex/jira/{cloudId}", without a final slash
  std::string header;
  int64_t generation = 0;  // OAuth: of the token inside
};

class Authorizer {
 public:
  virtual ~Authorizer() = default;
  virtual base::Task<absl::StatusOr<Authorization>> Current() = 0;
  // Called once after a 401 (never for a missing scope): makes Current() return another
  // authorization than the refused one, or says why there is none.
  virtual base::Task<absl::Status> Renew(const Authorization& refused) = 0;
};

// An API token: e-mail as user name, token as password. With `cloud_id` (scoped tokens and service
// accounts) calls go through `api_url`, since the site itself refuses scoped tokens.
class BasicAuthorizer final : public Authorizer {
 public:
  BasicAuthorizer(std::string site_url, std::string email, const base::Secret& api_token, std::string cloud_id = {},
                  std::string api_url = "https://api.atlassian.com");

  base::Task<absl::StatusOr<Authorization>> Current() override;
  // JIRA_AUTHENTICATION_FAILED: a person has to make a new token.
  base::Task<absl::Status> Renew(const Authorization& refused) override;

 private:
  std::string base_url_;
  base::Secret header_;
};

struct AccessToken {
  base::Secret token;
  int64_t generation = 0;  // grows by one at each refresh
  int64_t expires_ms = 0;  // since 1970, UTC
};

// The access token of one grant, shared by all processes that use the grant.
class TokenSource {
 public:
  virtual ~TokenSource() = default;
  // A token that is good for the next call; refreshed if it is about to expire.
  virtual base::Task<absl::StatusOr<AccessToken>> Get() = 0;
  // Jira refused the token of that generation: a newer one, refreshed at most once for all who ask.
  virtual base::Task<absl::StatusOr<AccessToken>> Renew(int64_t refused_generation) = 0;
};

// OAuth 2.0 (3LO). Such tokens don't work on *.atlassian.net: all calls go through `api_url`.
// `tokens` outlives it.
class OAuthAuthorizer final : public Authorizer {
 public:
  OAuthAuthorizer(TokenSource& tokens, std::string cloud_id, std::string api_url = "https://api.atlassian.com");

  base::Task<absl::StatusOr<Authorization>> Current() override;
  base::Task<absl::Status> Renew(const Authorization& refused) override;

 private:
  TokenSource& tokens_;
  std::string base_url_;
};

}  // namespace tajo::jira
