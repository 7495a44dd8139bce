#include "common/brevo/errors.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>

#include "common/base/ascii.h"
#include "common/base/error.h"
#include "common/json/parse.h"
#include "common/json/reader.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::brevo {
namespace {

namespace v1 = ::tajo::jira::v1;

struct Refusal {
  std::string code;     // may be empty: Brevo promises only the message
  std::string message;  // of unknown content, perhaps personal
  std::vector<std::string> duplicate_identifiers;
};

Refusal Read(const std::string& body) {
  Refusal refusal;
  const auto document = json::ParseJson(body, v1::BREVO_RESPONSE_INVALID);
  if (!document.ok()) return refusal;
  const json::Reader reader(*document, v1::BREVO_RESPONSE_INVALID);
  refusal.code = reader.String("code").value_or("");
  refusal.message = reader.String("message").value_or("");
  for (const json::Reader& item : reader.Child("metadata").Items("duplicate_identifiers")) {
    if (auto identifier = item.String()) refusal.duplicate_identifiers.push_back(*std::move(identifier));
  }
  return refusal;
}

bool Contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

std::vector<std::string_view> Words(std::string_view text) {
  std::vector<std::string_view> words;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    if (end > 0) words.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return words;
}

// A machine's word, such as "invalid_parameter"; some of Brevo's codes are sentences, though.
std::string SafeCode(std::string_view code) {
  const bool word = !code.empty() && code.size() <= 40 &&
                    std::all_of(code.begin(), code.end(), [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; });
  return word ? std::string(code) : std::string();
}

// Words that can't be somebody's: letters and a little punctuation, outside of quotation marks.
std::string SafeExcerpt(std::string_view message) {
  constexpr std::size_t kMaxBytes = 160;
  std::string result;
  bool quoted = false;
  for (const std::string_view word : Words(message)) {
    const auto marks =
        std::count_if(word.begin(), word.end(), [](char c) { return c == '"' || c == '\'' || c == '`'; });
    const bool plain = std::all_of(word.begin(), word.end(), [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '-' || c == ',' || c == '.' ||
             c == '/' || c == ':' || c == ';';
    });
    const std::string_view shown = plain && !quoted && marks == 0 ? word : "…";
    if (marks % 2 == 1) quoted = !quoted;
    if (result.size() + shown.size() > kMaxBytes) break;
    if (shown == "…" && result.ends_with("…")) continue;
    if (!result.empty()) result += ' ';
    result += shown;
  }
  return result;
}

// The attribute that the message is about: "SMS", "attributes/JIRA_OPEN should be ...", "JIRA_OPEN is invalid".
std::string FieldIn(std::string_view message) {
  const std::string lower = base::LowerCase(message);
  if (Contains(lower, "phone number") || Contains(lower, "mobile number")) return "SMS";
  for (std::string_view word : Words(message)) {
    if (const auto slash = word.rfind('/'); slash != std::string_view::npos && word.starts_with("attributes")) {
      word.remove_prefix(slash + 1);
    }
    while (!word.empty() && !std::isalnum(static_cast<unsigned char>(word.front()))) word.remove_prefix(1);
    while (!word.empty() && !std::isalnum(static_cast<unsigned char>(word.back()))) word.remove_suffix(1);
    const bool capitals = word.size() > 1 && std::all_of(word.begin(), word.end(), [](char c) {
                            return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
                          });
    const bool letter = !word.empty() && word.front() >= 'A' && word.front() <= 'Z';
    if (capitals && letter && word != "ID" && word != "JSON" && word != "IDS") return std::string(word);
  }
  return "";
}

bool IsUnknownList(const std::string& lower) {
  return Contains(lower, "list") && !Contains(lower, "already") && !Contains(lower, "contact ") &&
         (Contains(lower, "not exist") || Contains(lower, "not found") || Contains(lower, "invalid list"));
}

absl::Status BadRequest(const Refusal& refusal, std::string_view operation) {
  const std::string lower = base::LowerCase(refusal.message);
  // The code of a clash changed between 2024 and 2026; its metadata didn't.
  if (!refusal.duplicate_identifiers.empty()) {
    return base::FieldError(v1::BREVO_IDENTIFIER_CLASH,
                            fmt::format("{}", fmt::join(refusal.duplicate_identifiers, ",")),
                            fmt::format("{}: another contact holds the same {}; merge them in Brevo, or leave it out",
                                        operation, fmt::join(refusal.duplicate_identifiers, ", ")));
  }
  if (refusal.code == "duplicate_parameter" || Contains(lower, "already associated with another contact")) {
    return base::Error(v1::BREVO_IDENTIFIER_CLASH,
                       fmt::format("{}: another contact holds one of the identifiers", operation));
  }
  if (refusal.code == "account_in_process") {
    return base::Error(v1::BREVO_TOO_EARLY, fmt::format("{}: Brevo is still busy with this contact", operation));
  }
  if (refusal.code == "not_enough_credits") {
    return base::Error(v1::BREVO_CREDITS_EXHAUSTED,
                       fmt::format("{}: the Brevo account has no credits left", operation));
  }
  if (IsUnknownList(lower)) {
    return base::FieldError(v1::BREVO_LIST_UNKNOWN, "listIds",
                            fmt::format("{}: a list doesn't exist in Brevo; correct sync_to_list", operation));
  }
  const std::string code = SafeCode(refusal.code);
  return base::FieldError(v1::BREVO_REQUEST_INVALID, FieldIn(refusal.message),
                          fmt::format("{}: Brevo refused it{}{}: {}", operation, code.empty() ? "" : " as ", code,
                                      refusal.message.empty() ? "(no reason given)" : SafeExcerpt(refusal.message)));
}

absl::Status Unauthorized(const Refusal& refusal, std::string_view operation) {
  const std::string lower = base::LowerCase(refusal.message);
  if (Contains(lower, "unrecognised ip") || Contains(lower, "unrecognized ip")) {
    return base::Error(v1::BREVO_IP_NOT_AUTHORIZED,
                       fmt::format("{}: Brevo doesn't accept calls from this connector's IP address; add it under "
                                   "Settings > Security > Authorized IPs",
                                   operation));
  }
  return base::Error(v1::BREVO_AUTHENTICATION_FAILED,
                     fmt::format("{}: Brevo doesn't know the API key; give an active one that begins with xkeysib- "
                                 "(an SMTP key isn't one)",
                                 operation));
}

// Seconds to the window's end, relative; Brevo sends no Retry-After.
int64_t ResetMillis(const net::HttpResponse& response) {
  const auto header = response.headers.Find("x-sib-ratelimit-reset");
  if (!header) return 0;
  double seconds = 0;
  const auto [end, error] = std::from_chars(header->data(), header->data() + header->size(), seconds);
  if (error != std::errc() || seconds < 0 || seconds > 86'400) return 0;
  return static_cast<int64_t>(std::ceil(seconds * 1000));
}

}  // namespace

absl::Status ErrorFrom(const net::HttpResponse& response, std::string_view operation) {
  const int status = response.status;
  const Refusal refusal = Read(response.body);
  switch (status) {
    case 401:
      return Unauthorized(refusal, operation);
    case 402:
      return base::Error(v1::BREVO_CREDITS_EXHAUSTED,
                         fmt::format("{}: the Brevo account has no credits left", operation));
    case 403:
      return base::Error(v1::BREVO_PERMISSION_DENIED,
                         fmt::format("{}: the Brevo account may not do this; check its plan, its validation and the "
                                     "key's scopes",
                                     operation));
    case 404:
      return base::Error(v1::BREVO_NOT_FOUND, fmt::format("{}: Brevo has no such record", operation));
    case 425:
      return base::Error(v1::BREVO_TOO_EARLY, fmt::format("{}: Brevo is still busy with this contact", operation));
    case 429:
      return base::WithRetryAfter(
          base::Error(v1::BREVO_RATE_LIMITED, fmt::format("{}: over Brevo's rate limit", operation)),
          ResetMillis(response));
    case 408:
      return base::Error(v1::BREVO_UNAVAILABLE, fmt::format("{}: Brevo answered 408", operation));
    default:
      break;
  }
  if (status >= 500) {
    return base::Error(v1::BREVO_UNAVAILABLE, fmt::format("{}: Brevo answered {}", operation, status));
  }
  if (status >= 400) return BadRequest(refusal, operation);
  return base::Error(v1::BREVO_RESPONSE_INVALID,
                     fmt::format("{}: Brevo answered {}, which it never does; is the URL Brevo's?", operation, status));
}

std::vector<std::string> ClashingIdentifiers(const absl::Status& status) {
  std::vector<std::string> identifiers;
  if (base::ReasonOf(status) != v1::BREVO_IDENTIFIER_CLASH) return identifiers;
  const std::string field = base::FieldOf(status);
  for (std::size_t begin = 0; begin < field.size();) {
    const std::size_t end = std::min(field.find(',', begin), field.size());
    identifiers.push_back(field.substr(begin, end - begin));
    begin = end + 1;
  }
  return identifiers;
}

std::string RefusedField(const absl::Status& status) {
  switch (base::ReasonOf(status)) {
    case v1::BREVO_REQUEST_INVALID:
    case v1::BREVO_LIST_UNKNOWN:
      return base::FieldOf(status);
    default:
      return "";
  }
}

Remedy RemedyFor(const absl::Status& status) {
  switch (base::ReasonOf(status)) {
    case v1::BREVO_RATE_LIMITED:
    case v1::BREVO_TOO_EARLY:
    case v1::BREVO_UNAVAILABLE:
    case v1::BREVO_RESPONSE_INVALID:
    case v1::UPSTREAM_UNREACHABLE:
    case v1::UPSTREAM_AMBIGUOUS:
    case v1::UPSTREAM_TLS_FAILED:
    case v1::LEASE_LOST:
    case v1::REDIS_UNAVAILABLE:
    case v1::REDIS_AMBIGUOUS:
      return Remedy::kRetry;
    case v1::BREVO_AUTHENTICATION_FAILED:
    case v1::BREVO_IP_NOT_AUTHORIZED:
    case v1::BREVO_PERMISSION_DENIED:
    case v1::BREVO_CREDITS_EXHAUSTED:
      return Remedy::kPauseConnection;
    case v1::BREVO_REQUEST_INVALID:
    case v1::BREVO_LIST_UNKNOWN:
      return RefusedField(status).empty() ? Remedy::kDead : Remedy::kFixAndRetry;
    case v1::BREVO_IDENTIFIER_CLASH: {
      // A phone number or ext_id can be left out; an e-mail is the contact itself.
      const std::vector<std::string> identifiers = ClashingIdentifiers(status);
      const bool email = std::any_of(identifiers.begin(), identifiers.end(),
                                     [](const std::string& name) { return base::LowerCase(name) == "email"; });
      return identifiers.empty() || email ? Remedy::kDead : Remedy::kFixAndRetry;
    }
    default:
      return Remedy::kDead;
  }
}

bool SurelyNotActed(const absl::Status& status) {
  switch (base::ReasonOf(status)) {
    case v1::UPSTREAM_AMBIGUOUS:
    case v1::UPSTREAM_RESPONSE_TOO_LARGE:
    case v1::BREVO_UNAVAILABLE:
    case v1::BREVO_RESPONSE_INVALID:
    case v1::INTERNAL:
      return false;
    default:
      return !status.ok();
  }
}

}  // namespace tajo::brevo
