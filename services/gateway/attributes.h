#pragma once

#include <vector>

#include "common/brevo/types.h"
#include "services/gateway/problems.h"
#include "tajo/jira/v1/connection.pb.h"

namespace tajo::gateway {

// The attributes that the mapping and the constants need and Brevo doesn't have, to be created. One that is
// there with a type that can't take what would be written, or without an option that would be, is a problem,
// named with both types and the way out: Brevo drops such values without a word.
std::vector<brevo::AttributeDefinition> PlanAttributes(const jira::v1::ConnectionConfig& config,
                                                       const std::vector<brevo::AttributeDefinition>& existing,
                                                       Problems& problems);

// Puts into the config what only the account's attributes (those that were created included) tell: the type of
// a custom field's attribute where the mapping doesn't say it, and what is written for a category's option.
void PinAttributes(const std::vector<brevo::AttributeDefinition>& attributes, jira::v1::ConnectionConfig& config);

}  // namespace tajo::gateway
