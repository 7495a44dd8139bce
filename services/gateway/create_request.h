#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "common/jira/types.h"
#include "tajo/jira/v1/connector.pb.h"

namespace tajo::gateway {

// The wish as Jira gets it, still without the property. REQUEST_INVALID naming the field.
absl::StatusOr<jira::NewIssue> ReadCreateRequest(const jira::v1::CreateIssueRequest& request);

// A hash of what is wished for: the same key for another wish is a mistake.
std::string FingerprintOf(const jira::v1::CreateIssueRequest& request);

// After that error of CreateIssue nothing was created; after others nobody knows.
bool IsSurelyNotCreated(const absl::Status& status);

// An error of Jira's about a field ("project") as one about the request's field ("project_key").
absl::Status NamingTheField(const absl::Status& status);

}  // namespace tajo::gateway
