#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace tajo::jira::v1 {
class ConnectionConfig;
}

namespace tajo::config {

// What a connection has when its YAML says nothing: the product page's field mapping and our defaults.
// Without site URL and way to log in, which come from Connect.
jira::v1::ConnectionConfig DefaultConnectionConfig();

// Reads a connection's YAML, as on the product page, over the defaults. A key that is missing or empty
// has its default; `field_mapping` and lists replace theirs as a whole. CONFIG_INVALID with all that is
// wrong, each with its line and path: "line 9: connectors.jira.projects[1].key: ...".
absl::StatusOr<jira::v1::ConnectionConfig> ParseConnectionConfig(std::string_view yaml);

// YAML that reads back as the same config. `events_from_ms` isn't in it: it is set at connect.
std::string ConnectionConfigToYaml(const jira::v1::ConnectionConfig& config);

}  // namespace tajo::config
