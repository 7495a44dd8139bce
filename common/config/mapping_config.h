#pragma once

#include <string>
#include <vector>

#include "common/config/section.h"

namespace tajo::jira::v1 {
class ConnectionConfig;
}

namespace tajo::config {

// Reads `field_mapping` and `constants`, key by key, into the config. What could never be written into an
// attribute of its type is a problem here already.
void ReadMapping(Section& root, jira::v1::ConnectionConfig& config, Problems& problems);

// Words of the YAML, at the place of their value in the enums AttributeType and ValueFormat less one.
const std::vector<std::string>& AttributeTypeWords();
const std::vector<std::string>& ValueFormatWords();

}  // namespace tajo::config
