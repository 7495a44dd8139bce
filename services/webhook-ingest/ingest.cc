#include "services/webhook-ingest/ingest.h"

#include <algorithm>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <optional>
#include <utility>

#include "common/base/ascii.h"
#include "common/base/error.h"
#include "common/crypto/digest.h"
#include "common/crypto/jwt.h"
#include "common/store/quarantine.h"
#include "services/webhook-ingest/delivery.h"
#include "services/webhook-ingest/route.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::ingest {
namespace {

// Rounds of judging anew because a connection changed meanwhile.
constexpr int kRounds = 4;
// Of one connection, on one loop: Jira keeps 30 in flight. More would only make others wait.
constexpr std::size_t kMaxInHand = 512;
// Of a quarantined body: enough to see what it is.
constexpr std::size_t kMaxQuarantinedBytes = 64u << 10;

// A delivery that is being stored counts as its connection's.
class InHand {
 public:
  explicit InHand(std::shared_ptr<KnownConnection> connection) : connection_(std::move(connection)) {
    ++*connection_->in_hand;
  }
  ~InHand() { --*connection_->in_hand; }
  InHand(const InHand&) = delete;
  InHand& operator=(const InHand&) = delete;

 private:
  const std::shared_ptr<KnownConnection> connection_;
};

bool IsUnreadable(const absl::Status& status) {
  return base::ReasonOf(status) == jira::v1::CREDENTIALS_UNREADABLE;
}

net::ServerResponse AnswerHealth(const telemetry::Health& health, Endpoint endpoint) {
  if (endpoint == Endpoint::kHealth) return Text(200, "ok\n");
  return health.IsReady() ? Text(200, "ready\n") : Text(503, "not ready\n");
}

// A refusal of an app's delivery takes at least this long, whatever was looked up for it: the time must not tell
// whether a site is known here.
constexpr std::chrono::milliseconds kRefusalTakes{40};

// By real time, as whoever listens to it.
base::Task<void> WaitUntil(std::chrono::steady_clock::time_point then) {
  boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor, then);
  co_await timer.async_wait(boost::asio::use_awaitable);
}

// The script that stores tells whether a connection still is as memory has it; what is answered without
// it has to be looked up.
bool IsToBeStored(const jira::Normalised& said) {
  return said.recognised && !said.events.empty();
}

// Why nobody is given a delivery, by the best that its token was to anybody.
WhyRefused WhyNobody(std::optional<TokenVerdict> best) {
  if (best == TokenVerdict::kRefused) return WhyRefused::kToken;
  if (best == TokenVerdict::kTooLate) return WhyRefused::kExpired;
  return WhyRefused::kUnknownConnection;
}

// How good an outcome is for the sender, where a delivery went to several connections: what must be
// sent again comes first, and 202 before 200.
int Weight(Outcome outcome) {
  switch (outcome) {
    case Outcome::kUnavailable:
      return 5;
    case Outcome::kFull:
      return 4;
    case Outcome::kStored:
      return 3;
    case Outcome::kQuarantined:
      return 2;
    case Outcome::kIgnored:
      return 1;
    default:
      return 0;
  }
}

}  // namespace

// Whom a delivery of an app is for, by what was looked up.
struct Ingest::Audience {
  std::vector<Connection> connections;
  bool hint_only = false;  // the token has expired, or no webhook of theirs is named
  // Every matched webhook is of one of them.
  bool complete = false;
  // None of them is known by its webhooks, and one is just registering its own.
  bool registering = false;
  std::optional<TokenVerdict> best;  // of the site's connections; nothing where it has none
  bool from_redis = false;
};

base::Task<net::ServerResponse> Ingest::Handle(const net::ServerRequest& request) {
  const Route route = RouteOf(request.Method(), request.Path());
  switch (route.endpoint) {
    case Endpoint::kHealth:
    case Endpoint::kReady:
      co_return AnswerHealth(parts_.health, route.endpoint);
    case Endpoint::kUnknown:
      co_return Refusal(404, "no such path");
    case Endpoint::kWrongMethod: {
      net::ServerResponse response = Refusal(405, "no such method here");
      response.headers.Add("Allow", std::string(route.allow));
      co_return response;
    }
    default:
      break;
  }
  const base::MonotonicTime begin = parts_.clock.Monotonic();
  Outcome outcome = Outcome::kUnauthenticated;
  if (route.endpoint == Endpoint::kBrevoWebhook) {
    outcome = co_await TakeFromBrevo(request, std::string(route.connection_id));
    parts_.metrics.CountBrevo(outcome);
    co_return AnswerTo(outcome);
  }
  if (route.endpoint == Endpoint::kConnectionWebhook) {
    outcome = co_await TakeSigned(request, std::string(route.connection_id));
  } else {
    const auto came = std::chrono::steady_clock::now();
    outcome = co_await TakeTokened(request);
    if (outcome == Outcome::kUnauthenticated) co_await WaitUntil(came + kRefusalTakes);
  }
  if (outcome != Outcome::kUnauthenticated) {
    parts_.metrics.CountDelivery(request.Header("X-Atlassian-Webhook-Flow").value_or(""),
                                 request.Header("X-Atlassian-Webhook-Retry").has_value());
  }
  parts_.metrics.Count(outcome);
  parts_.metrics.Took(parts_.clock.Monotonic() - begin);
  co_return AnswerTo(outcome);
}

base::Task<Outcome> Ingest::TakeSigned(const net::ServerRequest& request, std::string connection_id) {
  Delivery delivery{request.Body(), {}, request.Header("X-Atlassian-Webhook-Identifier").value_or("")};
  const std::string_view signature = request.Header("X-Hub-Signature").value_or("");
  Look look = Look::kInMemory;
  std::optional<int64_t> refused_generation;
  for (int round = 0; round < kRounds; ++round) {
    const base::MonotonicTime begin = parts_.clock.Monotonic();
    Found<KnownConnection> found{nullptr, true};
    if (IsConnectionId(connection_id)) {
      auto looked_up = co_await parts_.directory.Find(connection_id, look);
      if (!looked_up.ok()) co_return Unavailable(looked_up.status());
      found = *std::move(looked_up);
    }
    // Judged already, by the same secrets: twice would take longer than for no connection at all.
    if (refused_generation && found.value != nullptr && found.value->generation == *refused_generation) {
      co_return RefuseSigned(found.value.get(), signature);
    }
    if (!parts_.gate.AdmitsSigned(found.value.get(), signature, delivery.body)) {
      if (found.from_redis) co_return RefuseSigned(found.value.get(), signature);
      refused_generation = found.value->generation;
      look = Look::kInRedis;
      continue;
    }
    delivery.name = DeliveryName(delivery.identifier, base::LowerCase(signature));
    const base::MonotonicTime judged = parts_.clock.Monotonic();
    parts_.metrics.Judged(judged - begin);
    auto said = Normalise(delivery.body, found.value.get());
    parts_.metrics.Normalised(parts_.clock.Monotonic() - judged);
    if (!found.from_redis && !(said.ok() && IsToBeStored(*said))) {
      look = Look::kInRedis;
      continue;
    }
    if (!said.ok()) co_return co_await Quarantine(*found.value, delivery.body, Outcome::kUnreadable);
    const MaybeOutcome outcome = co_await Deliver(found.value, delivery, *std::move(said));
    if (outcome) co_return *outcome;
    look = Look::kInRedis;
  }
  co_return Outcome::kUnavailable;
}

base::Task<Outcome> Ingest::TakeTokened(const net::ServerRequest& request) {
  const std::string_view token = BearerToken(request.Header("Authorization").value_or(""));
  if (token.empty()) co_return RefuseTokened(WhyRefused::kNoToken);
  if (!crypto::LooksLikeJwt(token)) co_return RefuseTokened(WhyRefused::kToken);
  Delivery delivery{request.Body(), {}, request.Header("X-Atlassian-Webhook-Identifier").value_or("")};
  const base::MonotonicTime begin = parts_.clock.Monotonic();
  const auto said = Normalise(delivery.body, nullptr);
  parts_.metrics.Normalised(parts_.clock.Monotonic() - begin);
  if (!said.ok()) co_return Outcome::kUnreadable;
  Look look = Look::kInMemory;
  bool stored = false;
  for (int round = 0; round < kRounds; ++round) {
    const base::MonotonicTime looked_up = parts_.clock.Monotonic();
    const auto audience = co_await FindAudience(*said, token, look);
    if (!audience.ok()) co_return Unavailable(audience.status());
    if (!audience->from_redis && !(audience->complete && IsToBeStored(*said))) {
      look = Look::kInRedis;
      continue;
    }
    if (audience->connections.empty()) {
      co_return audience->registering ? Outcome::kUnavailable : RefuseTokened(WhyNobody(audience->best));
    }
    parts_.metrics.Judged(parts_.clock.Monotonic() - looked_up);
    const MaybeOutcome outcome = co_await DeliverTo(*audience, delivery, *said);
    if (outcome == Outcome::kDuplicate && stored) co_return Outcome::kStored;
    if (outcome) co_return *outcome;
    // Some may have it; they answer 'duplicate' in the next round.
    stored = true;
    look = Look::kInRedis;
  }
  co_return Outcome::kUnavailable;
}

base::Task<absl::Status> Ingest::AddCandidates(std::string site, Look look, std::vector<Connection>* candidates,
                                               absl::Status* unreadable) {
  if (!IsSiteName(site)) co_return absl::OkStatus();
  auto ids = co_await parts_.directory.OfSite(std::move(site), look);
  if (!ids.ok()) co_return ids.status();
  if (ids->value == nullptr) co_return absl::OkStatus();
  for (const std::string& id : *ids->value) {
    const bool known = std::any_of(candidates->begin(), candidates->end(),
                                   [&id](const Connection& candidate) { return candidate->id == id; });
    if (known) continue;
    auto found = co_await parts_.directory.Find(id, look);
    if (!found.ok() && !IsUnreadable(found.status())) co_return found.status();
    unreadable->Update(found.status());
    if (!found.ok()) continue;
    if (found->value != nullptr && found->value->takes_webhooks && !found->value->app_id.empty()) {
      candidates->push_back(found->value);
    }
  }
  co_return absl::OkStatus();
}

// A connection gets what its own app signed, if one of its own webhooks matched.
base::Task<absl::StatusOr<Ingest::Audience>> Ingest::FindAudience(const jira::Normalised& said, std::string_view token,
                                                                  Look look) {
  std::vector<Connection> candidates;
  std::vector<std::string> sites = {said.site_host, said.cloud_id};
  if (const std::size_t colon = said.site_host.find(':'); colon != std::string::npos) {
    sites.push_back(said.site_host.substr(0, colon));
  }
  // Credentials that can't be opened may be another tenant's: they matter only where nobody is found.
  absl::Status unreadable;
  for (const std::string& site : sites) {
    const absl::Status added = co_await AddCandidates(site, look, &candidates, &unreadable);
    if (!added.ok()) co_return added;
  }
  Audience audience;
  audience.from_redis = look == Look::kInRedis;
  const std::vector<int64_t>& matched = said.matched_webhook_ids;
  std::optional<std::vector<int64_t>> unclaimed;  // once the token is known to be somebody's
  for (const Connection& candidate : candidates) {
    const auto secrets = co_await parts_.directory.AppSecrets(candidate->app_id, look);
    if (!secrets.ok() && !IsUnreadable(secrets.status())) co_return secrets.status();
    unreadable.Update(secrets.status());
    if (!secrets.ok()) continue;
    const TokenVerdict verdict = Gate::CheckToken(token, *secrets->value, parts_.clock.Now());
    audience.best = std::max(audience.best, std::optional(verdict));
    if (verdict == TokenVerdict::kRefused || verdict == TokenVerdict::kTooLate) continue;
    if (!unclaimed) unclaimed = matched;
    const std::vector<int64_t>& own = candidate->webhook_ids;
    const auto is_own = [&own](int64_t id) { return std::find(own.begin(), own.end(), id) != own.end(); };
    if (!matched.empty() && std::none_of(matched.begin(), matched.end(), is_own)) {
      audience.registering |= own.empty();
      continue;
    }
    std::erase_if(*unclaimed, is_own);
    // Without a webhook's filter nothing says that the connection may see the ticket: it has to ask.
    audience.hint_only |= verdict == TokenVerdict::kExpired || matched.empty();
    audience.connections.push_back(candidate);
  }
  audience.complete = !matched.empty() && unclaimed && unclaimed->empty();
  if (audience.from_redis && audience.connections.empty() && !unreadable.ok()) co_return unreadable;
  co_return audience;
}

base::Task<Ingest::MaybeOutcome> Ingest::DeliverTo(const Audience& audience, Delivery& delivery,
                                                   const jira::Normalised& said) {
  Outcome worst = Outcome::kDuplicate;
  for (const Connection& connection : audience.connections) {
    MaybeOutcome outcome;
    if (audience.hint_only) {
      outcome = co_await DeliverHint(connection, delivery, said);
    } else if (connection->fields.extra.empty()) {
      outcome = co_await Deliver(connection, delivery, said);
    } else {
      auto with_fields = Normalise(delivery.body, connection.get());
      if (!with_fields.ok()) co_return Outcome::kUnreadable;
      outcome = co_await Deliver(connection, delivery, *std::move(with_fields));
    }
    if (!outcome) co_return std::nullopt;
    if (Weight(*outcome) > Weight(worst)) worst = *outcome;
  }
  co_return worst;
}

base::Task<Ingest::MaybeOutcome> Ingest::Deliver(Connection connection, Delivery& delivery, jira::Normalised said) {
  if (!said.recognised) co_return co_await Quarantine(*connection, delivery.body, Outcome::kQuarantined);
  if (said.events.empty()) co_return Outcome::kIgnored;
  if (connection->names_fields) MarkIssuesPartial(said);
  co_return co_await Store(std::move(connection), delivery, std::move(said.events));
}

base::Task<Ingest::MaybeOutcome> Ingest::DeliverHint(Connection connection, Delivery& delivery,
                                                     const jira::Normalised& said) {
  if (!said.recognised) co_return co_await Quarantine(*connection, delivery.body, Outcome::kQuarantined);
  std::optional<jira::v1::Event> hint = HintOf(said, base::ToMillis(parts_.clock.Now()));
  if (!hint) co_return Outcome::kIgnored;
  if (!hints_.Take(connection->id)) co_return Outcome::kFull;
  std::vector<jira::v1::Event> events;
  events.push_back(*std::move(hint));
  co_return co_await Store(std::move(connection), delivery, std::move(events));
}

base::Task<Ingest::MaybeOutcome> Ingest::Store(Connection connection, Delivery& delivery,
                                               std::vector<jira::v1::Event> events) {
  if (*connection->in_hand >= kMaxInHand) co_return Outcome::kFull;
  const InHand in_hand(connection);
  if (delivery.name.empty()) {
    const crypto::Digest digest = crypto::Sha256(delivery.body);
    delivery.name = DeliveryName(delivery.identifier, crypto::Bytes(digest));
  }
  const base::MonotonicTime begin = parts_.clock.Monotonic();
  auto taken = co_await parts_.intake.Store(connection->id, delivery.name, std::move(events), connection->high_water,
                                            connection->generation);
  parts_.metrics.Stored(parts_.clock.Monotonic() - begin);
  co_return Settle(*connection, std::move(taken));
}

Ingest::MaybeOutcome Ingest::Settle(const KnownConnection& connection, absl::StatusOr<store::IntakeResult> taken) {
  if (!taken.ok()) {
    if (base::ReasonOf(taken.status()) == jira::v1::CONNECTION_NOT_FOUND) return std::nullopt;
    return Unavailable(taken.status());
  }
  switch (taken->outcome) {
    case store::Intake::kStored:
      if (!taken->owner_worker.empty()) parts_.wakes.Push(std::move(taken->owner_worker), connection.id);
      return Outcome::kStored;
    case store::Intake::kDuplicate:
      return Outcome::kDuplicate;
    case store::Intake::kFull:
      parts_.log.Warn("the connection's backlog is at its high-water mark", {{"connection", connection.id}});
      return Outcome::kFull;
    case store::Intake::kChanged:
      break;
  }
  return std::nullopt;
}

base::Task<Outcome> Ingest::Quarantine(const KnownConnection& connection, std::string_view body, Outcome done) {
  std::string sealed = parts_.keyring.Seal(body.substr(0, kMaxQuarantinedBytes), store::QuarantineKey(connection.id));
  const std::string id = connection.id;
  const absl::Status added =
      co_await store::AddQuarantine(parts_.redis, parts_.clock, id, std::move(sealed), jira::v1::WEBHOOK_UNREADABLE);
  if (!added.ok()) co_return Unavailable(added);
  parts_.log.Warn("a webhook couldn't be understood and was put aside",
                  {{"connection", id}, {"outcome", NameOf(done)}});
  co_return done;
}

absl::StatusOr<jira::Normalised> Ingest::Normalise(std::string_view body, const KnownConnection* connection) {
  jira::NormaliseOptions options;
  if (connection != nullptr) options.fields = &connection->fields;
  options.received_ms = base::ToMillis(parts_.clock.Now());
  return normaliser_.Normalise(body, options);
}

Outcome Ingest::Unavailable(const absl::Status& status) {
  parts_.log.Warn("a webhook couldn't be stored",
                  {{"reason", base::ReasonName(base::ReasonOf(status))}, {"error", std::string(status.message())}});
  return Outcome::kUnavailable;
}

Outcome Ingest::RefuseSigned(const KnownConnection* connection, std::string_view signature) {
  if (connection == nullptr || !connection->takes_webhooks) {
    parts_.metrics.CountRefusal(WhyRefused::kUnknownConnection);
    return Outcome::kUnauthenticated;
  }
  const WhyRefused why = WhyNotAdmitted(signature);
  parts_.metrics.CountRefusal(why);
  parts_.refusals.Add(*connection, why);
  return Outcome::kUnauthenticated;
}

Outcome Ingest::RefuseTokened(WhyRefused why) {
  parts_.metrics.CountRefusal(why);
  return Outcome::kUnauthenticated;
}

}  // namespace tajo::ingest
