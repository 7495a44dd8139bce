#include "common/base/error.h"

#include <fmt/format.h>

#include <charconv>

#include "absl/strings/cord.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::base {
namespace {

namespace v1 = ::tajo::jira::v1;

constexpr char kReasonUrl[] = "tajo.io/reason";
constexpr char kFieldUrl[] = "tajo.io/field";
constexpr char kRetryAfterUrl[] = "tajo.io/retry-after-ms";

int64_t PayloadNumber(const absl::Status& status, const char* url) {
  const auto payload = status.GetPayload(url);
  if (!payload) return 0;
  const std::string text(*payload);
  int64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

}  // namespace

absl::StatusCode CodeOf(Reason reason) {
  switch (reason) {
    case v1::ERROR_REASON_UNSPECIFIED:
      return absl::StatusCode::kOk;
    case v1::REQUEST_INVALID:
    case v1::CONFIG_INVALID:
    case v1::JIRA_JQL_INVALID:
    case v1::JIRA_REQUEST_INVALID:
    case v1::JIRA_PROJECT_UNKNOWN:
    case v1::BREVO_REQUEST_INVALID:
    case v1::BREVO_LIST_UNKNOWN:
    case v1::UPSTREAM_INSECURE:
    case v1::WEBHOOK_UNREADABLE:
    case v1::OAUTH_STATE_INVALID:
      return absl::StatusCode::kInvalidArgument;
    case v1::UNAUTHENTICATED:
    case v1::WEBHOOK_NOT_AUTHENTIC:
      return absl::StatusCode::kUnauthenticated;
    case v1::PERMISSION_DENIED:
    case v1::JIRA_PERMISSION_DENIED:
    case v1::JIRA_SCOPE_MISSING:
    case v1::BREVO_PERMISSION_DENIED:
      return absl::StatusCode::kPermissionDenied;
    case v1::NOT_IMPLEMENTED:
      return absl::StatusCode::kUnimplemented;
    case v1::CONNECTION_NOT_FOUND:
    case v1::SYNC_NOT_FOUND:
    case v1::JIRA_NOT_FOUND:
    case v1::BREVO_NOT_FOUND:
      return absl::StatusCode::kNotFound;
    case v1::CONNECTION_EXISTS:
    case v1::BREVO_IDENTIFIER_CLASH:
    case v1::SYNC_ALREADY_RUNNING:
      return absl::StatusCode::kAlreadyExists;
    case v1::CONNECTION_AMBIGUOUS:
    case v1::CONNECTION_PENDING:
    case v1::CONNECTION_PAUSED:
    case v1::BREVO_ACCOUNT_IN_USE:
    case v1::CREDENTIALS_UNREADABLE:
    case v1::OAUTH_REAUTHORIZATION_REQUIRED:
    case v1::OAUTH_CLIENT_INVALID:
    case v1::OAUTH_CONSENT_DECLINED:
    case v1::OAUTH_SITE_NOT_GRANTED:
    case v1::JIRA_AUTHENTICATION_FAILED:
    case v1::JIRA_API_REMOVED:
    case v1::BREVO_AUTHENTICATION_FAILED:
    case v1::BREVO_IP_NOT_AUTHORIZED:
    case v1::REDIS_POLICY_UNSAFE:
    case v1::CONTACT_UNRESOLVED:
    case v1::CONTACT_ERASED:
    case v1::BREVO_CONTACT_PROTECTED:
      return absl::StatusCode::kFailedPrecondition;
    case v1::LEASE_LOST:
    case v1::CONNECTION_CHANGED:
    case v1::EVENT_AMBIGUOUS:
    case v1::CRASHED_REPEATEDLY:
      return absl::StatusCode::kAborted;
    case v1::SYNC_CANCELLED:
      return absl::StatusCode::kCancelled;
    case v1::JIRA_RATE_LIMITED:
    case v1::BREVO_RATE_LIMITED:
    case v1::BREVO_CREDITS_EXHAUSTED:
    case v1::UPSTREAM_RESPONSE_TOO_LARGE:
    case v1::WEBHOOK_TOO_LARGE:
    case v1::EVENT_TOO_LARGE:
    case v1::BACKLOG_FULL:
      return absl::StatusCode::kResourceExhausted;
    case v1::JIRA_UNAVAILABLE:
    case v1::BREVO_UNAVAILABLE:
    case v1::BREVO_TOO_EARLY:
    case v1::UPSTREAM_UNREACHABLE:
    case v1::UPSTREAM_AMBIGUOUS:
    case v1::UPSTREAM_TLS_FAILED:
    case v1::REDIS_UNAVAILABLE:
    case v1::REDIS_AMBIGUOUS:
      return absl::StatusCode::kUnavailable;
    case v1::JIRA_RESPONSE_INVALID:
    case v1::BREVO_RESPONSE_INVALID:
    case v1::REDIS_REFUSED:
    case v1::INTERNAL:
    default:
      return absl::StatusCode::kInternal;
  }
}

absl::Status Error(Reason reason, std::string_view message) {
  absl::Status status(CodeOf(reason), absl::string_view(message.data(), message.size()));
  status.SetPayload(kReasonUrl, absl::Cord(std::to_string(static_cast<int>(reason))));
  return status;
}

absl::Status FieldError(Reason reason, std::string_view field, std::string_view message) {
  absl::Status status = Error(reason, message);
  status.SetPayload(kFieldUrl, absl::Cord(absl::string_view(field.data(), field.size())));
  return status;
}

Reason ReasonOf(const absl::Status& status) {
  if (status.ok()) return v1::ERROR_REASON_UNSPECIFIED;
  const int64_t number = PayloadNumber(status, kReasonUrl);
  return number == 0 ? v1::INTERNAL : static_cast<Reason>(number);
}

std::string FieldOf(const absl::Status& status) {
  const auto payload = status.GetPayload(kFieldUrl);
  return payload ? std::string(*payload) : std::string();
}

const std::string& ReasonName(Reason reason) {
  return v1::ErrorReason_Name(reason);
}

absl::Status Annotate(const absl::Status& status, std::string_view context) {
  if (status.ok()) return status;
  absl::Status annotated(
      status.code(),
      fmt::format("{}: {}", context, std::string_view(status.message().data(), status.message().size())));
  status.ForEachPayload(
      [&annotated](absl::string_view url, const absl::Cord& payload) { annotated.SetPayload(url, payload); });
  return annotated;
}

absl::Status WithRetryAfter(absl::Status status, int64_t millis) {
  status.SetPayload(kRetryAfterUrl, absl::Cord(std::to_string(millis)));
  return status;
}

int64_t RetryAfterMillis(const absl::Status& status) {
  return PayloadNumber(status, kRetryAfterUrl);
}

}  // namespace tajo::base
