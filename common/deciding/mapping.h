#pragma once

#include <string>
#include <vector>

#include "common/deciding/customer.h"
#include "common/deciding/rules.h"
#include "tajo/jira/v1/event.pb.h"
#include "tajo/jira/v1/record.pb.h"

namespace tajo::deciding {

// What the customer's contact looks like when `issue` is their last ticket.
jira::v1::DesiredContact DesiredFor(const jira::v1::Issue& issue, const Customer& customer, const Rules& rules);

// The same person without any ticket: what came from a ticket is cleared ("").
jira::v1::DesiredContact DesiredWithoutTicket(const jira::v1::DesiredContact& before, const Rules& rules);

// Brevo's type of an attribute that the mapping fills: "date" or "text".
std::string AttributeType(const std::string& mapping_source);

}  // namespace tajo::deciding
