#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "tajo/jira/v1/connection.pb.h"

namespace tajo::deciding {

// What is written into an attribute. Brevo takes no value of a wrong type and doesn't say so: what can't be
// converted is left out here, and the attribute cleared, since what it had belongs to another ticket.
struct AttributeValue {
  std::string json;          // "\"Done\"", "3", "[\"a\"]"; "\"\"" clears
  std::string_view dropped;  // why something was left out: "not_a_number", ...; empty: nothing was
};

// `value`: a field as Jira has it (a scalar, an object with a name, or a list of these), a time as text.
AttributeValue ToAttribute(const nlohmann::json& value, const jira::v1::FieldMapping& mapping);

}  // namespace tajo::deciding
