#include "common/deciding/customer.h"
#include "common/base/ascii.h"

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>

namespace tajo::deciding {
namespace {

using jira::v1::Issue;
using jira::v1::User;

std::string NormalEmail(const std::string& text) {
  std::string email = base::LowerCase(text);
  absl::StripAsciiWhitespace(&email);
  return LooksLikeEmail(email) ? email : std::string();
}

bool IsPerson(const User& user) {
  return user.account_type() != "app" && user.account_id() != "unknown" &&
         !(user.account_id().empty() && user.email().empty());
}

Customer FromUser(const User& user) {
  return {NormalEmail(user.email()), user.account_id(), user.display_name()};
}

// A custom field's value: a plain e-mail, or a user object, or the first of several.
std::optional<Customer> FromField(const std::string& field_json) {
  const auto parsed = nlohmann::json::parse(field_json, nullptr, /*allow_exceptions=*/false);
  const nlohmann::json& value = parsed.is_array() && !parsed.empty() ? parsed.front() : parsed;
  if (value.is_string()) {
    const std::string email = NormalEmail(value.get<std::string>());
    if (email.empty()) return std::nullopt;
    return Customer{email, "", ""};
  }
  if (!value.is_object()) return std::nullopt;
  const auto text = [&value](const char* key) {
    const auto member = value.find(key);
    return member != value.end() && member->is_string() ? member->get<std::string>() : std::string();
  };
  User user;
  user.set_account_id(text("accountId"));
  user.set_account_type(text("accountType"));
  user.set_email(text("emailAddress"));
  user.set_display_name(text("displayName"));
  if (!IsPerson(user)) return std::nullopt;
  return FromUser(user);
}

std::optional<Customer> FromSource(const std::string& source, const Issue& issue) {
  const User* user = nullptr;
  if (source == "reporter") user = issue.has_reporter() ? &issue.reporter() : nullptr;
  if (source == "creator") user = issue.has_creator() ? &issue.creator() : nullptr;
  if (source == "assignee") user = issue.has_assignee() ? &issue.assignee() : nullptr;
  if (user != nullptr) return IsPerson(*user) ? std::optional(FromUser(*user)) : std::nullopt;
  const auto field = issue.fields().find(source);
  return field == issue.fields().end() ? std::nullopt : FromField(field->second);
}

// The same person with what the look-up adds; nobody if it turns out to be an app.
std::optional<Customer> Completed(Customer customer, const UserLookup& users) {
  if (customer.account_id.empty()) return customer;
  const User* known = users(customer.account_id);
  if (known == nullptr) return customer;
  if (!IsPerson(*known)) return std::nullopt;
  if (customer.email.empty()) customer.email = NormalEmail(known->email());
  if (customer.display_name.empty()) customer.display_name = known->display_name();
  return customer;
}

}  // namespace

store::ContactId Customer::Contact() const {
  return email.empty() ? store::ContactId{} : store::ContactId::OfEmail(email);
}

std::optional<Customer> CustomerOf(const Issue& issue, const Rules& rules, const UserLookup& users) {
  std::optional<Customer> without_email;
  for (const std::string& source : rules.Config().contact_source()) {
    auto found = FromSource(source, issue);
    if (!found) continue;
    found = Completed(*std::move(found), users);
    if (!found) continue;
    if (!found->email.empty()) return found;
    if (!without_email) without_email = std::move(found);
  }
  return without_email;
}

std::vector<std::string> AccountsToLookUp(const Issue& issue, const Rules& rules, const UserLookup& users) {
  std::vector<std::string> accounts;
  for (const std::string& source : rules.Config().contact_source()) {
    const auto found = FromSource(source, issue);
    if (!found) continue;
    if (!found->email.empty()) break;
    if (!found->account_id.empty() && users(found->account_id) == nullptr) accounts.push_back(found->account_id);
  }
  return accounts;
}

bool LooksLikeEmail(const std::string& text) {
  const auto at = text.find('@');
  if (at == std::string::npos || at == 0 || text.find('@', at + 1) != std::string::npos) return false;
  const auto dot = text.rfind('.');
  if (dot == std::string::npos || dot < at + 2 || dot + 1 == text.size()) return false;
  return std::none_of(text.begin(), text.end(),
                      [](unsigned char c) { return std::isspace(c) || c < 0x20 || c == ','; });
}

}  // namespace tajo::deciding
