#include "simulators/brevo/writing.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "common/json/time.h"

namespace tajo::brevo_sim {
namespace {

bool IsDate(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return false;
  for (const std::size_t i : {0u, 1u, 2u, 3u, 5u, 6u, 8u, 9u}) {
    if (text[i] < '0' || text[i] > '9') return false;
  }
  return json::ParseJiraTime(text).has_value();
}

bool IsOption(const Attribute& attribute, const nlohmann::json& value) {
  return attribute.options.empty() ||
         std::any_of(attribute.options.begin(), attribute.options.end(),
                     [&value](const auto& option) { return nlohmann::json::parse(option.first) == value; });
}

// Does the value fit? Otherwise which rule it breaks.
std::optional<std::string> Misfit(const Attribute& attribute, const nlohmann::json& value) {
  const std::string& type = attribute.type;
  const bool scalar = value.is_string() || value.is_number() || value.is_boolean();
  if (type == "float") return value.is_number() ? std::nullopt : std::optional<std::string>("attribute_type");
  if (type == "category") {
    if (!value.is_number() && !value.is_string()) return "attribute_type";
    return IsOption(attribute, value) ? std::nullopt : std::optional<std::string>("attribute_option");
  }
  if (type == "boolean") return value.is_boolean() ? std::nullopt : std::optional<std::string>("attribute_type");
  if (type == "date") {
    if (value.is_string() && IsDate(value.get_ref<const std::string&>())) return std::nullopt;
    return "attribute_date_format";
  }
  if (type == "multiple-choice") {
    if (!value.is_array()) return "attribute_type";
    const bool known =
        std::all_of(value.begin(), value.end(), [&attribute](const auto& item) { return IsOption(attribute, item); });
    return known ? std::nullopt : std::optional<std::string>("attribute_option");
  }
  // text: a number becomes its text.
  return scalar ? std::nullopt : std::optional<std::string>("attribute_type");
}

void Store(Contact& contact, uint16_t index, std::string value) {
  for (auto& [known, old] : contact.attributes) {
    if (known == index) {
      old = std::move(value);
      return;
    }
  }
  contact.attributes.emplace_back(index, std::move(value));
}

void Clear(Contact& contact, uint16_t index) {
  std::erase_if(contact.attributes, [index](const auto& attribute) { return attribute.first == index; });
}

}  // namespace

bool IsEmail(std::string_view text) {
  const std::size_t at = text.find('@');
  if (at == std::string_view::npos || at == 0 || text.find('@', at + 1) != std::string_view::npos) return false;
  if (text.find_first_of(" \t\r\n,;<>") != std::string_view::npos) return false;
  const std::string_view domain = text.substr(at + 1);
  const std::size_t dot = domain.rfind('.');
  return dot != std::string_view::npos && dot > 0 && dot + 1 < domain.size();
}

std::optional<std::string> NormalPhone(std::string_view text) {
  if (text.starts_with("+")) {
    text.remove_prefix(1);
  } else if (text.starts_with("00")) {
    text.remove_prefix(2);
  }
  const bool digits = std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (!digits || text.size() < 8 || text.size() > 15) return std::nullopt;
  return std::string(text);
}

void SetAttributes(Account& account, Contact& contact, const nlohmann::json& attributes, bool clearing,
                   Violations& violations) {
  for (const auto& [name, value] : attributes.items()) {
    if (name == "EMAIL" || name == "SMS" || name == "EXT_ID") continue;  // identifiers: the caller's
    const std::optional<uint16_t> index = account.AttributeIndex(name);
    if (!index) {
      violations.Add("unknown_attribute", name);
      continue;
    }
    const bool empty = value.is_null() || (value.is_string() && value.get_ref<const std::string&>().empty());
    if (empty) {
      if (clearing) Clear(contact, *index);
      continue;
    }
    const Attribute& attribute = account.attributes[*index];
    if (const auto misfit = Misfit(attribute, value)) {
      violations.Add(*misfit, fmt::format("{} ({}): {}", name, attribute.type, value.type_name()));
      continue;
    }
    const bool as_text = attribute.type == "text" && !value.is_string();
    Store(contact, *index, as_text ? nlohmann::json(value.dump()).dump() : value.dump());
  }
}

void JoinLists(Contact& contact, const std::vector<int64_t>& list_ids) {
  for (const int64_t list : list_ids) {
    if (std::find(contact.list_ids.begin(), contact.list_ids.end(), list) == contact.list_ids.end()) {
      contact.list_ids.push_back(list);
    }
  }
}

void LeaveLists(Contact& contact, const std::vector<int64_t>& list_ids) {
  for (const int64_t list : list_ids) std::erase(contact.list_ids, list);
}

nlohmann::json ContactJson(const Account& account, const Contact& contact) {
  nlohmann::json attributes = nlohmann::json::object();
  for (const auto& [index, value] : contact.attributes) {
    if (account.attributes[index].name.empty()) continue;  // the attribute was deleted
    attributes[account.attributes[index].name] = nlohmann::json::parse(value, nullptr, false);
  }
  if (!contact.ext_id.empty()) attributes["EXT_ID"] = contact.ext_id;
  if (!contact.sms.empty()) attributes["SMS"] = contact.sms;
  nlohmann::json body = {{"id", contact.id},
                         {"attributes", std::move(attributes)},
                         {"createdAt", json::FormatIso8601(contact.created_ms)},
                         {"modifiedAt", json::FormatIso8601(contact.modified_ms)},
                         {"emailBlacklisted", contact.email_blocklisted},
                         {"smsBlacklisted", contact.sms_blocklisted},
                         {"whatsappBlacklisted", false},
                         {"listIds", contact.list_ids}};
  if (!contact.email.empty()) body["email"] = contact.email;
  return body;
}

}  // namespace tajo::brevo_sim
