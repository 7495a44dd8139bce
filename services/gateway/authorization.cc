#include "services/gateway/authorization.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/this_coro.hpp>
#include <utility>
#include <vector>

#include "common/base/error.h"
#include "common/config/connection_rules.h"
#include "common/jira/client.h"
#include "common/jira/connection.h"
#include "common/jira/oauth.h"
#include "services/gateway/connect_request.h"
#include "services/gateway/directory.h"
#include "services/gateway/render.h"
#include "services/gateway/syncs.h"
#include "services/gateway/verification.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::gateway {
namespace {

namespace v1 = ::tajo::jira::v1;

constexpr int64_t kStateLifeMs = 10 * 60'000;

// The access token that a consent just brought; not stored yet, so not to be refreshed.
class NewToken final : public jira::TokenSource {
 public:
  explicit NewToken(base::Secret token) : token_{std::move(token), 1, 0} {}

  base::Task<absl::StatusOr<jira::AccessToken>> Get() override { co_return token_; }
  base::Task<absl::StatusOr<jira::AccessToken>> Renew(int64_t /*refused_generation*/) override {
    co_return base::Error(v1::JIRA_AUTHENTICATION_FAILED, "Jira refused the token that it had just given");
  }

 private:
  jira::AccessToken token_;
};

jira::OAuthClient OAuthOf(Backend& backend) {
  const access::Endpoints& endpoints = backend.options.endpoints;
  return jira::OAuthClient(backend.http, endpoints.jira_auth_url, endpoints.jira_api_url);
}

absl::Status Declined(const std::string& error) {
  // Only words that the OAuth specification knows are repeated.
  const bool denied = error == "access_denied";
  return base::Error(v1::OAUTH_CONSENT_DECLINED,
                     denied ? "the Jira administrator declined; begin the authorization again"
                            : "Atlassian ended the consent with an error; begin the authorization again");
}

// The granted site with that cloud id, or OAUTH_SITE_NOT_GRANTED naming those that are granted.
absl::StatusOr<jira::AccessibleResource> Granted(const std::vector<jira::AccessibleResource>& resources,
                                                 const std::string& cloud_id) {
  std::vector<std::string> sites;
  for (const jira::AccessibleResource& resource : resources) {
    if (resource.cloud_id == cloud_id) return resource;
    sites.push_back(fmt::format("{} ({})", resource.cloud_id, resource.url));
  }
  return base::FieldError(v1::OAUTH_SITE_NOT_GRANTED, "oauth.cloud_id",
                          fmt::format("the consent doesn't cover the site {}; granted: {}; consent again and choose "
                                      "that site, or connect with its cloud_id",
                                      cloud_id, sites.empty() ? "no site" : fmt::format("{}", fmt::join(sites, ", "))));
}

// A scope that is missing now would fail some call much later, far from whoever can add it.
absl::Status CheckScopes(const v1::ConnectionConfig& config, const std::vector<std::string>& granted) {
  const std::vector<std::string> missing = jira::MissingScopes(jira::WantedScopes(config), granted);
  if (missing.empty()) return absl::OkStatus();
  return base::Error(v1::JIRA_SCOPE_MISSING,
                     fmt::format("the consent lacks {}: add {} to the app's permissions in Atlassian's developer "
                                 "console and consent again",
                                 fmt::join(missing, ", "), missing.size() == 1 ? "it" : "them"));
}

base::Task<JiraFindings> VerifyGrant(Backend& backend, store::ConnectionRecord record, v1::Credentials credentials,
                                     base::Secret token, Problems& problems) {
  NewToken tokens(std::move(token));
  jira::OAuthAuthorizer authorizer(tokens, credentials.cloud_id(), backend.options.endpoints.jira_api_url);
  const auto governor = backend.quotas.ForJira(record.connection_id, record.config, credentials);
  jira::ConnectionOptions options;
  options.timeout = backend.options.endpoints.jira_timeout;
  jira::RetryingConnection connection(backend.http, authorizer, *governor, backend.clock, backend.random, options,
                                      backend.jira_observer);
  jira::Client client(connection);
  co_return co_await VerifyJira(client, std::move(record.config), problems);
}

v1::Grant GrantOf(const jira::OAuthTokens& tokens, const std::string& app_id, int64_t now_ms) {
  v1::Grant grant;
  grant.set_app_id(app_id);
  grant.set_access_token(tokens.access_token.Reveal());
  grant.set_refresh_token(tokens.refresh_token.Reveal());
  grant.set_expires_ms(now_ms + tokens.expires_in_s * 1000);
  for (const std::string& scope : tokens.scopes) grant.add_scopes(scope);
  return grant;
}

base::Task<absl::Status> Activate(Backend& backend, store::ConnectionRecord verified) {
  TAJO_CO_ASSIGN_OR_RETURN(store::ConnectionRecord record, co_await backend.connections.Get(verified.connection_id));
  record.config.set_site_url(verified.config.site_url());
  record.site_host = verified.site_host;
  record.account_id = verified.account_id;
  record.time_zone = verified.time_zone;
  record.state = v1::ACTIVE;
  record.reason.clear();
  const auto updated = co_await backend.connections.Update(std::move(record));
  co_return updated.status();
}

struct Consent {
  store::ConnectionRecord record;
  v1::Credentials credentials;
  jira::OAuthTokens tokens;
};

base::Task<absl::StatusOr<Consent>> VerifyConsent(Backend& backend, store::ConnectionRecord record, std::string code) {
  Consent consent;
  TAJO_CO_ASSIGN_OR_RETURN(consent.credentials, co_await backend.connections.GetCredentials(record.connection_id));
  if (consent.credentials.app_id().empty()) {
    co_return base::Error(v1::REQUEST_INVALID, "this connection logs in with an API token: it needs no consent");
  }
  TAJO_CO_ASSIGN_OR_RETURN(const v1::App app, co_await backend.grants.GetApp(consent.credentials.app_id()));
  jira::OAuthClient oauth = OAuthOf(backend);
  std::string client_id = app.client_id();
  base::Secret secret(app.client_secrets_size() > 0 ? app.client_secrets(0) : std::string());
  std::string redirect = app.redirect_uri();
  TAJO_CO_ASSIGN_OR_RETURN(consent.tokens, co_await oauth.ExchangeCode(std::move(client_id), std::move(secret),
                                                                       std::move(code), std::move(redirect)));
  if (consent.tokens.refresh_token.Empty()) {
    co_return base::Error(v1::JIRA_SCOPE_MISSING,
                          "the consent brought no refresh token: the app needs the scope offline_access");
  }
  TAJO_CO_RETURN_IF_ERROR(CheckScopes(record.config, consent.tokens.scopes));
  base::Secret token = consent.tokens.access_token;
  TAJO_CO_ASSIGN_OR_RETURN(const std::vector<jira::AccessibleResource> resources,
                           co_await oauth.AccessibleResources(std::move(token)));
  TAJO_CO_ASSIGN_OR_RETURN(const jira::AccessibleResource site, Granted(resources, consent.credentials.cloud_id()));
  if (const auto url = config::NormaliseSite(site.url)) record.config.set_site_url(*url);
  record.site_host = SiteHost(record.config.site_url());
  Problems problems;
  base::Secret again = consent.tokens.access_token;
  const JiraFindings findings = co_await VerifyGrant(backend, record, consent.credentials, std::move(again), problems);
  if (!problems.Empty()) co_return problems.ToStatus();
  record.account_id = findings.account_id;
  record.time_zone = findings.time_zone;
  consent.record = std::move(record);
  co_return consent;
}

// The grant first, then the credentials that name it, the state last: the worker finds all of it when
// it begins. What was written before a failure is taken back.
base::Task<absl::Status> StoreConsent(Backend& backend, Consent consent) {
  const std::string id = consent.record.connection_id;
  const v1::Credentials before = consent.credentials;
  v1::Grant grant = GrantOf(consent.tokens, before.app_id(), base::ToMillis(backend.clock.Now()));
  TAJO_CO_ASSIGN_OR_RETURN(const std::string grant_id, co_await backend.grants.CreateGrant(std::move(grant)));
  consent.credentials.set_grant_id(grant_id);
  absl::Status stored = co_await backend.connections.UpdateCredentials(id, consent.credentials);
  if (stored.ok()) stored = co_await Activate(backend, std::move(consent.record));
  if (!stored.ok()) {
    const absl::Status restored = co_await backend.connections.UpdateCredentials(id, before);
    if (!restored.ok()) backend.log.Warn("former credentials could not be put back", {{"connection", id}});
  }
  const std::string superfluous = stored.ok() ? before.grant_id() : grant_id;
  if (!superfluous.empty()) {
    const absl::Status removed = co_await backend.grants.DeleteGrant(superfluous);
    if (!removed.ok()) backend.log.Warn("a grant that nothing needs is left", {{"grant", superfluous}});
  }
  co_return stored;
}

}  // namespace

base::Task<absl::Status> VerifyApp(Backend& backend, v1::App app) {
  jira::OAuthClient oauth = OAuthOf(backend);
  std::string client_id = app.client_id();
  base::Secret secret(app.client_secrets(0));
  // Atlassian looks at the client first: a refresh token that can't be good is refused as a dead grant
  // only if id and secret are right.
  base::Secret nothing("none");
  const auto answer = co_await oauth.Refresh(std::move(client_id), std::move(secret), std::move(nothing));
  if (answer.ok() || base::ReasonOf(answer.status()) == v1::OAUTH_REAUTHORIZATION_REQUIRED) co_return absl::OkStatus();
  co_return base::Annotate(answer.status(), "Jira");
}

base::Task<absl::StatusOr<v1::BeginAuthorizationResponse>> BeginConsent(Backend& backend,
                                                                        store::ConnectionRecord record,
                                                                        std::string app_id) {
  TAJO_CO_ASSIGN_OR_RETURN(const v1::App app, co_await backend.grants.GetApp(std::move(app_id)));
  const int64_t now_ms = base::ToMillis(backend.clock.Now());
  TAJO_CO_ASSIGN_OR_RETURN(const std::string state, co_await backend.grants.PutState(record.connection_id));
  v1::BeginAuthorizationResponse response;
  response.set_authorization_url(
      OAuthOf(backend).AuthorizationUrl(app.client_id(), jira::WantedScopes(record.config), app.redirect_uri(), state));
  *response.mutable_expires_at() = TimestampOf(now_ms + kStateLifeMs);
  co_return response;
}

base::Task<absl::StatusOr<v1::BeginAuthorizationResponse>> AuthorizationCalls::Begin(
    Caller caller, v1::BeginAuthorizationRequest request) {
  TAJO_CO_ASSIGN_OR_RETURN(const store::ConnectionRecord record,
                           co_await FindConnection(backend_.connections, caller, request.connection()));
  TAJO_CO_ASSIGN_OR_RETURN(const v1::Credentials credentials,
                           co_await backend_.connections.GetCredentials(record.connection_id));
  if (credentials.app_id().empty()) {
    co_return base::Error(v1::REQUEST_INVALID, "this connection logs in with an API token: it needs no consent");
  }
  co_return co_await BeginConsent(backend_, record, credentials.app_id());
}

base::Task<absl::StatusOr<v1::CompleteAuthorizationResponse>> AuthorizationCalls::Complete(
    Caller caller, v1::CompleteAuthorizationRequest request) {
  if (request.state().empty()) {
    co_return base::FieldError(v1::OAUTH_STATE_INVALID, "state", "state is missing: pass on what the callback had");
  }
  if (request.code().empty() && request.error().empty()) {
    co_return base::FieldError(v1::REQUEST_INVALID, "code", "code is missing: pass on what the callback had");
  }
  TAJO_CO_ASSIGN_OR_RETURN(const std::string id, co_await backend_.grants.TakeState(request.state()));
  v1::ConnectionRef ref;
  ref.set_connection_id(id);
  TAJO_CO_ASSIGN_OR_RETURN(store::ConnectionRecord record,
                           co_await FindConnection(backend_.connections, caller, std::move(ref)));
  if (!request.error().empty()) co_return Declined(request.error());
  const bool first = record.state == v1::PENDING;
  TAJO_CO_ASSIGN_OR_RETURN(Consent consent, co_await VerifyConsent(backend_, std::move(record), request.code()));
  co_await boost::asio::this_coro::reset_cancellation_state(boost::asio::disable_cancellation());
  TAJO_CO_RETURN_IF_ERROR(co_await StoreConsent(backend_, std::move(consent)));
  v1::CompleteAuthorizationResponse response;
  if (first) {
    const auto wanted = co_await WantsInitialSync(backend_, id);
    if (wanted.ok() && *wanted) {
      const auto job = co_await StartInitialSync(backend_, id);
      if (job.ok()) response.set_sync_id(*job);
    }
  }
  TAJO_CO_ASSIGN_OR_RETURN(record, co_await backend_.connections.Get(id));
  *response.mutable_connection() = ShowConnection(record, backend_.options.public_url);
  backend_.log.Info("authorized", {{"connection", id}, {"tenant", record.tenant_id}});
  co_return response;
}

}  // namespace tajo::gateway
