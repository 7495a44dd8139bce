#include "common/brevo/decode.h"

#include <nlohmann/json.hpp>

#include "common/base/error.h"
#include "common/brevo/encode.h"
#include "common/json/parse.h"
#include "common/json/reader.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::brevo {
namespace {

namespace v1 = ::tajo::jira::v1;
using json::Reader;

absl::StatusOr<nlohmann::json> Parse(std::string_view body) {
  return json::ParseJson(body, v1::BREVO_RESPONSE_INVALID);
}

absl::StatusOr<Contact> ReadContact(const Reader& reader) {
  Contact contact;
  TAJO_ASSIGN_OR_RETURN(contact.id, reader.RequireInt64("id"));
  contact.email = reader.String("email").value_or("");
  contact.modified_at = reader.String("modifiedAt").value_or("");
  contact.email_blocklisted = reader.Bool("emailBlacklisted").value_or(false);
  for (const Reader& list : reader.Items("listIds")) {
    if (const auto id = list.Int64()) contact.list_ids.push_back(*id);
  }
  for (const Reader& list : reader.Items("listUnsubscribed")) {
    if (const auto id = list.Int64()) contact.unsubscribed_list_ids.push_back(*id);
  }
  const Reader attributes = reader.Child("attributes");
  // No field of its own in the schema: it comes as an attribute.
  contact.ext_id = attributes.String("EXT_ID").value_or("");
  if (const nlohmann::json* object = attributes.Raw(); object != nullptr && object->is_object()) {
    for (const auto& [name, value] : object->items()) contact.attributes.emplace(name, Dump(value));
  }
  return contact;
}

absl::StatusOr<List> ReadList(const Reader& reader) {
  List list;
  TAJO_ASSIGN_OR_RETURN(list.id, reader.RequireInt64("id"));
  list.name = reader.String("name").value_or("");
  return list;
}

// "in_process" in one part of Brevo's description, "inProcess" in another.
CampaignStatus CampaignStatusOf(std::string_view status) {
  if (status == "draft") return CampaignStatus::kDraft;
  if (status == "suspended") return CampaignStatus::kSuspended;
  if (status == "queued" || status == "in_process" || status == "inProcess") return CampaignStatus::kQueued;
  if (status == "sent" || status == "archive") return CampaignStatus::kSent;
  return CampaignStatus::kUnknown;
}

absl::StatusOr<Campaign> ReadCampaign(const Reader& reader) {
  Campaign campaign;
  TAJO_ASSIGN_OR_RETURN(campaign.id, reader.RequireInt64("id"));
  campaign.name = reader.String("name").value_or("");
  campaign.status = CampaignStatusOf(reader.String("status").value_or(""));
  return campaign;
}

std::vector<std::string> ReadNames(const Reader& array) {
  std::vector<std::string> names;
  for (const Reader& item : array.Items()) {
    if (auto name = item.Id()) names.push_back(*std::move(name));
  }
  return names;
}

ProcessState StateOf(std::string_view status) {
  if (status == "queued") return ProcessState::kQueued;
  if (status == "processing" || status == "in_process") return ProcessState::kRunning;
  if (status == "completed") return ProcessState::kCompleted;
  if (status == "failed") return ProcessState::kFailed;
  if (status == "cancelled") return ProcessState::kCancelled;
  return ProcessState::kUnknown;
}

}  // namespace

absl::StatusOr<Account> DecodeAccount(std::string_view body) {
  TAJO_ASSIGN_OR_RETURN(const nlohmann::json document, Parse(body));
  const Reader reader(document, v1::BREVO_RESPONSE_INVALID);
  Account account;
  TAJO_ASSIGN_OR_RETURN(account.company_name, reader.RequireString("companyName"));
  account.organization_id = reader.Id("organization_id").value_or("");
  account.enterprise = reader.Bool("enterprise").value_or(false);
  return account;
}

// Since May 2026 `value` is 0 where a category's value is no number: then `valueStr` is it.
AttributeOption ReadCategoryOption(const Reader& item) {
  AttributeOption option;
  option.label = item.String("label").value_or("");
  const int64_t number = item.Int64("value").value_or(0);
  const std::string text = item.String("valueStr").value_or("");
  option.value_json = text.empty() || text == std::to_string(number) ? std::to_string(number) : QuotedJson(text);
  return option;
}

absl::StatusOr<std::vector<AttributeDefinition>> DecodeAttributes(std::string_view body) {
  TAJO_ASSIGN_OR_RETURN(const nlohmann::json document, Parse(body));
  TAJO_ASSIGN_OR_RETURN(const auto items, Reader(document, v1::BREVO_RESPONSE_INVALID).RequireArray("attributes"));
  std::vector<AttributeDefinition> attributes;
  for (const Reader& item : items) {
    AttributeDefinition attribute;
    TAJO_ASSIGN_OR_RETURN(attribute.name, item.RequireString("name"));
    attribute.category = item.String("category").value_or("");
    attribute.type = item.String("type").value_or("");
    for (const Reader& option : item.Items("enumeration")) attribute.options.push_back(ReadCategoryOption(option));
    for (const Reader& option : item.Items("multiCategoryOptions")) {
      const std::string label = option.String().value_or("");
      attribute.options.push_back({label, QuotedJson(label)});
    }
    attributes.push_back(std::move(attribute));
  }
  return attributes;
}

absl::StatusOr<Contact> DecodeContact(std::string_view body) {
  TAJO_ASSIGN_OR_RETURN(const nlohmann::json document, Parse(body));
  return ReadContact(Reader(document, v1::BREVO_RESPONSE_INVALID));
}

absl::StatusOr<ContactPage> DecodeContacts(std::string_view body) {
  TAJO_ASSIGN_OR_RETURN(const nlohmann::json document, Parse(body));
  const Reader reader(document, v1::BREVO_RESPONSE_INVALID);
  TAJO_ASSIGN_OR_RETURN(const auto items, reader.RequireArray("contacts"));
  ContactPage page;
  page.count = reader.Int64("count").value_or(0);
  for (const Reader& item : items) {
    TAJO_ASSIGN_OR_RETURN(Contact contact, ReadContact(item));
    page.contacts.push_back(std::move(contact));
  }
  return page;
}

absl::StatusOr<List> DecodeList(std::string_view body) {
  TAJO_ASSIGN_OR_RETURN(const nlohmann::json document, Parse(body));
  return ReadList(Reader(document, v1::BREVO_RESPONSE_INVALID));
}

absl::StatusOr<ListPage> DecodeLists(std::string_view body) {
  return DecodeNamed(body, "lists");
}

absl::StatusOr<ListPage> DecodeNamed(std::string_view body, std::string_view array) {
  TAJO_ASSIGN_OR_RETURN(const nlohmann::json document, Parse(body));
  const Reader reader(document, v1::BREVO_RESPONSE_INVALID);
  ListPage page;
  page.count = reader.Int64("count").value_or(0);
  // An account without lists has no `lists` at all.
  for (const Reader& item : reader.Items(array)) {
    TAJO_ASSIGN_OR_RETURN(List list, ReadList(item));
    page.lists.push_back(std::move(list));
  }
  return page;
}

absl::StatusOr<Campaign> DecodeCampaign(std::string_view body) {
  TAJO_ASSIGN_OR_RETURN(const nlohmann::json document, Parse(body));
  return ReadCampaign(Reader(document, v1::BREVO_RESPONSE_INVALID));
}

absl::StatusOr<CampaignPage> DecodeCampaigns(std::string_view body) {
  TAJO_ASSIGN_OR_RETURN(const nlohmann::json document, Parse(body));
  const Reader reader(document, v1::BREVO_RESPONSE_INVALID);
  CampaignPage page;
  page.count = reader.Int64("count").value_or(0);
  for (const Reader& item : reader.Items("campaigns")) {
    TAJO_ASSIGN_OR_RETURN(Campaign campaign, ReadCampaign(item));
    page.campaigns.push_back(std::move(campaign));
  }
  return page;
}

absl::StatusOr<ListChange> DecodeListChange(std::string_view body) {
  TAJO_ASSIGN_OR_RETURN(const nlohmann::json document, Parse(body));
  TAJO_ASSIGN_OR_RETURN(const Reader contacts, Reader(document, v1::BREVO_RESPONSE_INVALID).RequireObject("contacts"));
  return ListChange{ReadNames(contacts.Child("success")), ReadNames(contacts.Child("failure")), false};
}

absl::StatusOr<int64_t> DecodeId(std::string_view body, std::string_view key) {
  TAJO_ASSIGN_OR_RETURN(const nlohmann::json document, Parse(body));
  return Reader(document, v1::BREVO_RESPONSE_INVALID).RequireInt64(key);
}

absl::StatusOr<Process> DecodeProcess(std::string_view body) {
  TAJO_ASSIGN_OR_RETURN(const nlohmann::json document, Parse(body));
  const Reader reader(document, v1::BREVO_RESPONSE_INVALID);
  Process process;
  TAJO_ASSIGN_OR_RETURN(process.id, reader.RequireInt64("id"));
  TAJO_ASSIGN_OR_RETURN(const std::string status, reader.RequireString("status"));
  process.state = StateOf(status);
  const Reader files = reader.Child("info").Child("import");
  for (const std::string& kind : files.Keys()) {
    if (auto url = files.String(kind); url && !url->empty()) process.files.push_back({kind, *std::move(url)});
  }
  return process;
}

absl::StatusOr<EventPage> DecodeEvents(std::string_view body) {
  TAJO_ASSIGN_OR_RETURN(const nlohmann::json document, Parse(body));
  const Reader reader(document, v1::BREVO_RESPONSE_INVALID);
  EventPage page;
  page.count = reader.Int64("count").value_or(0);
  for (const Reader& item : reader.Items("events")) {
    const Reader properties = item.Child("event_properties");
    page.events.push_back({item.Int64("contact_id").value_or(0), item.String("event_name").value_or(""),
                           item.String("event_date").value_or(""), properties.String("uid").value_or(""),
                           properties.String("issue_key").value_or("")});
  }
  return page;
}

absl::StatusOr<std::vector<RegisteredWebhook>> DecodeWebhooks(std::string_view body) {
  TAJO_ASSIGN_OR_RETURN(const nlohmann::json document, Parse(body));
  const Reader reader(document, v1::BREVO_RESPONSE_INVALID);
  std::vector<RegisteredWebhook> webhooks;
  for (const Reader& item : reader.Items("webhooks")) {
    RegisteredWebhook& webhook = webhooks.emplace_back();
    TAJO_ASSIGN_OR_RETURN(webhook.id, item.RequireInt64("id"));
    webhook.url = item.String("url").value_or("");
    webhook.batched = item.Bool("batched").value_or(false);
    for (const Reader& event : item.Items("events")) {
      if (auto name = event.String()) webhook.events.push_back(*std::move(name));
    }
    if (auto token = item.Child("auth").String("token")) webhook.bearer_token = base::Secret(*std::move(token));
  }
  return webhooks;
}

Upserted DecodeUpsert(const net::HttpResponse& response) {
  Upserted upserted;
  upserted.created = response.status == 201;
  if (response.body.empty()) return upserted;
  // It was written whatever the body is, and the id may be null.
  if (const auto document = Parse(response.body); document.ok()) upserted.id = Reader(*document).Int64("id");
  return upserted;
}

std::vector<std::string> EmailsInCsv(std::string_view csv) {
  std::vector<std::string> emails;
  while (!csv.empty()) {
    const std::size_t end = std::min(csv.find_first_of("\r\n"), csv.size());
    std::string_view line = csv.substr(0, end);
    csv.remove_prefix(std::min(end + 1, csv.size()));
    while (!line.empty()) {
      const std::size_t stop = std::min(line.find_first_of(";,"), line.size());
      std::string_view cell = line.substr(0, stop);
      line.remove_prefix(std::min(stop + 1, line.size()));
      while (!cell.empty() && (cell.front() == '"' || cell.front() == ' ')) cell.remove_prefix(1);
      while (!cell.empty() && (cell.back() == '"' || cell.back() == ' ')) cell.remove_suffix(1);
      if (cell.find('@') == std::string_view::npos) continue;
      emails.emplace_back(cell);
      break;
    }
  }
  return emails;
}

}  // namespace tajo::brevo
