#include "services/gateway/error_details.h"

#include <google/protobuf/any.pb.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include "common/base/error.h"
#include "common/jira/text.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::gateway {
namespace {

namespace v1 = ::tajo::jira::v1;
using google::protobuf::io::CodedOutputStream;

constexpr std::size_t kMaxTextBytes = 1500;

// Of google.rpc.Status, which libprotobuf doesn't bring: int32 code = 1, string message = 2,
// repeated google.protobuf.Any details = 3. Each is the field's number and wire type.
constexpr uint32_t kCodeTag = (1 << 3) | 0;
constexpr uint32_t kMessageTag = (2 << 3) | 2;
constexpr uint32_t kDetailsTag = (3 << 3) | 2;

// What to do, where the reason alone tells.
std::string RemedyOf(base::Reason reason) {
  switch (reason) {
    case v1::REQUEST_INVALID:
    case v1::CONFIG_INVALID:
      return "Correct what the message names and send the request again.";
    case v1::UNAUTHENTICATED:
      return "Send `authorization: Bearer <token>` with a token that the gateway knows.";
    case v1::PERMISSION_DENIED:
      return "Use a token that is bound to this tenant and to writing.";
    case v1::CONNECTION_NOT_FOUND:
      return "List the tenant's connections, or connect first.";
    case v1::CONNECTION_AMBIGUOUS:
      return "Name one of the tenant's connections.";
    case v1::CONNECTION_EXISTS:
      return "Use the connection that the message names, or remove it first.";
    case v1::CONNECTION_PENDING:
    case v1::OAUTH_STATE_INVALID:
    case v1::OAUTH_CONSENT_DECLINED:
    case v1::OAUTH_REAUTHORIZATION_REQUIRED:
      return "Begin the authorization, have the Jira administrator consent, and complete it.";
    case v1::OAUTH_CLIENT_INVALID:
      return "Copy client id and secret from the app's settings at developer.atlassian.com.";
    case v1::JIRA_AUTHENTICATION_FAILED:
      return "Check site, e-mail and API token; make a new token at id.atlassian.com if in doubt.";
    case v1::JIRA_PROJECT_UNKNOWN:
      return "Correct the project key, or grant the account the permission to browse the project.";
    case v1::JIRA_JQL_INVALID:
      return "Correct the JQL; Jira's issue search shows the same error.";
    case v1::BREVO_AUTHENTICATION_FAILED:
      return "Make a new API key in Brevo under SMTP & API, API keys.";
    case v1::BREVO_IP_NOT_AUTHORIZED:
      return "Authorize this machine's IP address in Brevo under Security, Authorized IPs.";
    case v1::BREVO_LIST_UNKNOWN:
      return "Correct the list's number in the config, or create the list in Brevo.";
    case v1::UPSTREAM_UNREACHABLE:
      return "Check the site's name and the gateway's way to the internet.";
    case v1::UPSTREAM_INSECURE:
      return "Use https://.";
    case v1::SYNC_ALREADY_RUNNING:
      return "Wait for the sync that runs, or cancel it.";
    case v1::REDIS_UNAVAILABLE:
    case v1::REDIS_AMBIGUOUS:
    case v1::JIRA_UNAVAILABLE:
    case v1::BREVO_UNAVAILABLE:
      return "Try again in a minute.";
    default:
      return "";
  }
}

v1::ErrorDetail DetailOf(const absl::Status& status) {
  v1::ErrorDetail detail;
  // INTERNAL stands for "no reason was given" too.
  const bool known = base::ReasonOf(status) != v1::INTERNAL || absl::IsInternal(status);
  if (known) detail.set_reason(static_cast<v1::ErrorReason>(base::ReasonOf(status)));
  detail.set_field(base::FieldOf(status));
  detail.set_remedy(RemedyOf(base::ReasonOf(status)));
  return detail;
}

}  // namespace

std::string ErrorText(const absl::Status& status) {
  const std::string text(status.message());
  return text.size() <= kMaxTextBytes ? text : std::string(jira::CutUtf8(text, kMaxTextBytes)) + "…";
}

std::string ErrorDetails(const absl::Status& status) {
  google::protobuf::Any any;
  any.PackFrom(DetailOf(status));
  const std::string detail = any.SerializeAsString();
  const std::string text = ErrorText(status);
  std::string bytes;
  {
    google::protobuf::io::StringOutputStream sink(&bytes);
    CodedOutputStream out(&sink);
    out.WriteVarint32(kCodeTag);
    out.WriteVarint32(static_cast<uint32_t>(status.code()));
    out.WriteVarint32(kMessageTag);
    out.WriteVarint32(static_cast<uint32_t>(text.size()));
    out.WriteString(text);
    out.WriteVarint32(kDetailsTag);
    out.WriteVarint32(static_cast<uint32_t>(detail.size()));
    out.WriteString(detail);
  }
  return bytes;
}

}  // namespace tajo::gateway
