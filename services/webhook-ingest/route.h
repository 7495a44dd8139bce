#pragma once

#include <string_view>

namespace tajo::ingest {

enum class Endpoint {
  kConnectionWebhook,  // POST /webhooks/jira/{connection_id}: an admin webhook
  kAppWebhook,         // POST /webhooks/jira: an app's dynamic webhooks
  kBrevoWebhook,       // POST /webhooks/brevo/{connection_id}: Brevo's own
  kHealth,             // GET /healthz
  kReady,              // GET /readyz
  kWrongMethod,        // one of these paths by another method
  kUnknown,
};

struct Route {
  Endpoint endpoint = Endpoint::kUnknown;
  std::string_view connection_id;  // of kConnectionWebhook and kBrevoWebhook; not checked
  std::string_view allow;          // of kWrongMethod: the method that would do
};

Route RouteOf(std::string_view method, std::string_view path);

// Whether Redis may be asked for a connection of that name: letters, digits, '_' and '-', at most 64.
bool IsConnectionId(std::string_view text);
// The same for a site's host ("your-domain.atlassian.net", "127.0.0.1:8080") or cloud id.
bool IsSiteName(std::string_view text);
// The token of "Bearer <token>"; empty where there is none.
std::string_view BearerToken(std::string_view authorization);

}  // namespace tajo::ingest
