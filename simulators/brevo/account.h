#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "simulators/brevo/limits.h"
#include "simulators/brevo/options.h"

namespace tajo::brevo_sim {

struct Attribute {
  std::string name;
  std::string category;
  std::string type;
  // Of a category: value (JSON) and label; of a multiple choice: the option (JSON) twice.
  std::vector<std::pair<std::string, std::string>> options = {};
};

struct Contact {
  int64_t id = 0;
  std::string email;
  std::string ext_id;
  std::string sms;
  std::vector<std::pair<uint16_t, std::string>> attributes;  // index into Account::attributes, JSON
  std::vector<int64_t> list_ids;
  int64_t created_ms = 0;
  int64_t modified_ms = 0;
  bool email_blocklisted = false;
  bool sms_blocklisted = false;
};

struct Event {
  int64_t contact_id = 0;
  uint32_t name = 0;  // index into Account::event_names
  int64_t date_ms = 0;
  int64_t accepted_ms = 0;
  std::string properties;  // JSON
};

enum class ImportState { kQueued, kProcessing, kCompleted, kFailed };
struct Import {
  int64_t id = 0;
  ImportState state = ImportState::kQueued;
  int64_t ready_ms = 0;
  int64_t last_poll_ms = 0;
  std::vector<int64_t> list_ids;
  bool update_existing = true;
  bool empty_attributes = false;
  std::unique_ptr<nlohmann::json> rows;      // array; null once applied
  std::size_t next_row = 0;                  // that isn't applied yet
  std::unordered_set<std::string> seen;      // e-mails of those before
  std::map<std::string, std::string> files;  // kind -> CSV
};

struct Webhook {
  std::string url;
  std::vector<std::string> events;
  std::string token;  // of auth: bearer; empty: none
  std::string description;
  bool batched = false;
};

struct Campaign {
  int64_t id = 0;
  std::string name;
  std::string subject;
  std::string sender;  // JSON
  std::string html;
  int64_t template_id = 0;
  std::vector<int64_t> list_ids;
  std::string params = "{}";  // JSON
  int64_t created_ms = 0;
  int64_t sent_ms = 0;
  int64_t sends = 0;
  std::vector<std::string> recipients;  // e-mails, when it was sent
};

enum class AccountMode { kOk, kIpBlocked, kNoCredits, kUnderValidation };

// All that one Brevo account holds, and what it answers about itself.
struct Account {
  Account(std::string api_key, const Options& options);
  ~Account();

  Contact* FindById(int64_t id);
  const Contact* FindById(int64_t id) const;
  Contact* FindByEmail(std::string_view email);
  Contact* FindByExtId(const std::string& ext_id);
  Contact* FindBySms(const std::string& sms);
  Contact& AddContact(int64_t now_ms);
  // Changes one identifier and its index.
  void SetEmail(Contact& contact, const std::string& email);
  void SetExtId(Contact& contact, const std::string& ext_id);
  void SetSms(Contact& contact, const std::string& sms);
  void Remove(Contact& contact);
  // Brevo's merge: the later modified one stays and takes over what it lacks.
  Contact& Merge(Contact& one, Contact& other);

  std::optional<uint16_t> AttributeIndex(std::string_view name) const;
  uint32_t EventName(const std::string& name);

  std::string key;
  AccountMode mode = AccountMode::kOk;
  Limits limits;
  std::vector<Attribute> attributes;
  std::vector<std::unique_ptr<Contact>> contacts;  // by id - 1; null once deleted
  int64_t live_contacts = 0;
  std::map<int64_t, std::string> lists;
  std::map<int64_t, std::string> folders;
  std::map<int64_t, int64_t> folder_of_list;  // the first folder where there is none
  std::map<int64_t, Campaign> campaigns;
  int64_t next_campaign = 12;
  std::vector<std::string> event_names;
  std::vector<Event> events;  // in order of acceptance
  int64_t lost_events = 0;
  std::unordered_map<std::string, uint32_t> uids;  // event_properties.uid -> how often
  std::vector<int32_t> latencies_ms;
  std::map<int64_t, Import> imports;
  int64_t next_process = 78;
  int64_t imports_to_fail = 0;  // of those that end next
  std::map<int64_t, Webhook> webhooks;
  int64_t next_webhook = 1;

 private:
  std::unordered_map<std::string, int64_t> by_email_;  // lower case
  std::unordered_map<std::string, int64_t> by_ext_id_;
  std::unordered_map<std::string, int64_t> by_sms_;
  std::unordered_map<std::string, uint32_t> by_event_name_;
};

}  // namespace tajo::brevo_sim
