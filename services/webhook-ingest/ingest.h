#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/clock.h"
#include "common/base/random.h"
#include "common/base/task.h"
#include "common/crypto/sealing.h"
#include "common/jira/webhook.h"
#include "common/net/http_server.h"
#include "common/redis/client.h"
#include "common/store/event_intake.h"
#include "common/telemetry/health.h"
#include "common/telemetry/log.h"
#include "services/webhook-ingest/answer.h"
#include "services/webhook-ingest/directory.h"
#include "services/webhook-ingest/gate.h"
#include "services/webhook-ingest/hint_budget.h"
#include "services/webhook-ingest/ingest_metrics.h"
#include "services/webhook-ingest/refusal_notes.h"
#include "services/webhook-ingest/wake_queue.h"

namespace tajo::ingest {

// What one loop's Ingest is made of; all of it outlives the Ingest.
struct Parts {
  redis::Client& redis;
  const base::Clock& clock;
  const crypto::Keyring& keyring;
  Directory& directory;
  const Gate& gate;
  store::EventIntake& intake;
  WakeQueue& wakes;
  RefusalNotes& refusals;
  IngestMetrics& metrics;
  const telemetry::Health& health;
  telemetry::Logger& log;
};

// Takes webhooks on one loop: who is it for, is it authentic, what does it say, is it stored. Answers
// 2xx only for what Redis has.
class Ingest {
 public:
  explicit Ingest(Parts parts) : parts_(parts), hints_(parts.clock) {}

  base::Task<net::ServerResponse> Handle(const net::ServerRequest& request);

 private:
  using Connection = std::shared_ptr<KnownConnection>;
  // A delivery while it is handled. The views live as long as the request.
  struct Delivery {
    std::string_view body;
    std::string name;  // made when it's needed first
    std::string_view identifier;
  };
  // Nothing: the connection isn't what it was judged by any more; judge again.
  using MaybeOutcome = std::optional<Outcome>;
  struct Audience;

  base::Task<Outcome> TakeSigned(const net::ServerRequest& request, std::string connection_id);
  base::Task<Outcome> TakeTokened(const net::ServerRequest& request);
  // Brevo's, in brevo_delivery.cc.
  base::Task<Outcome> TakeFromBrevo(const net::ServerRequest& request, std::string connection_id);
  base::Task<MaybeOutcome> StorePeople(Connection connection, std::string_view body,
                                       std::vector<jira::v1::Event> events);
  base::Task<absl::StatusOr<Audience>> FindAudience(const jira::Normalised& said, std::string_view token, Look look);
  base::Task<absl::Status> AddCandidates(std::string site, Look look, std::vector<Connection>* candidates,
                                         absl::Status* unreadable);
  base::Task<MaybeOutcome> DeliverTo(const Audience& audience, Delivery& delivery, const jira::Normalised& said);
  base::Task<MaybeOutcome> Deliver(Connection connection, Delivery& delivery, jira::Normalised said);
  base::Task<MaybeOutcome> DeliverHint(Connection connection, Delivery& delivery, const jira::Normalised& said);
  base::Task<MaybeOutcome> Store(Connection connection, Delivery& delivery, std::vector<jira::v1::Event> events);
  // What came of storing; nothing where the connection changed meanwhile.
  MaybeOutcome Settle(const KnownConnection& connection, absl::StatusOr<store::IntakeResult> taken);
  base::Task<Outcome> Quarantine(const KnownConnection& connection, std::string_view body, Outcome done);
  absl::StatusOr<jira::Normalised> Normalise(std::string_view body, const KnownConnection* connection);
  Outcome Unavailable(const absl::Status& status);
  // `connection` may be null.
  Outcome RefuseSigned(const KnownConnection* connection, std::string_view signature);
  Outcome RefuseTokened(WhyRefused why);

  Parts parts_;
  HintBudget hints_;
  jira::WebhookNormaliser normaliser_;
};

}  // namespace tajo::ingest
