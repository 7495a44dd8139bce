#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "tajo/jira/v1/connector.pb.h"

namespace tajo::gateway {

// A ConnectRequest that is well formed: ready to be verified with Jira and Brevo.
struct ConnectPlan {
  jira::v1::ConnectionConfig config;  // site, way to log in and all defaults in it
  jira::v1::Credentials credentials;
  jira::v1::App app;  // OAuth only
  bool initial_sync = true;

  bool IsOAuth() const { return config.auth_type() == jira::v1::OAUTH2; }
};

// All that is wrong with it at once: REQUEST_INVALID, CONFIG_INVALID with the YAML's lines, or
// UPSTREAM_INSECURE for an http:// site where that isn't allowed. What the request says of site and
// login goes before what its YAML says.
absl::StatusOr<ConnectPlan> ReadConnectRequest(const jira::v1::ConnectRequest& request, bool allow_insecure);

// May stand in a header: blanks and line ends that were pasted along would break it. At most 8 KB.
bool IsToken(std::string_view text);

// "127.0.0.1:8080" of "http://127.0.0.1:8080": what webhooks' links are matched with.
std::string SiteHost(const std::string& site_url);

}  // namespace tajo::gateway
