#include "common/access/access.h"

#include "common/base/secret.h"

namespace tajo::access {
namespace {

constexpr std::chrono::milliseconds kImportTimeout{60'000};

std::unique_ptr<jira::Authorizer> MakeAuthorizer(const Endpoints& endpoints, const jira::v1::ConnectionConfig& config,
                                                 const jira::v1::Credentials& credentials, jira::TokenSource* tokens) {
  if (tokens != nullptr) {
    return std::make_unique<jira::OAuthAuthorizer>(*tokens, credentials.cloud_id(), endpoints.jira_api_url);
  }
  return std::make_unique<jira::BasicAuthorizer>(config.site_url(), credentials.jira_email(),
                                                 base::Secret(credentials.jira_api_token()), credentials.cloud_id(),
                                                 endpoints.jira_api_url);
}

brevo::ClientOptions BrevoOptions(const Endpoints& endpoints, const jira::v1::Credentials& credentials,
                                  std::chrono::milliseconds timeout) {
  brevo::ClientOptions options;
  options.base_url = endpoints.brevo_api_url;
  options.api_key = base::Secret(credentials.brevo_api_key());
  options.timeout = timeout;
  return options;
}

jira::ConnectionOptions JiraOptions(const Endpoints& endpoints) {
  jira::ConnectionOptions options;
  options.timeout = endpoints.jira_timeout;
  return options;
}

}  // namespace

JiraAccess::JiraAccess(net::HttpClient& http, store::Grants& grants, Quotas& quotas, base::Clock& clock,
                       base::Random& random, const Endpoints& endpoints, const std::string& connection_id,
                       const jira::v1::ConnectionConfig& config, const jira::v1::Credentials& credentials,
                       jira::Observer* observer)
    : oauth_(http, endpoints.jira_auth_url, endpoints.jira_api_url),
      tokens_(credentials.grant_id().empty() ? nullptr
                                             : store::MakeTokenSource(grants, oauth_, clock, credentials.grant_id())),
      authorizer_(MakeAuthorizer(endpoints, config, credentials, tokens_.get())),
      governor_(quotas.ForJira(connection_id, config, credentials)),
      connection_(http, *authorizer_, *governor_, clock, random, JiraOptions(endpoints), observer),
      live_(connection_, jira::Lane::kLive),
      backfill_(connection_, jira::Lane::kBackfill) {}

BrevoAccess::BrevoAccess(net::HttpClient& http, net::HttpClient& import_http, Quotas& quotas, base::Clock& clock,
                         base::Random& random, const Endpoints& endpoints, const std::string& account,
                         const jira::v1::Credentials& credentials, brevo::Observer* observer)
    : quotas_(quotas),
      governor_(quotas.ForBrevo(account.empty() ? BrevoAccountKey("", credentials.brevo_api_key()) : account)),
      client_(http, BrevoOptions(endpoints, credentials, endpoints.brevo_timeout), *governor_, clock, random, observer),
      importer_(import_http, BrevoOptions(endpoints, credentials, kImportTimeout), *governor_, clock, random,
                observer) {}

}  // namespace tajo::access
