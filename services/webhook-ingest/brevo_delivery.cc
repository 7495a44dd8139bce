#include "services/webhook-ingest/brevo_delivery.h"

#include <optional>
#include <utility>

#include "common/base/error.h"
#include "services/webhook-ingest/delivery.h"
#include "services/webhook-ingest/ingest.h"
#include "services/webhook-ingest/route.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::ingest {
namespace {

constexpr int kBrevoRounds = 4;

}  // namespace

std::vector<jira::v1::Event> PeopleEvents(const brevo::WebhookDelivery& delivery, int64_t received_ms) {
  std::vector<jira::v1::Event> events;
  for (const brevo::ContactNotice& notice : delivery.notices) {
    jira::v1::Event& event = events.emplace_back();
    event.set_source(jira::v1::Event::SOURCE_WEBHOOK);
    event.set_received_ms(received_ms);
    event.set_occurred_ms(notice.at_ms);
    if (notice.kind == brevo::ContactNotice::Kind::kDeleted) {
      event.set_webhook_event("contact_deleted");
      event.mutable_erasure()->set_origin(jira::v1::PersonErasure::ORIGIN_BREVO);
      event.mutable_erasure()->set_email(notice.email);
    } else {
      event.set_webhook_event("unsubscribed");
      event.mutable_unsubscribed()->set_email(notice.email);
    }
  }
  return events;
}

std::string BrevoDeliveryName(std::string_view body) {
  return DeliveryName("brevo", body);
}

// The same way as for signed webhooks: what memory refuses is looked up in Redis before it counts, and
// nothing of it depends on whether there is such a connection.
base::Task<Outcome> Ingest::TakeFromBrevo(const net::ServerRequest& request, std::string connection_id) {
  const std::string_view token = BearerToken(request.Header("Authorization").value_or(""));
  if (token.empty()) co_return Outcome::kUnauthenticated;
  const std::string_view body = request.Body();
  Look look = Look::kInMemory;
  std::optional<int64_t> refused_generation;
  for (int round = 0; round < kBrevoRounds; ++round) {
    Found<KnownConnection> found{nullptr, true};
    if (IsConnectionId(connection_id)) {
      auto looked_up = co_await parts_.directory.Find(connection_id, look);
      if (!looked_up.ok()) co_return Unavailable(looked_up.status());
      found = *std::move(looked_up);
    }
    if (refused_generation && found.value != nullptr && found.value->generation == *refused_generation) {
      co_return Outcome::kUnauthenticated;
    }
    if (!parts_.gate.AdmitsBearer(found.value.get(), token)) {
      if (found.from_redis) co_return Outcome::kUnauthenticated;
      refused_generation = found.value->generation;
      look = Look::kInRedis;
      continue;
    }
    const auto said = brevo::ReadWebhook(body);
    const bool stores = said.ok() && !said->notices.empty();
    // The script that stores tells whether the connection still is as memory has it.
    if (!stores && !found.from_redis) {
      look = Look::kInRedis;
      continue;
    }
    if (!said.ok()) co_return co_await Quarantine(*found.value, body, Outcome::kUnreadable);
    if (said->notices.empty() && said->unreadable > 0) {
      co_return co_await Quarantine(*found.value, body, Outcome::kUnreadable);
    }
    if (said->notices.empty()) co_return Outcome::kIgnored;
    if (said->unreadable > 0) {
      const Outcome kept = co_await Quarantine(*found.value, body, Outcome::kQuarantined);
      if (kept == Outcome::kUnavailable) co_return kept;
    }
    std::vector<jira::v1::Event> events = PeopleEvents(*said, base::ToMillis(parts_.clock.Now()));
    const MaybeOutcome outcome = co_await StorePeople(found.value, body, std::move(events));
    if (outcome) co_return *outcome;
    look = Look::kInRedis;
  }
  co_return Outcome::kUnavailable;
}

base::Task<Ingest::MaybeOutcome> Ingest::StorePeople(Connection connection, std::string_view body,
                                                     std::vector<jira::v1::Event> events) {
  std::string name = BrevoDeliveryName(body);
  auto taken =
      co_await parts_.intake.StorePeople(connection->id, std::move(name), std::move(events), connection->generation);
  co_return Settle(*connection, std::move(taken));
}

}  // namespace tajo::ingest
