#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"

// Generated enums have int as their underlying type, so they can be named without Protobuf's
// headers. Include tajo/jira/v1/error.pb.h where the values are needed.
namespace tajo::jira::v1 {
enum ErrorReason : int;
}

namespace tajo::base {

using Reason = ::tajo::jira::v1::ErrorReason;

// A status whose code follows from its reason (see CodeOf) and which carries that reason.
// `message` names the cause and the way out; it holds no secret and no personal data.
absl::Status Error(Reason reason, std::string_view message);

// The same, naming the part of a request or config that is wrong: "connectors.jira.jql".
absl::Status FieldError(Reason reason, std::string_view field, std::string_view message);

// ERROR_REASON_UNSPECIFIED for OK; INTERNAL for a status that no reason was given to.
Reason ReasonOf(const absl::Status& status);
std::string FieldOf(const absl::Status& status);
// "JIRA_RATE_LIMITED": for logs and metric labels.
const std::string& ReasonName(Reason reason);

absl::StatusCode CodeOf(Reason reason);

// The same status with "`context`: " before its message.
absl::Status Annotate(const absl::Status& status, std::string_view context);

// How long the other side asked to wait (Retry-After and the like), in milliseconds; 0: didn't say.
absl::Status WithRetryAfter(absl::Status status, int64_t millis);
int64_t RetryAfterMillis(const absl::Status& status);

}  // namespace tajo::base

// Return early from a function or coroutine with an error status.
#define TAJO_RETURN_IF_ERROR(expr)                                                \
  do {                                                                            \
    if (absl::Status tajo_status = (expr); !tajo_status.ok()) return tajo_status; \
  } while (false)
#define TAJO_CO_RETURN_IF_ERROR(expr)                                                \
  do {                                                                               \
    if (absl::Status tajo_status = (expr); !tajo_status.ok()) co_return tajo_status; \
  } while (false)

#define TAJO_CONCAT_INNER(a, b) a##b
#define TAJO_CONCAT(a, b) TAJO_CONCAT_INNER(a, b)
// TAJO_ASSIGN_OR_RETURN(auto page, Parse(body));
#define TAJO_ASSIGN_OR_RETURN(lhs, expr) TAJO_ASSIGN_OR_RETURN_IMPL(TAJO_CONCAT(tajo_or_, __LINE__), return, lhs, expr)
#define TAJO_CO_ASSIGN_OR_RETURN(lhs, expr) \
  TAJO_ASSIGN_OR_RETURN_IMPL(TAJO_CONCAT(tajo_or_, __LINE__), co_return, lhs, expr)
#define TAJO_ASSIGN_OR_RETURN_IMPL(tmp, ret, lhs, expr) \
  auto tmp = (expr);                                    \
  if (!tmp.ok()) ret std::move(tmp).status();           \
  lhs = *std::move(tmp)
