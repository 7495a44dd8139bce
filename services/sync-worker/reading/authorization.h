#pragma once

#include "common/base/error.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::worker {

// Jira doesn't let us in: nothing can be read until a person has authorized anew.
inline bool NeedsAuthorization(base::Reason reason) {
  return reason == jira::v1::JIRA_AUTHENTICATION_FAILED || reason == jira::v1::OAUTH_REAUTHORIZATION_REQUIRED ||
         reason == jira::v1::OAUTH_CLIENT_INVALID;
}

}  // namespace tajo::worker
