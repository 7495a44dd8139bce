#include "common/brevo/event.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "common/base/error.h"
#include "common/brevo/encode.h"
#include "common/json/parse.h"
#include "common/json/time.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::brevo {
namespace {

namespace v1 = ::tajo::jira::v1;

bool IsNameCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

std::string_view EventIdentifierKey(IdentifierType type) {
  switch (type) {
    case IdentifierType::kContactId:
      return "contact_id";
    case IdentifierType::kExtId:
      return "ext_id";
    case IdentifierType::kPhone:
      return "phone_id";
    case IdentifierType::kEmail:
      break;
  }
  return "email_id";
}

absl::StatusOr<nlohmann::json> IdentifiersOf(const Identifier& contact) {
  if (contact.value.empty()) {
    return base::FieldError(v1::REQUEST_INVALID, "identifiers", "event: the contact's identifier is empty");
  }
  if (contact.type != IdentifierType::kContactId) {
    return nlohmann::json{{EventIdentifierKey(contact.type), contact.value}};
  }
  const std::optional<int64_t> id = ParseId(contact.value);
  if (!id) return base::FieldError(v1::REQUEST_INVALID, "identifiers", "event: a contact id is a number");
  return nlohmann::json{{"contact_id", *id}};
}

// Brevo states the rule for keys without saying whether it holds for nested ones: taken as if.
absl::Status CheckKeys(const nlohmann::json& value) {
  if (value.is_object()) {
    for (const auto& [key, child] : value.items()) {
      if (!IsValidName(key)) {
        return base::FieldError(v1::REQUEST_INVALID, "event_properties",
                                "event: a property's name has other characters than letters, digits, '_' and '-', or "
                                "more than 255 of them; see SanitizeName");
      }
      TAJO_RETURN_IF_ERROR(CheckKeys(child));
    }
  } else if (value.is_array()) {
    for (const auto& child : value) TAJO_RETURN_IF_ERROR(CheckKeys(child));
  }
  return absl::OkStatus();
}

}  // namespace

bool IsValidName(std::string_view name) {
  return !name.empty() && name.size() <= kMaxNameBytes && std::all_of(name.begin(), name.end(), IsNameCharacter);
}

std::string SanitizeName(std::string_view name) {
  std::string result(name.substr(0, kMaxNameBytes));
  std::replace_if(
      result.begin(), result.end(), [](char c) { return !IsNameCharacter(c); }, '_');
  return result.empty() ? "_" : result;
}

absl::StatusOr<std::string> EncodeEvent(const TimelineEvent& event) {
  if (!IsValidName(event.name)) {
    return base::FieldError(v1::REQUEST_INVALID, "event_name",
                            "event: the name must be 1 to 255 letters, digits, '_' or '-'");
  }
  TAJO_ASSIGN_OR_RETURN(nlohmann::json identifiers, IdentifiersOf(event.contact));
  nlohmann::json body = {{"event_name", event.name}, {"identifiers", std::move(identifiers)}};
  if (event.at_ms != 0) body["event_date"] = json::FormatIso8601(event.at_ms);
  if (!event.properties_json.empty()) {
    if (event.properties_json.size() > kMaxPropertiesBytes) {
      return base::FieldError(v1::EVENT_TOO_LARGE, "event_properties",
                              fmt::format("event: {} bytes of properties, Brevo takes {}; shorten its texts",
                                          event.properties_json.size(), kMaxPropertiesBytes));
    }
    TAJO_ASSIGN_OR_RETURN(nlohmann::json properties, json::ParseJson(event.properties_json));
    if (!properties.is_object()) {
      return base::FieldError(v1::REQUEST_INVALID, "event_properties", "event: the properties aren't an object");
    }
    TAJO_RETURN_IF_ERROR(CheckKeys(properties));
    body["event_properties"] = std::move(properties);
  }
  return Dump(body);
}

}  // namespace tajo::brevo
