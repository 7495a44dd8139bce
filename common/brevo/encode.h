#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "common/brevo/types.h"

namespace tajo::brevo {

// Request bodies and URLs. Text that isn't UTF-8 gets U+FFFD for what is broken.
std::string Dump(const nlohmann::json& body);

// Everything but A-Z a-z 0-9 - . _ ~ as %XX: for one path segment or query value.
std::string PercentEncode(std::string_view text);
std::optional<int64_t> ParseId(std::string_view text);

// "/contacts/712020%3Auuid?identifierType=ext_id"
std::string ContactPath(const Identifier& identifier);

// REQUEST_INVALID if nothing identifies the contact or an attribute's value isn't JSON.
absl::StatusOr<std::string> UpsertBody(const ContactWrite& contact);
absl::StatusOr<std::string> UpdateBody(const ContactWrite& contact);

// The attributes as a JSON object.
absl::StatusOr<std::string> AttributesObject(const Attributes& attributes);
std::string QuotedJson(std::string_view text);
// One row: an e-mail and attributes without further identifiers, since an import merges contacts
// silently where a row names two.
absl::StatusOr<std::string> ImportRowJson(std::string_view email, const Attributes& attributes);
absl::StatusOr<std::string> ImportBody(std::span<const std::string> rows, const std::vector<int64_t>& list_ids);

// {"events":[...]}: an object, since a bare array is refused since 2026-04-21.
std::string EventsBody(std::span<const std::string> encoded);

// Of a new attribute: its type, or a category's options with the values 1 to n.
std::string AttributeBody(const AttributeDefinition& attribute);
std::string CampaignBody(const CampaignRequest& campaign);

std::string WebhookBody(const WebhookRequest& webhook);
std::string WebhookUpdateBody(const WebhookRequest& webhook);  // without the type, which can't change

}  // namespace tajo::brevo
