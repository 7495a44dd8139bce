#include "common/deciding/mapping.h"

#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <utility>

#include "common/deciding/attribute_value.h"
#include "common/json/time.h"

namespace tajo::deciding {
namespace {

using jira::v1::DesiredContact;
using jira::v1::Issue;

using Json = nlohmann::json;
using Reading = std::function<Json(const Issue&, const Customer&)>;

constexpr char kEmailAttribute[] = "email";

std::string TimeOrEmpty(int64_t millis) {
  return millis == 0 ? std::string() : json::FormatIso8601(millis);
}

// Where each source of `field_mapping` is read.
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
      {"issue_created", [](const Issue& issue, const Customer&) { return Json(TimeOrEmpty(issue.created_ms())); }},
      {"issue_updated", [](const Issue& issue, const Customer&) { return Json(TimeOrEmpty(issue.updated_ms())); }},
      {"project_key", [](const Issue& issue, const Customer&) { return Json(issue.project_key()); }},
      {"resolution", [](const Issue& issue, const Customer&) { return Json(issue.resolution()); }},
      {"assignee", [](const Issue& issue, const Customer&) { return Json(issue.assignee().display_name()); }},
  };
  return readings;
}

Json Read(const std::string& source, const Issue& issue, const Customer& customer) {
  if (const auto person = PersonReadings().find(source); person != PersonReadings().end()) {
    return person->second(issue, customer);
  }
  if (const auto ticket = TicketReadings().find(source); ticket != TicketReadings().end()) {
    return ticket->second(issue, customer);
  }
  const auto field = issue.fields().find(source);
  return field == issue.fields().end() ? Json() : Json::parse(field->second, nullptr, /*allow_exceptions=*/false);
}

}  // namespace

DesiredContact DesiredFor(const Issue& issue, const Customer& customer, const Rules& rules,
                          std::vector<std::string>* dropped) {
  DesiredContact desired;
  desired.set_email(customer.email);
  desired.set_account_id(customer.account_id);
  const auto write = [&](const jira::v1::FieldMapping& mapping, const Json& from) {
    AttributeValue value = ToAttribute(from, mapping);
    if (!value.dropped.empty() && dropped != nullptr) dropped->emplace_back(value.dropped);
    (*desired.mutable_attributes())[mapping.attribute()] = std::move(value.json);
  };
  for (const auto& mapping : rules.Config().field_mapping()) {
    if (mapping.attribute() == kEmailAttribute) continue;
    const Json value = Read(mapping.source(), issue, customer);
    // An unknown name or account must not wipe what Brevo has from elsewhere.
    const bool unknown = PersonReadings().contains(mapping.source()) && value == Json(std::string());
    if (!unknown || mapping.has_default_value()) write(mapping, value);
  }
  for (const auto& constant : rules.Config().constants()) write(constant, Json());
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

void CompleteMapping(jira::v1::FieldMapping& mapping) {
  const bool time = IsTimeSource(mapping.source());
  if (mapping.type() == jira::v1::ATTRIBUTE_TYPE_UNSPECIFIED && IsBuiltInSource(mapping.source())) {
    mapping.set_type(time ? jira::v1::ATTRIBUTE_DATE : jira::v1::ATTRIBUTE_TEXT);
  }
  const bool as_text = mapping.type() == jira::v1::ATTRIBUTE_TEXT;
  if (time && as_text && mapping.format() == jira::v1::VALUE_FORMAT_UNSPECIFIED) {
    mapping.set_format(jira::v1::FORMAT_DATE);
  }
}

bool IsTimeSource(const std::string& source) {
  return source == "issue_created" || source == "issue_updated";
}

bool IsBuiltInSource(const std::string& source) {
  return PersonReadings().contains(source) || TicketReadings().contains(source);
}

}  // namespace tajo::deciding
