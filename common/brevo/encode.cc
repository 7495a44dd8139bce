#include "common/brevo/encode.h"

#include <fmt/format.h>

#include <charconv>
#include <nlohmann/json.hpp>

#include "common/base/error.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::brevo {
namespace {

namespace v1 = ::tajo::jira::v1;

std::string_view PathIdentifierType(IdentifierType type) {
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

std::string IdArray(const std::vector<int64_t>& ids) {
  return fmt::format("[{}]", fmt::join(ids, ","));
}

void Append(std::string& object, std::string_view key, std::string_view value) {
  object += fmt::format("{}\"{}\":{}", object.size() > 1 ? "," : "", key, value);
}

// What creating and updating have in common. `"{"` first, closed by the caller.
absl::StatusOr<std::string> OpenBody(const ContactWrite& contact) {
  std::string body = "{";
  if (!contact.ext_id.empty()) Append(body, "ext_id", QuotedJson(contact.ext_id));
  if (!contact.attributes.empty()) {
    TAJO_ASSIGN_OR_RETURN(const std::string attributes, AttributesObject(contact.attributes));
    Append(body, "attributes", attributes);
  }
  if (!contact.list_ids.empty()) Append(body, "listIds", IdArray(contact.list_ids));
  return body;
}

nlohmann::json WebhookJson(const WebhookRequest& webhook) {
  nlohmann::json body = {{"url", webhook.url}, {"events", webhook.events}, {"batched", false}};
  if (!webhook.description.empty()) body["description"] = webhook.description;
  if (!webhook.bearer_token.Empty()) {
    body["auth"] = {{"type", "bearer"}, {"token", webhook.bearer_token.Reveal()}};
  }
  return body;
}

}  // namespace

std::string Dump(const nlohmann::json& body) {
  return body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string QuotedJson(std::string_view text) {
  return Dump(nlohmann::json(text));
}

std::string PercentEncode(std::string_view text) {
  std::string result;
  result.reserve(text.size() + 8);
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                       c == '.' || c == '_' || c == '~';
    if (plain) {
      result += c;
    } else {
      result += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return result;
}

std::optional<int64_t> ParseId(std::string_view text) {
  int64_t id = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  if (error != std::errc() || end != text.data() + text.size() || id <= 0) return std::nullopt;
  return id;
}

std::string ContactPath(const Identifier& identifier) {
  return fmt::format("/contacts/{}?identifierType={}", PercentEncode(identifier.value),
                     PathIdentifierType(identifier.type));
}

absl::StatusOr<std::string> AttributesObject(const Attributes& attributes) {
  std::string object = "{";
  for (const auto& [name, value] : attributes) {
    if (!nlohmann::json::accept(value)) {
      return base::FieldError(v1::REQUEST_INVALID, name, fmt::format("attribute {}: its value isn't JSON", name));
    }
    if (object.size() > 1) object += ',';
    object += QuotedJson(name);
    object += ':';
    object += value;
  }
  object += '}';
  return object;
}

absl::StatusOr<std::string> UpsertBody(const ContactWrite& contact) {
  if (contact.email.empty() && contact.ext_id.empty()) {
    return base::FieldError(v1::REQUEST_INVALID, "email", "upsert contact: neither an e-mail nor an ext_id is given");
  }
  TAJO_ASSIGN_OR_RETURN(std::string body, OpenBody(contact));
  if (!contact.email.empty()) Append(body, "email", QuotedJson(contact.email));
  // Off by default at Brevo: without it every second write of a contact is refused.
  Append(body, "updateEnabled", "true");
  return body + "}";
}

absl::StatusOr<std::string> UpdateBody(const ContactWrite& contact) {
  TAJO_ASSIGN_OR_RETURN(std::string body, OpenBody(contact));
  if (!contact.unlink_list_ids.empty()) Append(body, "unlinkListIds", IdArray(contact.unlink_list_ids));
  return body + "}";
}

absl::StatusOr<std::string> ImportRowJson(std::string_view email, const Attributes& attributes) {
  std::string row = "{";
  Append(row, "email", QuotedJson(email));
  if (!attributes.empty()) {
    TAJO_ASSIGN_OR_RETURN(const std::string object, AttributesObject(attributes));
    Append(row, "attributes", object);
  }
  return row + "}";
}

absl::StatusOr<std::string> ImportBody(std::span<const std::string> rows, const std::vector<int64_t>& list_ids) {
  if (rows.empty() || list_ids.empty()) {
    return base::Error(v1::REQUEST_INVALID, "import: Brevo needs at least one row and one list");
  }
  // Each import e-mails the account's owner unless told not to.
  std::string body = fmt::format(
      R"({{"listIds":{},"updateExistingContacts":true,"emptyContactsAttributes":false,"disableNotification":true,"jsonBody":[)",
      IdArray(list_ids));
  std::size_t size = body.size() + 2;
  for (const std::string& row : rows) size += row.size() + 1;
  body.reserve(size);
  for (const std::string& row : rows) {
    if (&row != rows.data()) body += ',';
    body += row;
  }
  return body + "]}";
}

std::string EventsBody(std::span<const std::string> encoded) {
  return fmt::format(R"({{"events":[{}]}})", fmt::join(encoded, ","));
}

std::string AttributeBody(const AttributeDefinition& attribute) {
  nlohmann::json body = nlohmann::json::object();
  if (attribute.category != "category") body["type"] = attribute.type;
  int64_t value = 0;
  for (const AttributeOption& option : attribute.options) {
    if (attribute.category == "category") {
      body["enumeration"].push_back({{"value", ++value}, {"label", option.label}});
    } else {
      body["multiCategoryOptions"].push_back(option.label);
    }
  }
  return Dump(body);
}

std::string CampaignBody(const CampaignRequest& campaign) {
  nlohmann::json body = {{"name", campaign.name}, {"subject", campaign.subject}};
  body["recipients"] = {{"listIds", campaign.list_ids}};
  if (campaign.template_id != 0) {
    body["templateId"] = campaign.template_id;
  } else {
    body["htmlContent"] = campaign.html;
  }
  if (campaign.sender_id != 0) {
    body["sender"] = {{"id", campaign.sender_id}};
  } else {
    body["sender"] = {{"email", campaign.sender_email}};
    if (!campaign.sender_name.empty()) body["sender"]["name"] = campaign.sender_name;
  }
  if (!campaign.params.empty()) body["params"] = campaign.params;
  return Dump(body);
}

std::string WebhookBody(const WebhookRequest& webhook) {
  nlohmann::json body = WebhookJson(webhook);
  body["type"] = "marketing";
  return Dump(body);
}

std::string WebhookUpdateBody(const WebhookRequest& webhook) {
  return Dump(WebhookJson(webhook));
}

}  // namespace tajo::brevo
