#include "services/webhook-ingest/route.h"

#include <strings.h>

#include <algorithm>

namespace tajo::ingest {
namespace {

constexpr std::string_view kWebhooks = "/webhooks/jira";
constexpr std::string_view kBrevoWebhooks = "/webhooks/brevo/";

bool IsAlphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool IsNameOf(std::string_view text, std::size_t max, std::string_view also) {
  return !text.empty() && text.size() <= max && std::all_of(text.begin(), text.end(), [also](char c) {
    return IsAlphanumeric(c) || also.find(c) != also.npos;
  });
}

Route ByMethod(std::string_view method, std::string_view wanted, Route route) {
  if (method == wanted) return route;
  return {Endpoint::kWrongMethod, {}, wanted};
}

}  // namespace

Route RouteOf(std::string_view method, std::string_view path) {
  if (path == "/healthz") return ByMethod(method, "GET", {Endpoint::kHealth, {}, {}});
  if (path == "/readyz") return ByMethod(method, "GET", {Endpoint::kReady, {}, {}});
  if (path.starts_with(kBrevoWebhooks)) {
    path.remove_prefix(kBrevoWebhooks.size());
    if (path.empty() || path.find('/') != path.npos) return {};
    return ByMethod(method, "POST", {Endpoint::kBrevoWebhook, path, {}});
  }
  if (!path.starts_with(kWebhooks)) return {};
  path.remove_prefix(kWebhooks.size());
  if (path.empty()) return ByMethod(method, "POST", {Endpoint::kAppWebhook, {}, {}});
  if (path.front() != '/') return {};
  path.remove_prefix(1);
  if (path.empty() || path.find('/') != path.npos) return {};
  return ByMethod(method, "POST", {Endpoint::kConnectionWebhook, path, {}});
}

bool IsConnectionId(std::string_view text) {
  return IsNameOf(text, 64, "_-");
}

bool IsSiteName(std::string_view text) {
  return IsNameOf(text, 255, ".-_:");
}

std::string_view BearerToken(std::string_view authorization) {
  constexpr std::string_view kScheme = "Bearer ";
  if (authorization.size() <= kScheme.size() ||
      strncasecmp(authorization.data(), kScheme.data(), kScheme.size()) != 0) {
    return {};
  }
  authorization.remove_prefix(kScheme.size());
  authorization.remove_prefix(std::min(authorization.find_first_not_of(' '), authorization.size()));
  return authorization;
}

}  // namespace tajo::ingest
