#include "common/jira/errors.h"

#include <fmt/format.h>

#include <cctype>
#include <nlohmann/json.hpp>

#include "common/base/error.h"
#include "common/jira/limits.h"
#include "common/jira/text.h"
#include "common/json/parse.h"
#include "common/json/reader.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::jira {
namespace {

constexpr std::size_t kMaxQuote = 300;

void Join(std::string& text, std::string_view more) {
  if (more.empty()) return;
  if (!text.empty()) text += "; ";
  text += more;
}

// "Jane <jane@example.com>" becomes "Jane <(e-mail)>".
std::string MaskEmails(std::string_view text) {
  const auto is_part = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '.' || c == '_' || c == '-' || c == '+' || c == '%';
  };
  std::string out;
  std::size_t copied = 0;
  for (std::size_t at = text.find('@'); at != std::string_view::npos; at = text.find('@', at + 1)) {
    std::size_t begin = at;
    while (begin > copied && is_part(text[begin - 1])) --begin;
    std::size_t end = at + 1;
    while (end < text.size() && is_part(text[end])) ++end;
    if (begin == at || end == at + 1) continue;
    out.append(text.substr(copied, begin - copied)).append("(e-mail)");
    copied = end;
    at = end - 1;
  }
  return out.append(text.substr(copied));
}

std::string OneLine(std::string_view text) {
  std::string line;
  for (const char c : text) {
    const bool is_space = static_cast<unsigned char>(c) <= ' ' || c == '\x7f';
    if (!is_space) {
      line.push_back(c);
    } else if (!line.empty() && line.back() != ' ') {
      line.push_back(' ');
    }
  }
  while (!line.empty() && line.back() == ' ') line.pop_back();
  line = MaskEmails(line);
  if (line.size() > kMaxQuote) line = std::string(CutUtf8(line, kMaxQuote - 3)) + "...";
  return line;
}

bool LooksLikeHtml(const net::HttpResponse& response) {
  const std::size_t first = response.body.find_first_not_of(" \t\r\n");
  return first != std::string::npos && response.body[first] == '<';
}

std::string Quote(const std::string& text) {
  return text.empty() ? std::string() : fmt::format(": {}", text);
}

base::Reason ReasonFor(int status, const std::string& text, bool is_html) {
  switch (status) {
    case 401:
      return text.find("scope does not match") != std::string::npos ? v1::JIRA_SCOPE_MISSING
                                                                    : v1::JIRA_AUTHENTICATION_FAILED;
    case 402:
    case 403:
      return v1::JIRA_PERMISSION_DENIED;
    case 404:
      // A page of the edge, not an answer of Jira: it says nothing about the issue or project.
      return is_html ? v1::JIRA_UNAVAILABLE : v1::JIRA_NOT_FOUND;
    case 410:
      return v1::JIRA_API_REMOVED;
    case 429:
      return v1::JIRA_RATE_LIMITED;
    case 408:
    case 409:  // Jira's own time-outs on users/search and the like
    case 425:
      return v1::JIRA_UNAVAILABLE;
    default:
      if (status >= 500) return v1::JIRA_UNAVAILABLE;
      if (status >= 400) return v1::JIRA_REQUEST_INVALID;
      return v1::JIRA_RESPONSE_INVALID;
  }
}

std::string_view WayOut(base::Reason reason, bool is_html) {
  switch (reason) {
    case v1::JIRA_SCOPE_MISSING:
      return "; the grant lacks a scope: authorize again with all scopes that the app asks for";
    case v1::JIRA_AUTHENTICATION_FAILED:
      return "; the token is wrong, expired or revoked";
    case v1::JIRA_PERMISSION_DENIED:
      return "; the account needs the permission, or the app is blocked or unlicensed on this site";
    case v1::JIRA_NOT_FOUND:
      return "; it doesn't exist or isn't visible to this account";
    case v1::JIRA_API_REMOVED:
      return "; Atlassian removed this API: update the connector";
    case v1::JIRA_RATE_LIMITED:
      return "; the call waits for its quota";
    case v1::JIRA_UNAVAILABLE:
      return is_html ? "; a web page instead of an answer: the site may be down, suspended or renamed" : "";
    case v1::JIRA_RESPONSE_INVALID:
      return "; not an answer of Jira's API: check the site URL";
    default:
      return "";
  }
}

// The first field that the answer's `errors` names; "" if none.
std::string FieldIn(const net::HttpResponse& response) {
  if (response.status != 400) return {};
  const auto document = json::ParseJson(response.body, v1::JIRA_RESPONSE_INVALID, {1u << 20, 50});
  if (!document.ok()) return {};
  const std::vector<std::string> fields = json::Reader(*document).Child("errors").Keys();
  return fields.empty() ? std::string() : fields.front();
}

absl::Status Build(base::Reason reason, const net::HttpResponse& response, std::string_view operation,
                   const std::string& text, base::WallTime now) {
  const std::string message = fmt::format("Jira answered {} to {}{}{}", response.status, operation, Quote(text),
                                          WayOut(reason, LooksLikeHtml(response)));
  const std::string field = FieldIn(response);
  absl::Status error = field.empty() ? base::Error(reason, message) : base::FieldError(reason, field, message);
  const auto verdict = ReadRateLimit(response.status, response.headers, now);
  if (verdict) error = base::WithRetryAfter(std::move(error), verdict->wait.count());
  return error;
}

}  // namespace

std::string VendorText(const net::HttpResponse& response) {
  if (response.body.empty() || LooksLikeHtml(response)) return {};
  const auto document = json::ParseJson(response.body, v1::JIRA_RESPONSE_INVALID, {1u << 20, 50});
  if (!document.ok()) return {};
  const json::Reader root(*document);
  std::string text;
  for (const json::Reader& message : root.Items("errorMessages")) Join(text, message.String().value_or(""));
  const json::Reader errors = root.Child("errors");
  for (const std::string& field : errors.Keys()) {
    if (const auto message = errors.String(field)) Join(text, fmt::format("{}: {}", field, *message));
  }
  for (const json::Reader& message : errors.Items()) Join(text, message.String().value_or(""));
  if (text.empty()) text = root.String("errorMessage").value_or("");
  if (text.empty()) text = root.String("message").value_or("");
  if (text.empty()) {
    text = root.String("error").value_or("");
    if (const auto description = root.String("error_description")) Join(text, *description);
  }
  return OneLine(text);
}

absl::Status ErrorFrom(const net::HttpResponse& response, std::string_view operation, base::WallTime now) {
  const std::string text = VendorText(response);
  return Build(ReasonFor(response.status, text, LooksLikeHtml(response)), response, operation, text, now);
}

absl::Status SearchErrorFrom(const net::HttpResponse& response, std::string_view operation, base::WallTime now) {
  if (response.status != 400) return ErrorFrom(response, operation, now);
  const std::string text = VendorText(response);
  const bool names_project = text.find("does not exist for the field 'project'") != std::string::npos;
  return Build(names_project ? v1::JIRA_PROJECT_UNKNOWN : v1::JIRA_JQL_INVALID, response, operation, text, now);
}

}  // namespace tajo::jira
