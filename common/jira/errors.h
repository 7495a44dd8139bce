#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "common/base/clock.h"
#include "common/net/http_client.h"

namespace tajo::jira {

// The error in any answer that isn't 2xx. `operation` begins its message ("search/jql"). Reads all
// shapes: ErrorCollection, the gateway's {code, message}, OAuth's {error, error_description}, Service
// Management's {errorMessage}, HTML and nothing. Jira's text is quoted, on one line and shortened.
// `now` turns X-RateLimit-Reset into a wait. A 400 that names a field carries its id (base::FieldOf). A 404 is
// JIRA_NOT_FOUND: missing or not visible.
absl::Status ErrorFrom(const net::HttpResponse& response, std::string_view operation, base::WallTime now);

// The same for the search endpoints, where a 400 is about the JQL: JIRA_JQL_INVALID, or
// JIRA_PROJECT_UNKNOWN where it names a project that is gone or was made invisible.
absl::Status SearchErrorFrom(const net::HttpResponse& response, std::string_view operation, base::WallTime now);

// What the answer's body says, on one line, at most 300 characters, e-mail addresses masked; "" if nothing.
std::string VendorText(const net::HttpResponse& response);

}  // namespace tajo::jira
