#include "simulators/brevo/account.h"
#include "common/base/ascii.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace tajo::brevo_sim {
namespace {

template <class Index>
Contact* Look(Account& account, const Index& index, const std::string& value) {
  const auto found = index.find(value);
  return found == index.end() ? nullptr : account.FindById(found->second);
}

void Reindex(std::unordered_map<std::string, int64_t>& index, const std::string& from, const std::string& to,
             int64_t id) {
  if (!from.empty()) index.erase(from);
  if (!to.empty()) index[to] = id;
}

}  // namespace

Account::Account(std::string api_key, const Options& options) : key(std::move(api_key)), limits(options) {
  attributes = {
      {"LASTNAME", "normal", "text"}, {"FIRSTNAME", "normal", "text"},           {"SMS", "normal", "text"},
      {"EXT_ID", "normal", "text"},   {"DOUBLE_OPT-IN", "category", "category"}, {"OPT_IN", "normal", "boolean"}};
  for (const int64_t id : options.lists) lists[id] = fmt::format("List {}", id);
  folders[1] = "Your First Folder";
}

Account::~Account() = default;

const Contact* Account::FindById(int64_t id) const {
  if (id < 1 || id > static_cast<int64_t>(contacts.size())) return nullptr;
  return contacts[static_cast<std::size_t>(id - 1)].get();
}
Contact* Account::FindById(int64_t id) {
  if (id < 1 || id > static_cast<int64_t>(contacts.size())) return nullptr;
  return contacts[static_cast<std::size_t>(id - 1)].get();
}
Contact* Account::FindByEmail(std::string_view email) {
  return Look(*this, by_email_, base::LowerCase(email));
}
Contact* Account::FindByExtId(const std::string& ext_id) {
  return Look(*this, by_ext_id_, ext_id);
}
Contact* Account::FindBySms(const std::string& sms) {
  return Look(*this, by_sms_, sms);
}

Contact& Account::AddContact(int64_t now_ms) {
  contacts.push_back(std::make_unique<Contact>());
  Contact& contact = *contacts.back();
  contact.id = static_cast<int64_t>(contacts.size());
  contact.created_ms = contact.modified_ms = now_ms;
  ++live_contacts;
  return contact;
}

void Account::SetEmail(Contact& contact, const std::string& email) {
  if (base::LowerCase(contact.email) == base::LowerCase(email)) return;
  Reindex(by_email_, base::LowerCase(contact.email), base::LowerCase(email), contact.id);
  // Brevo: a blocklisted contact that gets another address is subscribed again.
  if (!contact.email.empty()) contact.email_blocklisted = false;
  contact.email = email;
}
void Account::SetExtId(Contact& contact, const std::string& ext_id) {
  Reindex(by_ext_id_, contact.ext_id, ext_id, contact.id);
  contact.ext_id = ext_id;
}
void Account::SetSms(Contact& contact, const std::string& sms) {
  Reindex(by_sms_, contact.sms, sms, contact.id);
  contact.sms = sms;
}

void Account::Remove(Contact& contact) {
  by_email_.erase(base::LowerCase(contact.email));
  by_ext_id_.erase(contact.ext_id);
  by_sms_.erase(contact.sms);
  --live_contacts;
  contacts[static_cast<std::size_t>(contact.id - 1)].reset();
}

Contact& Account::Merge(Contact& one, Contact& other) {
  Contact& kept = one.modified_ms >= other.modified_ms ? one : other;
  Contact& gone = &kept == &one ? other : one;
  const std::string email = gone.email, ext_id = gone.ext_id, sms = gone.sms;
  for (const int64_t list : gone.list_ids) {
    if (std::find(kept.list_ids.begin(), kept.list_ids.end(), list) == kept.list_ids.end()) {
      kept.list_ids.push_back(list);
    }
  }
  Remove(gone);
  if (kept.email.empty()) SetEmail(kept, email);
  if (kept.ext_id.empty()) SetExtId(kept, ext_id);
  if (kept.sms.empty()) SetSms(kept, sms);
  return kept;
}

std::optional<uint16_t> Account::AttributeIndex(std::string_view name) const {
  for (std::size_t i = 0; i < attributes.size(); ++i) {
    if (attributes[i].name == name) return static_cast<uint16_t>(i);
  }
  return std::nullopt;
}

uint32_t Account::EventName(const std::string& name) {
  const auto [place, added] = by_event_name_.try_emplace(name, static_cast<uint32_t>(event_names.size()));
  if (added) event_names.push_back(name);
  return place->second;
}

}  // namespace tajo::brevo_sim
