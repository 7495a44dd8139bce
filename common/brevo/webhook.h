#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace tajo::brevo {

// What a webhook of Brevo's says about a contact.
struct ContactNotice {
  enum class Kind { kDeleted, kUnsubscribed };
  Kind kind = Kind::kDeleted;
  std::string email;  // trimmed, as Brevo wrote it
  int64_t at_ms = 0;  // when it happened, by Brevo; 0: it doesn't say
};

struct WebhookDelivery {
  std::vector<ContactNotice> notices;
  std::size_t ignored = 0;     // other events, and contacts without an e-mail: none of ours
  std::size_t unreadable = 0;  // events of these two kinds that don't say whom, or things that are no event
};

inline constexpr std::size_t kMaxWebhookEvents = 5000;  // Brevo sends 500 in a batch at most

// A delivery's body: one event, an array of them, or {"events": [...]}. Events are known by both of
// Brevo's spellings (contact_deleted in payloads, contactDeleted at registration; unsubscribed, also
// unsubscribe). `id` is the webhook's id and not the contact's: a contact is known by its e-mail.
// WEBHOOK_UNREADABLE for what isn't JSON of such a shape, or holds more than kMaxWebhookEvents.
absl::StatusOr<WebhookDelivery> ReadWebhook(std::string_view body);

// Where a connection takes Brevo's webhooks, behind webhook-ingest's public URL.
std::string WebhookPath(std::string_view connection_id);
// Whether a webhook with that URL was registered for that connection, under whatever public URL.
bool IsWebhookOf(std::string_view url, std::string_view connection_id);
// The connection that a webhook below `public_url` was registered for; empty for any other URL.
std::string_view ConnectionOfWebhook(std::string_view url, std::string_view public_url);

}  // namespace tajo::brevo
