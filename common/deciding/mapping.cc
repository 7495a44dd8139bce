#include "common/deciding/mapping.h"

#include <functional>
#include <map>
#include <nlohmann/json.hpp>

#include "common/json/time.h"

namespace tajo::deciding {
namespace {

using jira::v1::DesiredContact;
using jira::v1::Issue;

using Json = nlohmann::json;
using Reading = std::function<Json(const Issue&, const Customer&)>;

constexpr char kEmailAttribute[] = "email";

std::string DateOrEmpty(int64_t millis) {
  return millis == 0 ? std::string() : json::FormatDate(millis);
}

// Where each source of `field_mapping` is read; Brevo's `date` attributes take yyyy-mm-dd only.
const std::map<std::string, Reading>& PersonReadings() {
  static const auto& readings = *new std::map<std::string, Reading>{
      {"accountId", [](const Issue&, const Customer& who) { return Json(who.account_id); }},
      {"emailAddress", [](const Issue&, const Customer& who) { return Json(who.email); }},
      {"displayName", [](const Issue&, const Customer& who) { return Json(who.display_name); }},
  };
  return readings;
}

const std::map<std::string, Reading>& TicketReadings() {
  static const auto& readings = *new std::map<std::string, Reading>{
      {"issue_key", [](const Issue& issue, const Customer&) { return Json(issue.key()); }},
      {"issue_status", [](const Issue& issue, const Customer&) { return Json(issue.status()); }},
      {"issue_priority", [](const Issue& issue, const Customer&) { return Json(issue.priority()); }},
      {"issue_type", [](const Issue& issue, const Customer&) { return Json(issue.issue_type()); }},
      {"issue_summary", [](const Issue& issue, const Customer&) { return Json(issue.summary()); }},
      {"issue_created", [](const Issue& issue, const Customer&) { return Json(DateOrEmpty(issue.created_ms())); }},
      {"issue_updated", [](const Issue& issue, const Customer&) { return Json(DateOrEmpty(issue.updated_ms())); }},
      {"project_key", [](const Issue& issue, const Customer&) { return Json(issue.project_key()); }},
      {"resolution", [](const Issue& issue, const Customer&) { return Json(issue.resolution()); }},
      {"assignee", [](const Issue& issue, const Customer&) { return Json(issue.assignee().display_name()); }},
  };
  return readings;
}

// A custom field in the shapes that Jira has: scalar, {value}, {name}, {displayName}, or a list of these.
Json CustomFieldValue(const std::string& field_json) {
  const Json value = Json::parse(field_json, nullptr, /*allow_exceptions=*/false);
  const auto scalar = [](const Json& item) -> Json {
    if (item.is_string() || item.is_number()) return item;
    // Brevo's booleans are unreliable through imports: text instead.
    if (item.is_boolean()) return item.get<bool>() ? "true" : "false";
    for (const char* name : {"value", "name", "displayName"}) {
      if (item.is_object() && item.contains(name) && item[name].is_string()) return item[name];
    }
    return "";
  };
  if (!value.is_array()) return scalar(value);
  std::string joined;
  for (const Json& item : value) {
    const Json one = scalar(item);
    const std::string text = one.is_string() ? one.get<std::string>() : one.dump();
    if (text.empty()) continue;
    if (!joined.empty()) joined += ", ";
    joined += text;
  }
  return joined;
}

Json Read(const std::string& source, const Issue& issue, const Customer& customer) {
  if (const auto person = PersonReadings().find(source); person != PersonReadings().end()) {
    return person->second(issue, customer);
  }
  if (const auto ticket = TicketReadings().find(source); ticket != TicketReadings().end()) {
    return ticket->second(issue, customer);
  }
  const auto field = issue.fields().find(source);
  return field == issue.fields().end() ? Json("") : CustomFieldValue(field->second);
}

std::string Dump(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

DesiredContact DesiredFor(const Issue& issue, const Customer& customer, const Rules& rules) {
  DesiredContact desired;
  desired.set_email(customer.email);
  desired.set_account_id(customer.account_id);
  for (const auto& mapping : rules.Config().field_mapping()) {
    if (mapping.attribute() == kEmailAttribute) continue;
    const Json value = Read(mapping.source(), issue, customer);
    // An unknown name or account must not wipe what Brevo has from elsewhere.
    if (PersonReadings().contains(mapping.source()) && value == Json(std::string())) continue;
    (*desired.mutable_attributes())[mapping.attribute()] = Dump(value);
  }
  return desired;
}

DesiredContact DesiredWithoutTicket(const DesiredContact& before, const Rules& rules) {
  DesiredContact desired = before;
  for (const auto& mapping : rules.Config().field_mapping()) {
    if (mapping.attribute() == kEmailAttribute || PersonReadings().contains(mapping.source())) continue;
    (*desired.mutable_attributes())[mapping.attribute()] = "\"\"";
  }
  return desired;
}

std::string AttributeType(const std::string& mapping_source) {
  return mapping_source == "issue_created" || mapping_source == "issue_updated" ? "date" : "text";
}

}  // namespace tajo::deciding
