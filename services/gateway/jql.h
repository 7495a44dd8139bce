#pragma once

#include <string>

#include "tajo/jira/v1/connection.pb.h"

namespace tajo::gateway {

// The config's filters as JQL, bounded and never empty: what its syncs search.
std::string FilterJql(const jira::v1::ConnectionConfig& config);

}  // namespace tajo::gateway
