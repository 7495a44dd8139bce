#include "services/gateway/backend.h"

#include "common/base/error.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::gateway {

absl::StatusOr<std::unique_ptr<access::JiraAccess>> Backend::OpenJira(const std::string& connection_id,
                                                                      const jira::v1::ConnectionConfig& config,
                                                                      const jira::v1::Credentials& credentials) {
  if (config.auth_type() == jira::v1::OAUTH2 && credentials.grant_id().empty()) {
    return base::Error(jira::v1::CONNECTION_PENDING,
                       "the Jira administrator hasn't consented yet: begin the authorization and complete it");
  }
  return std::make_unique<access::JiraAccess>(http, grants, quotas, clock, random, options.endpoints, connection_id,
                                              config, credentials, jira_observer);
}

std::unique_ptr<access::BrevoAccess> Backend::OpenBrevo(const std::string& account,
                                                        const jira::v1::Credentials& credentials) {
  return std::make_unique<access::BrevoAccess>(http, http, quotas, clock, random, options.endpoints, account,
                                               credentials, brevo_observer);
}

}  // namespace tajo::gateway
