#include "services/gateway/connect_request.h"

#include <algorithm>
#include <utility>

#include "common/base/ascii.h"
#include "common/base/error.h"
#include "common/config/connection_config.h"
#include "common/config/connection_rules.h"
#include "common/jira/text.h"
#include "services/gateway/problems.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::gateway {
namespace {

namespace v1 = ::tajo::jira::v1;

constexpr char kRedirectUri[] = "https://app.tajo.io/callbacks/jira";
constexpr std::size_t kMaxSecretBytes = 8192;

bool IsId(std::string_view text) {
  return !text.empty() && text.size() <= 200 && std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '-' || c == '_' || c == '.';
  });
}

void ReadBasic(const v1::BasicAuth& basic, bool allow_insecure, ConnectPlan& plan, Problems& problems) {
  plan.config.set_auth_type(v1::BASIC);
  if (!basic.site_url().empty()) {
    auto site = config::NormaliseSite(basic.site_url());
    if (!site) problems.Add(Invalid("basic.site_url", "site_url isn't a site like your-domain.atlassian.net"));
    plan.config.set_site_url(site.value_or(""));
  } else if (plan.config.site_url().empty()) {
    problems.Add(Invalid("basic.site_url", "site_url is missing: your-domain.atlassian.net"));
  }
  if (plan.config.site_url().starts_with("http://") && !allow_insecure) {
    problems.Add(base::FieldError(v1::UPSTREAM_INSECURE, "basic.site_url",
                                  "site_url is http://, which would show the token to others: use https://"));
  }
  if (!jira::IsPlausibleEmail(basic.email())) {
    problems.Add(Invalid("basic.email", "email is missing or isn't an e-mail: the API token's account is needed"));
  }
  if (!IsToken(basic.api_token())) {
    problems.Add(Invalid("basic.api_token",
                         "api_token is missing or has blanks in it: make one at "
                         "id.atlassian.com, Security, API tokens"));
  }
  plan.credentials.set_jira_email(basic.email());
  plan.credentials.set_jira_api_token(basic.api_token());
}

void ReadOAuth(const v1::OAuthClient& oauth, bool allow_insecure, ConnectPlan& plan, Problems& problems) {
  plan.config.set_auth_type(v1::OAUTH2);
  if (!IsId(oauth.client_id())) problems.Add(Invalid("oauth.client_id", "client_id is missing or malformed"));
  if (!IsToken(oauth.client_secret())) {
    problems.Add(Invalid("oauth.client_secret", "client_secret is missing or has blanks in it"));
  }
  // It becomes part of every URL.
  if (!IsId(oauth.cloud_id())) {
    problems.Add(Invalid("oauth.cloud_id",
                         "cloud_id is missing or malformed: see https://your-domain.atlassian.net/_edge/tenant_info"));
  }
  const std::string redirect = oauth.redirect_uri().empty() ? kRedirectUri : oauth.redirect_uri();
  if (!redirect.starts_with("https://") && !(allow_insecure && redirect.starts_with("http://"))) {
    problems.Add(Invalid("oauth.redirect_uri", "redirect_uri must be https://, as the app has it at Atlassian"));
  }
  plan.credentials.set_cloud_id(oauth.cloud_id());
  plan.app.set_client_id(oauth.client_id());
  plan.app.add_client_secrets(oauth.client_secret());
  plan.app.set_redirect_uri(redirect);
}

}  // namespace

absl::StatusOr<ConnectPlan> ReadConnectRequest(const v1::ConnectRequest& request, bool allow_insecure) {
  ConnectPlan plan;
  Problems problems;
  auto parsed = config::ParseConnectionConfig(request.config_yaml());
  if (parsed.ok()) {
    plan.config = *std::move(parsed);
  } else {
    problems.Add(parsed.status());
  }
  if (request.has_basic()) {
    ReadBasic(request.basic(), allow_insecure, plan, problems);
  } else if (request.has_oauth()) {
    ReadOAuth(request.oauth(), allow_insecure, plan, problems);
  } else {
    problems.Add(Invalid("auth", "how to log in to Jira is missing: an API token (basic) or an OAuth app (oauth)"));
  }
  if (!IsToken(request.brevo_api_key())) {
    problems.Add(Invalid("brevo_api_key",
                         "brevo_api_key is missing or has blanks in it: make one in Brevo under "
                         "SMTP & API, API keys"));
  }
  if (!problems.Empty()) return problems.ToStatus();
  plan.credentials.set_brevo_api_key(request.brevo_api_key());
  if (!request.webhook_secret().empty()) plan.credentials.add_webhook_secrets(request.webhook_secret());
  plan.initial_sync = !request.no_initial_sync();
  return plan;
}

bool IsToken(std::string_view text) {
  return !text.empty() && text.size() <= kMaxSecretBytes &&
         std::all_of(text.begin(), text.end(), [](unsigned char c) { return c > ' ' && c < 0x7f; });
}

std::string SiteHost(const std::string& site_url) {
  const std::size_t scheme = site_url.find("://");
  std::string host = scheme == std::string::npos ? site_url : site_url.substr(scheme + 3);
  host.resize(std::min(host.find('/'), host.size()));
  return base::LowerCase(host);
}

}  // namespace tajo::gateway
