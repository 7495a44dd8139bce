#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "simulators/jira/call.h"

namespace tajo::base {
class Random;
}

namespace tajo::jira_sim {

struct Options;

// The authorization server: consent without a person, rotating refresh tokens, access tokens.
class Oauth {
 public:
  Oauth(const Options& options, base::Random& random, Violations& violations);

  // GET /authorize: consents at once and sends the browser back.
  Answer Authorize(const Call& call, Millis now);
  // POST /oauth/token
  Answer Token(const Call& call, Millis now);

  struct Access {
    int64_t grant = 0;
    std::vector<std::string> scopes;
  };
  // The grant behind an access token.
  std::optional<Access> Check(std::string_view access_token, Millis now) const;

  // A grant as consent and code exchange would give it, for tests that begin later.
  struct Tokens {
    int64_t grant = 0;
    std::string access_token;
    std::string refresh_token;
  };
  Tokens MakeGrant(std::vector<std::string> scopes, Millis now);

  // Faults: access tokens die at once; refresh tokens too.
  void ExpireAccessTokens();
  void KillRefreshTokens();
  void SetAccessTtl(Millis ttl) { access_ttl_ = ttl; }
  void DeclineNextConsent() { decline_ = true; }

 private:
  struct Code {
    std::string redirect_uri;
    std::vector<std::string> scopes;
    Millis expires = 0;
  };
  struct Refresh {
    int64_t grant = 0;
    std::vector<std::string> scopes;
    Millis expires = 0;  // after 90 days without use
    Millis rotated = 0;  // when it was used; for ten minutes it still works
  };
  struct AccessToken {
    Access access;
    Millis expires = 0;
  };

  Answer Issue(int64_t grant, const std::vector<std::string>& scopes, Millis now);
  std::string AddAccess(int64_t grant, const std::vector<std::string>& scopes, Millis now);
  std::string AddRefresh(int64_t grant, const std::vector<std::string>& scopes, Millis now);

  const Options& options_;
  base::Random& random_;
  Violations& violations_;
  Millis access_ttl_ = 3'600'000;
  bool decline_ = false;
  int64_t next_grant_ = 1;
  std::map<std::string, Code, std::less<>> codes_;
  std::map<std::string, Refresh, std::less<>> refresh_;
  std::map<std::string, AccessToken, std::less<>> access_;
};

}  // namespace tajo::jira_sim
