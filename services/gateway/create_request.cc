#include "services/gateway/create_request.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <string_view>
#include <utility>

#include "common/base/ascii.h"
#include "common/base/error.h"
#include "common/crypto/digest.h"
#include "services/gateway/issue_ref.h"
#include "services/gateway/problems.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::gateway {
namespace {

namespace v1 = ::tajo::jira::v1;

constexpr std::size_t kMostKey = 200;
constexpr std::size_t kMostName = 255;
constexpr std::size_t kMostSummary = 255;         // characters; Jira's
constexpr std::size_t kMostDescription = 32'767;  // characters; Jira's

std::size_t Characters(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

bool IsBlank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

}  // namespace

absl::StatusOr<jira::NewIssue> ReadCreateRequest(const v1::CreateIssueRequest& request) {
  const std::string& key = request.idempotency_key();
  const bool printable = std::all_of(key.begin(), key.end(), [](unsigned char c) { return c > 0x20 && c < 0x7f; });
  if (key.empty() || key.size() > kMostKey || !printable) {
    return Invalid("idempotency_key",
                   "idempotency_key is 1 to 200 printable characters that name this wish, such as a UUID: give the "
                   "same one when you repeat the call");
  }
  const auto first_key = IssueKey(request.project_key() + "-1");
  if (!first_key) return Invalid("project_key", "project_key isn't a project's key like SUPPORT");
  if (IsBlank(request.issue_type()) || Characters(request.issue_type()) > kMostName) {
    return Invalid("issue_type", "issue_type is 1 to 255 characters: a type of the project, such as Task");
  }
  if (IsBlank(request.summary()) || Characters(request.summary()) > kMostSummary) {
    return Invalid("summary", "summary is 1 to 255 characters");
  }
  if (Characters(request.description()) > kMostDescription) {
    return Invalid("description", "description is longer than 32,767 characters, which Jira refuses");
  }
  jira::NewIssue issue;
  issue.project_key = first_key->substr(0, first_key->size() - 2);
  issue.issue_type = request.issue_type();
  issue.summary = request.summary();
  issue.description = request.description();
  return issue;
}

std::string FingerprintOf(const v1::CreateIssueRequest& request) {
  return crypto::Hex(crypto::Sha256(fmt::format("{}\x1f{}\x1f{}\x1f{}", base::LowerCase(request.project_key()),
                                                request.issue_type(), request.summary(), request.description())));
}

bool IsSurelyNotCreated(const absl::Status& status) {
  switch (base::ReasonOf(status)) {
    case v1::UPSTREAM_AMBIGUOUS:
    case v1::UPSTREAM_RESPONSE_TOO_LARGE:
    case v1::JIRA_UNAVAILABLE:
    case v1::JIRA_RESPONSE_INVALID:
    case v1::INTERNAL:
      return false;
    default:
      return !status.ok();
  }
}

absl::Status NamingTheField(const absl::Status& status) {
  const std::string field = base::FieldOf(status);
  if (field.empty()) return status;
  std::string named = "fields." + field;  // required by the project, and not part of the request
  if (field == "project") named = "project_key";
  if (field == "issuetype") named = "issue_type";
  if (field == "summary" || field == "description") named = field;
  return base::FieldError(base::ReasonOf(status), named, std::string(status.message()));
}

}  // namespace tajo::gateway
