#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "common/base/ascii.h"
#include "common/json/time.h"
#include "simulators/brevo/endpoints.h"
#include "simulators/brevo/writing.h"

namespace tajo::brevo_sim {
namespace {

using Refused = std::optional<net::ServerResponse>;

// The account owner's own contact, which can't be deleted.
constexpr std::string_view kOwner = "owner@example.com";

// A contact's write, read and checked.
struct Write {
  std::string email, ext_id, sms;
  nlohmann::json attributes = nlohmann::json::object();
  std::vector<int64_t> list_ids, unlink_list_ids;
  bool force_merge = false;
  bool update_enabled = false;
  bool get_id = false;
};

Refused ReadText(const nlohmann::json& body, std::string_view key, std::string& value) {
  const auto found = body.find(key);
  if (found == body.end() || found->is_null()) return std::nullopt;
  if (!found->is_string()) return Error(400, "invalid_parameter", fmt::format("{} should be type string", key));
  value = found->get<std::string>();
  return std::nullopt;
}

bool IsTrue(const nlohmann::json& body, std::string_view key) {
  const auto found = body.find(key);
  return found != body.end() && found->is_boolean() && found->get<bool>();
}

Refused ReadIdentifierAttributes(Write& write) {
  if (const auto refused = ReadText(write.attributes, "EMAIL", write.email)) return refused;
  if (const auto refused = ReadText(write.attributes, "EXT_ID", write.ext_id)) return refused;
  if (const auto refused = ReadText(write.attributes, "SMS", write.sms)) return refused;
  if (!write.sms.empty()) {
    const auto phone = NormalPhone(write.sms);
    if (!phone) return Error(400, "invalid_parameter", "Invalid phone number");
    write.sms = *phone;
  }
  if (!write.email.empty() && !IsEmail(write.email)) return Error(400, "invalid_parameter", "Invalid email address");
  return std::nullopt;
}

Refused ReadWrite(Scene scene, const nlohmann::json& body, Write& write) {
  for (const std::string_view flag : {"emailBlacklisted", "smsBlacklisted"}) {
    if (body.contains(flag)) scene.violations.Add("blocklist_flag_sent", std::string(flag));
  }
  if (IsTrue(body, "forceMerge")) scene.violations.Add("force_merge", scene.call.method);
  write.force_merge = IsTrue(body, "forceMerge");
  write.update_enabled = IsTrue(body, "updateEnabled");
  write.get_id = IsTrue(body, "getId");
  if (const auto refused = ReadText(body, "email", write.email)) return refused;
  if (const auto refused = ReadText(body, "ext_id", write.ext_id)) return refused;
  if (const auto attributes = body.find("attributes"); attributes != body.end()) {
    if (!attributes->is_object()) return Error(400, "invalid_parameter", "attributes should be type object");
    write.attributes = *attributes;
  }
  if (const auto refused = ReadIdentifierAttributes(write)) return refused;
  if (const auto refused = ReadIds(body, "listIds", write.list_ids)) return refused;
  if (const auto refused = ReadIds(body, "unlinkListIds", write.unlink_list_ids)) return refused;
  return CheckLists(scene.account, write.list_ids, scene.violations);
}

net::ServerResponse Clash(std::string_view verb, const std::vector<std::string>& identifiers) {
  return Json(400, {{"code", "duplicate_parameter"},
                    {"message", fmt::format("Unable to {} contact, {} is already associated with another Contact", verb,
                                            fmt::join(identifiers, ", "))},
                    {"metadata", {{"duplicate_identifiers", identifiers}}}});
}

// Identifiers of `write` that somebody other than `contact` (null: nobody yet) holds.
std::vector<std::string> Held(Account& account, const Write& write, const Contact* contact) {
  std::vector<std::string> held;
  const auto other = [contact](const Contact* found) { return found != nullptr && found != contact; };
  if (!write.email.empty() && other(account.FindByEmail(write.email))) held.emplace_back("email");
  if (!write.sms.empty() && other(account.FindBySms(write.sms))) held.emplace_back("SMS");
  if (!write.ext_id.empty() && other(account.FindByExtId(write.ext_id))) held.emplace_back("ext_id");
  return held;
}

Contact* MergeAll(Account& account, const Write& write, Contact* contact) {
  for (Contact* other :
       {account.FindByEmail(write.email), account.FindByExtId(write.ext_id), account.FindBySms(write.sms)}) {
    if (other == nullptr || other == contact) continue;
    contact = contact == nullptr ? other : &account.Merge(*contact, *other);
  }
  return contact;
}

void Apply(Scene scene, const Write& write, Contact& contact) {
  Account& account = scene.account;
  const bool blocked = contact.email_blocklisted;
  if (!write.email.empty()) account.SetEmail(contact, write.email);
  if (blocked && !contact.email_blocklisted) scene.violations.Add("subscribed_again", scene.call.method);
  if (!write.ext_id.empty()) account.SetExtId(contact, write.ext_id);
  if (!write.sms.empty()) account.SetSms(contact, write.sms);
  SetAttributes(account, contact, write.attributes, true, scene.violations);
  JoinLists(contact, write.list_ids);
  LeaveLists(contact, write.unlink_list_ids);
  contact.modified_ms = scene.call.now_ms;
}

Contact* Match(Account& account, const Write& write) {
  if (Contact* found = write.email.empty() ? nullptr : account.FindByEmail(write.email)) return found;
  if (Contact* found = write.ext_id.empty() ? nullptr : account.FindByExtId(write.ext_id)) return found;
  return write.sms.empty() ? nullptr : account.FindBySms(write.sms);
}

Contact* Resolve(Scene scene, const std::string& identifier) {
  Account& account = scene.account;
  const std::string type = scene.call.Parameter("identifierType").value_or("");
  if (type == "email_id") return account.FindByEmail(identifier);
  if (type == "ext_id") return account.FindByExtId(identifier);
  if (type == "phone_id") return account.FindBySms(NormalPhone(identifier).value_or(""));
  if (type.empty()) scene.violations.Add("identifier_type_missing", scene.call.method);
  if (const auto id = ToId(identifier)) return account.FindById(*id);
  return type.empty() ? account.FindByEmail(identifier) : nullptr;
}

net::ServerResponse Update(Scene scene, Contact* contact) {
  nlohmann::json body;
  if (auto refused = ParseObject(scene.call, body)) return *std::move(refused);
  CountUnknownKeys(body,
                   {"attributes", "ext_id", "emailBlacklisted", "smsBlacklisted", "listIds", "unlinkListIds",
                    "smtpBlacklistSender", "forceMerge"},
                   "PUT /contacts/{identifier}", scene.violations);
  Write write;
  if (auto refused = ReadWrite(scene, body, write)) return *std::move(refused);
  if (contact == nullptr) return Error(404, "document_not_found", "Contact does not exist");
  const std::vector<std::string> held = Held(scene.account, write, contact);
  if (!held.empty() && !write.force_merge) return Clash("update", held);
  if (!held.empty()) contact = MergeAll(scene.account, write, contact);
  Apply(scene, write, *contact);
  return Empty(204);
}

}  // namespace

net::ServerResponse CreateContact(Scene scene) {
  nlohmann::json body;
  if (auto refused = ParseObject(scene.call, body)) return *std::move(refused);
  CountUnknownKeys(body,
                   {"email", "ext_id", "attributes", "listIds", "emailBlacklisted", "smsBlacklisted",
                    "smtpBlacklistSender", "updateEnabled", "forceMerge", "getId"},
                   "POST /contacts", scene.violations);
  Write write;
  if (auto refused = ReadWrite(scene, body, write)) return *std::move(refused);
  if (write.email.empty() && write.ext_id.empty() && write.sms.empty()) {
    return Error(400, "missing_parameter", "Either email, ext_id or attributes.SMS is required");
  }
  Account& account = scene.account;
  Contact* contact = Match(account, write);
  if (contact != nullptr && !write.update_enabled && !write.force_merge) {
    return Clash("create", Held(account, write, nullptr));
  }
  const std::vector<std::string> held = contact == nullptr ? std::vector<std::string>{} : Held(account, write, contact);
  if (!held.empty() && !write.force_merge) return Clash("update", held);
  if (!held.empty()) contact = MergeAll(account, write, contact);
  const bool created = contact == nullptr;
  if (created) contact = &account.AddContact(scene.call.now_ms);
  Apply(scene, write, *contact);
  if (created) return Json(201, {{"id", contact->id}});
  return write.get_id ? Json(200, {{"id", contact->id}}) : Empty(204);
}

net::ServerResponse OneContact(Scene scene, const std::string& identifier) {
  const std::string_view raw = std::string_view(scene.call.raw_path).substr(std::string_view("/contacts/").size());
  if (raw.find_first_of(":+@") != std::string_view::npos) {
    scene.violations.Add("identifier_not_encoded", scene.call.method);
  }
  Contact* contact = Resolve(scene, identifier);
  if (scene.call.method == "PUT") return Update(scene, contact);
  if (contact == nullptr) return Error(404, "document_not_found", "Contact does not exist");
  if (scene.call.method == "DELETE") {
    if (base::LowerCase(contact->email) == kOwner) {
      return Error(405, "method_not_allowed", "You're not allowed to delete registered email contact with Brevo");
    }
    scene.account.Remove(*contact);
    return Empty(204);
  }
  nlohmann::json body = ContactJson(scene.account, *contact);
  body["statistics"] = nlohmann::json::object();
  return Json(200, body);
}

}  // namespace tajo::brevo_sim
