#pragma once

#include <string>
#include <vector>

#include "common/brevo/types.h"
#include "services/gateway/problems.h"
#include "tajo/jira/v1/connection.pb.h"

namespace tajo::gateway {

struct NewAttribute {
  std::string name;
  std::string type;  // "text" or "date"
  bool operator==(const NewAttribute&) const = default;
};

// The attributes that a mapping needs and Brevo doesn't have. One that is there with a type that can't
// take what would be written is a problem, named: Brevo drops such values without a word.
std::vector<NewAttribute> PlanAttributes(const jira::v1::ConnectionConfig& config,
                                         const std::vector<brevo::AttributeDefinition>& existing, Problems& problems);

}  // namespace tajo::gateway
