#include <algorithm>
#include <utility>

#include "common/base/error.h"
#include "common/store/grants.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::store {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kLockLife{90'000};  // longer than the attempts of one refresh
constexpr milliseconds kPollEvery{200};
constexpr int kPolls = 600;  // two minutes
constexpr int kAttempts = 3;
constexpr milliseconds kBetweenAttempts{1'000};
constexpr int64_t kMarginMs = 60'000;  // refreshed that long before it expires

bool IsPassing(const absl::Status& status) {
  switch (base::ReasonOf(status)) {
    case jira::v1::JIRA_UNAVAILABLE:
    case jira::v1::UPSTREAM_UNREACHABLE:
    case jira::v1::UPSTREAM_AMBIGUOUS:
    case jira::v1::REDIS_UNAVAILABLE:
    case jira::v1::REDIS_AMBIGUOUS:
      return true;
    default:
      return false;
  }
}

jira::AccessToken TokenOf(const jira::v1::Grant& grant) {
  return {base::Secret(grant.access_token()), grant.generation(), grant.expires_ms()};
}

class GrantTokens final : public jira::TokenSource {
 public:
  GrantTokens(Grants& grants, jira::OAuthClient& oauth, base::Clock& clock, std::string grant_id)
      : grants_(grants), oauth_(oauth), clock_(clock), grant_id_(std::move(grant_id)) {}

  base::Task<absl::StatusOr<jira::AccessToken>> Get() override {
    if (IsGood(last_)) co_return last_;
    TAJO_CO_ASSIGN_OR_RETURN(const jira::v1::Grant grant, co_await grants_.GetGrant(grant_id_));
    last_ = TokenOf(grant);
    if (IsGood(last_)) co_return last_;
    co_return co_await Renew(last_.generation);
  }

  base::Task<absl::StatusOr<jira::AccessToken>> Renew(int64_t refused_generation) override {
    for (int poll = 0; poll < kPolls; ++poll) {
      TAJO_CO_ASSIGN_OR_RETURN(const std::optional<std::string> lock, co_await grants_.Lock(grant_id_, kLockLife));
      // Read after the lock: whoever had it before may have refreshed.
      absl::StatusOr<jira::v1::Grant> grant = co_await grants_.GetGrant(grant_id_);
      const bool renewed = grant.ok() && grant->generation() > refused_generation;
      if (lock && grant.ok() && !renewed) grant = co_await Refresh(*std::move(grant));
      if (lock) {
        // If this fails the lock expires by itself.
        const absl::Status unlocked = co_await grants_.Unlock(grant_id_, *lock);
        static_cast<void>(unlocked.ok());
      }
      if (!grant.ok()) co_return grant.status();
      if (lock || renewed) {
        last_ = TokenOf(*grant);
        co_return last_;
      }
      co_await clock_.Sleep(kPollEvery);
    }
    co_return base::Error(jira::v1::JIRA_UNAVAILABLE, "another process is refreshing the OAuth token and doesn't end");
  }

 private:
  bool IsGood(const jira::AccessToken& token) const {
    return !token.token.Empty() && token.expires_ms > base::ToMillis(clock_.Now()) + kMarginMs;
  }

  // The refresh token rotates, so the new one is stored before the access token is used. An exchange
  // whose answer was lost is repeated: the old refresh token works for ten more minutes.
  base::Task<absl::StatusOr<jira::v1::Grant>> Refresh(jira::v1::Grant grant) {
    TAJO_CO_ASSIGN_OR_RETURN(const jira::OAuthTokens tokens, co_await Exchange(grant));
    jira::v1::Grant next = grant;
    next.set_generation(grant.generation() + 1);
    next.set_access_token(tokens.access_token.Reveal());
    if (!tokens.refresh_token.Empty()) next.set_refresh_token(tokens.refresh_token.Reveal());
    next.set_expires_ms(base::ToMillis(clock_.Now()) + tokens.expires_in_s * 1000);
    if (!tokens.scopes.empty()) next.mutable_scopes()->Assign(tokens.scopes.begin(), tokens.scopes.end());
    for (int attempt = 1;; ++attempt) {
      const absl::StatusOr<bool> stored = co_await grants_.ReplaceGrant(grant_id_, next);
      if (stored.ok() && *stored) co_return next;
      // Stored by the attempt whose answer was lost, or replaced by somebody else: what stands counts.
      if (stored.ok()) co_return co_await grants_.GetGrant(grant_id_);
      if (attempt == kAttempts || !IsPassing(stored.status())) co_return stored.status();
      co_await clock_.Sleep(kBetweenAttempts);
    }
  }

  // With the app's newest secret, and with the former one while it is rotated.
  base::Task<absl::StatusOr<jira::OAuthTokens>> Exchange(const jira::v1::Grant& grant) {
    TAJO_CO_ASSIGN_OR_RETURN(const jira::v1::App app, co_await grants_.GetApp(grant.app_id()));
    absl::Status last = base::Error(jira::v1::OAUTH_CLIENT_INVALID, "the OAuth app has no client secret");
    for (const std::string& secret : app.client_secrets()) {
      for (int attempt = 1; attempt <= kAttempts; ++attempt) {
        if (attempt > 1) co_await clock_.Sleep(kBetweenAttempts);
        base::Secret client_secret(secret);
        base::Secret refresh_token(grant.refresh_token());
        absl::StatusOr<jira::OAuthTokens> tokens =
            co_await oauth_.Refresh(app.client_id(), std::move(client_secret), std::move(refresh_token));
        if (tokens.ok()) co_return std::move(tokens);
        last = tokens.status();
        if (!IsPassing(last)) break;
      }
      if (base::ReasonOf(last) != jira::v1::OAUTH_CLIENT_INVALID) break;
    }
    co_return last;
  }

  Grants& grants_;
  jira::OAuthClient& oauth_;
  base::Clock& clock_;
  std::string grant_id_;
  jira::AccessToken last_;
};

}  // namespace

std::unique_ptr<jira::TokenSource> MakeTokenSource(Grants& grants, jira::OAuthClient& oauth, base::Clock& clock,
                                                   std::string grant_id) {
  return std::make_unique<GrantTokens>(grants, oauth, clock, std::move(grant_id));
}

}  // namespace tajo::store
