#pragma once

#include <string>
#include <vector>

#include "common/deciding/customer.h"
#include "common/deciding/rules.h"
#include "tajo/jira/v1/event.pb.h"
#include "tajo/jira/v1/record.pb.h"

namespace tajo::deciding {

// What the customer's contact looks like when `issue` is their last ticket. Why values had to be left out is
// added to `dropped`: a word each, see AttributeValue.
jira::v1::DesiredContact DesiredFor(const jira::v1::Issue& issue, const Customer& customer, const Rules& rules,
                                    std::vector<std::string>* dropped = nullptr);

// The same person without any ticket: what came from a ticket is cleared ("").
jira::v1::DesiredContact DesiredWithoutTicket(const jira::v1::DesiredContact& before, const Rules& rules);

// Fills in what a mapping leaves open: times are dates, and what every ticket has is text. Rules does it.
void CompleteMapping(jira::v1::FieldMapping& mapping);
// Whether a source of the mapping is a time of the ticket.
bool IsTimeSource(const std::string& source);
// Whether it is one that every site has ("issue_key", "accountId", ...), rather than a field of the site.
bool IsBuiltInSource(const std::string& source);

}  // namespace tajo::deciding
