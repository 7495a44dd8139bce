#include "services/gateway/update_request.h"

#include <algorithm>
#include <string>
#include <utility>

#include "common/base/error.h"
#include "common/jira/text.h"
#include "services/gateway/connect_request.h"
#include "services/gateway/problems.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::gateway {
namespace {

namespace v1 = ::tajo::jira::v1;

void CheckSecret(const char* field, const std::string& secret, Problems& problems) {
  if (secret.empty() || IsToken(secret)) return;
  problems.Add(Invalid(field, std::string(field) + " has blanks or line ends in it, or is longer than 8 KB"));
}

}  // namespace

absl::Status CheckUpdate(const v1::UpdateConnectionRequest& request, const store::ConnectionRecord& record) {
  if (record.state == v1::DISCONNECTING) {
    return base::Error(v1::CONNECTION_CHANGED, "the connection is being removed");
  }
  if (request.paused() && record.state == v1::PENDING) {
    return base::Error(v1::CONNECTION_PENDING, "the connection awaits consent: there is nothing to pause");
  }
  Problems problems;
  const bool is_oauth = record.config.auth_type() == v1::OAUTH2;
  if (is_oauth && !request.jira_api_token().empty()) {
    problems.Add(Invalid("jira_api_token", "the connection logs in by OAuth: begin an authorization instead"));
  }
  if (!is_oauth && !request.oauth_client_secret().empty()) {
    problems.Add(Invalid("oauth_client_secret", "the connection logs in by an API token: give jira_api_token"));
  }
  if (!request.jira_email().empty() && request.jira_api_token().empty()) {
    problems.Add(Invalid("jira_email", "jira_email comes with a jira_api_token of that account"));
  }
  if (!request.jira_email().empty() && !jira::IsPlausibleEmail(request.jira_email())) {
    problems.Add(Invalid("jira_email", "jira_email isn't an e-mail: the API token's account is needed"));
  }
  CheckSecret("jira_api_token", request.jira_api_token(), problems);
  CheckSecret("brevo_api_key", request.brevo_api_key(), problems);
  CheckSecret("oauth_client_secret", request.oauth_client_secret(), problems);
  CheckSecret("webhook_secret", request.webhook_secret(), problems);
  return problems.ToStatus();
}

v1::Credentials WithNew(v1::Credentials credentials, const v1::UpdateConnectionRequest& request) {
  if (!request.jira_email().empty()) credentials.set_jira_email(request.jira_email());
  if (!request.jira_api_token().empty()) credentials.set_jira_api_token(request.jira_api_token());
  if (!request.brevo_api_key().empty()) credentials.set_brevo_api_key(request.brevo_api_key());
  const std::string& secret = request.webhook_secret();
  const std::string former = credentials.webhook_secrets().empty() ? std::string() : credentials.webhook_secrets(0);
  if (secret.empty() || secret == former) return credentials;
  credentials.clear_webhook_secrets();
  credentials.add_webhook_secrets(secret);
  if (!former.empty()) credentials.add_webhook_secrets(former);
  return credentials;
}

}  // namespace tajo::gateway
