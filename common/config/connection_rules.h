#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

// What a connection's texts must look like. Each answers what is wrong, or nothing.
namespace tajo::config {

using Complaint = std::optional<std::string>;

// "SUPPORT": a capital, then capitals, digits and '_'.
Complaint CheckProjectKey(std::string_view key);
// A filter that can be put in brackets and ANDed: quotes and brackets close, and no ORDER BY.
Complaint CheckJqlFilter(std::string_view jql);
// A Brevo attribute: "LAST_TICKET_KEY".
Complaint CheckAttribute(std::string_view attribute);
// One of the words of field_mapping, or a custom field by id or name.
Complaint CheckMappingSource(const std::string& source);
// reporter, creator, assignee, or a custom field by id or name.
Complaint CheckContactSource(const std::string& source);
// Somebody who is told something: an e-mail, or an account id of Jira.
Complaint CheckLead(std::string_view lead);
// A name that people gave: an issue type, a field.
Complaint CheckName(std::string_view name);

// "Your-Domain.atlassian.net/" -> "https://your-domain.atlassian.net"; nothing if that isn't a site.
std::optional<std::string> NormaliseSite(std::string_view url);

}  // namespace tajo::config
