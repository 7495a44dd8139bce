#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/base/secret.h"

namespace tajo::brevo {

// Which of a contact's identifiers a value is. Always sent: without it Brevo reads an all-digit
// ext_id as a contact id, that is, as another person.
enum class IdentifierType { kEmail, kContactId, kExtId, kPhone };
struct Identifier {
  IdentifierType type = IdentifierType::kEmail;
  std::string value;
};

// Attribute name -> JSON value: "\"Done\"", "3". `""` clears.
using Attributes = std::map<std::string, std::string>;

// What is written of a contact. Blocklist flags and forceMerge don't exist here on purpose: one
// re-subscribes people who opted out, the other deletes a contact with its history.
struct ContactWrite {
  std::string email;   // may be empty if ext_id isn't
  std::string ext_id;  // empty: not sent
  Attributes attributes;
  std::vector<int64_t> list_ids;
  std::vector<int64_t> unlink_list_ids;
};

struct Upserted {
  std::optional<int64_t> id;  // Brevo tells it only for some that it created
  bool created = false;
};

struct Contact {
  int64_t id = 0;
  std::string email;   // may be empty
  std::string ext_id;  // may be empty
  Attributes attributes;
  std::vector<int64_t> list_ids;
  std::vector<int64_t> unsubscribed_list_ids;
  bool email_blocklisted = false;
  std::string modified_at;  // as sent
};

enum class Deletion { kDeleted, kWasGone };

struct ContactPage {
  std::vector<Contact> contacts;
  int64_t count = 0;  // of all pages
};

struct ContactQuery {
  int limit = 1000;  // at most 1,000
  int64_t offset = 0;
  std::string modified_since;  // ISO 8601; empty: all
  std::vector<int64_t> list_ids;
};

struct Account {
  std::string company_name;
  std::string organization_id;  // empty in older answers
  bool enterprise = false;
};

// Of a category: what people see and what is written for it; of a multiple choice both are the same text.
struct AttributeOption {
  std::string label;
  std::string value_json;  // "2", "\"Billing\""
  bool operator==(const AttributeOption&) const = default;
};

struct AttributeDefinition {
  std::string name;
  std::string category;  // normal, transactional, category, calculated, global; open set
  std::string type;      // text, date, float, boolean, multiple-choice, ...; open set, may be empty
  std::vector<AttributeOption> options = {};
  bool operator==(const AttributeDefinition&) const = default;
};

struct List {
  int64_t id = 0;
  std::string name;
};
struct ListPage {
  std::vector<List> lists;
  int64_t count = 0;
};

// What became of adding to or removing from a list.
struct ListChange {
  std::vector<std::string> changed;
  std::vector<std::string> unchanged;
  // Brevo's 400 "already in list and/or does not exist": nobody was changed, and it doesn't tell
  // which of the two it was. GetContact does.
  bool none_changed = false;
};

enum class ProcessState { kQueued, kRunning, kCompleted, kFailed, kCancelled, kUnknown };
struct ResultFile {
  std::string kind;  // "invalid_emails", "duplicate_email_id", ...
  std::string url;
};
// "completed" doesn't mean that every row was taken: what wasn't is in the files.
struct Process {
  int64_t id = 0;
  ProcessState state = ProcessState::kUnknown;
  std::vector<ResultFile> files;
};

struct EventError {
  std::size_t index = 0;  // into what was sent
  std::string message;
};
struct EventsOutcome {
  std::size_t accepted = 0;
  std::vector<EventError> rejected;  // by index, each once
  // Good, but refused together with the rejected ones (a 400 about some of them): send them again.
  std::vector<std::size_t> not_taken;
  // Brevo's count isn't what was sent without the rejected ones, and it doesn't say which it left
  // out: all that aren't rejected are ambiguous.
  bool count_differs = false;
};

struct EventQuery {
  int64_t from_ms = 0;  // both 0: Brevo's window of six months
  int64_t to_ms = 0;
  std::vector<std::string> names;
  std::vector<int64_t> contact_ids;
  int limit = 10'000;  // 1 to 10,000
  int64_t offset = 0;
};
struct StoredEvent {
  int64_t contact_id = 0;
  std::string name;
  std::string date;  // as sent
  std::string uid;   // event_properties.uid, empty if it has none
  std::string issue_key;
};
struct EventPage {
  std::vector<StoredEvent> events;  // newest first
  int64_t count = 0;
};

struct CampaignRequest {
  std::string name;
  std::string subject;
  int64_t template_id = 0;  // one of these two
  std::string html;
  int64_t sender_id = 0;  // one of these two
  std::string sender_email;
  std::string sender_name;  // with sender_email; may be empty
  std::vector<int64_t> list_ids;
  std::map<std::string, std::string> params;  // {{params.name}} in a template
};

enum class CampaignStatus { kDraft, kSuspended, kQueued, kSent, kUnknown };
struct Campaign {
  int64_t id = 0;
  std::string name;
  CampaignStatus status = CampaignStatus::kUnknown;
};

// What came of asking to send a campaign. Sent or being sent already is Brevo's 400.
enum class SendNow { kAccepted, kAlreadySent };

struct WebhookRequest {
  std::string url;
  std::vector<std::string> events;  // camelCase: contactDeleted, unsubscribed
  base::Secret bearer_token;        // what Brevo sends back to us
  std::string description;
};

struct RegisteredWebhook {
  int64_t id = 0;
  std::string url;
  std::vector<std::string> events;
  bool batched = false;
  std::optional<base::Secret> bearer_token;  // nothing if Brevo doesn't tell it
};

}  // namespace tajo::brevo
