#pragma once

#include <string>

#include "common/base/task.h"
#include "services/gateway/backend.h"
#include "services/gateway/caller.h"
#include "tajo/jira/v1/connector.pb.h"

namespace tajo::gateway {

inline constexpr char kConsentAwaited[] =
    "a Jira administrator must consent: send them to the authorization URL (BeginAuthorization makes a new one)";

// OAuth (3LO): from the URL to consent at, to the grant.
class AuthorizationCalls {
 public:
  explicit AuthorizationCalls(Backend& backend) : backend_(backend) {}

  base::Task<absl::StatusOr<jira::v1::BeginAuthorizationResponse>> Begin(Caller caller,
                                                                         jira::v1::BeginAuthorizationRequest request);
  // The grant is verified before it is stored. What fails leaves the connection as it was, to begin again.
  base::Task<absl::StatusOr<jira::v1::CompleteAuthorizationResponse>> Complete(
      Caller caller, jira::v1::CompleteAuthorizationRequest request);

 private:
  Backend& backend_;
};

// Are the client id and secret good? Asked before they are stored: all tenants of a client id share its
// record, and webhooks are believed by these secrets.
base::Task<absl::Status> VerifyApp(Backend& backend, jira::v1::App app);

// With the scopes that the record's config needs.
base::Task<absl::StatusOr<jira::v1::BeginAuthorizationResponse>> BeginConsent(Backend& backend,
                                                                              store::ConnectionRecord record,
                                                                              std::string app_id);

}  // namespace tajo::gateway
