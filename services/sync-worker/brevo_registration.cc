#include "services/sync-worker/brevo_registration.h"

#include <algorithm>
#include <set>
#include <utility>

#include "common/base/error.h"
#include "common/brevo/webhook.h"
#include "common/crypto/digest.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::worker {
namespace {

constexpr int64_t kLookEveryMs = 24ll * 60 * 60 * 1000;
constexpr int64_t kTokenLifeMs = 90 * kLookEveryMs;
constexpr std::size_t kTokenBytes = 32;

const std::set<std::string>& WantedEvents() {
  static const auto& events = *new std::set<std::string>{"contactDeleted", "unsubscribed"};
  return events;
}

bool IsAsItShould(const brevo::RegisteredWebhook& webhook, std::string_view token) {
  const std::set<std::string> events(webhook.events.begin(), webhook.events.end());
  // What Brevo doesn't tell of the token can't be compared.
  const bool token_fits = !webhook.bearer_token || crypto::ConstantTimeEquals(webhook.bearer_token->Reveal(), token);
  return events == WantedEvents() && token_fits && !webhook.batched;
}

brevo::WebhookRequest RequestFor(const std::string& url, const std::string& token) {
  brevo::WebhookRequest request;
  request.url = url;
  request.events.assign(WantedEvents().begin(), WantedEvents().end());
  request.bearer_token = base::Secret(token);
  request.description = "Jira connector: deleted and unsubscribed contacts";
  return request;
}

}  // namespace

BrevoWebhookPlan PlanBrevoWebhook(const std::vector<brevo::RegisteredWebhook>& registered, std::string_view public_url,
                                  std::string_view connection_id, std::string_view token) {
  BrevoWebhookPlan plan;
  const std::string url = std::string(public_url) + brevo::WebhookPath(connection_id);
  for (const brevo::RegisteredWebhook& webhook : registered) {
    if (brevo::IsWebhookOf(webhook.url, connection_id)) {
      if (!plan.keep && webhook.url == url) {
        plan.keep = webhook.id;
        plan.correct = !IsAsItShould(webhook, token);
      } else {
        plan.remove.push_back(webhook.id);
      }
      continue;
    }
    const std::string_view other = brevo::ConnectionOfWebhook(webhook.url, public_url);
    if (!other.empty()) plan.strangers.emplace_back(webhook.id, other);
  }
  return plan;
}

bool BrevoRegistration::IsDue(const store::ConnectionRecord& record, int64_t now_ms) {
  return record.brevo_webhook_id == 0 || record.brevo_webhook_looked_ms + kLookEveryMs <= now_ms;
}

base::Task<absl::Status> BrevoRegistration::PutToken(const store::ConnectionRecord& record,
                                                     jira::v1::Credentials credentials) {
  const std::string former = credentials.brevo_webhook_tokens_size() > 0 ? credentials.brevo_webhook_tokens(0) : "";
  credentials.clear_brevo_webhook_tokens();
  credentials.add_brevo_webhook_tokens(parts_.random.Hex(kTokenBytes));
  if (!former.empty()) credentials.add_brevo_webhook_tokens(former);
  co_return co_await parts_.connections.UpdateCredentials(record.connection_id, std::move(credentials),
                                                          record.generation);
}

base::Task<absl::Status> BrevoRegistration::Keep(store::ConnectionRecord* record, jira::v1::Credentials credentials,
                                                 int64_t now_ms) {
  if (!IsDue(*record, now_ms)) co_return absl::OkStatus();
  const bool is_old = record->brevo_token_ms != 0 && record->brevo_token_ms + kTokenLifeMs <= now_ms;
  const bool rotates = is_old && credentials.brevo_webhook_tokens_size() == 1;
  if (credentials.brevo_webhook_tokens().empty() || rotates) co_return co_await PutToken(*record, credentials);

  const std::string token = credentials.brevo_webhook_tokens(0);
  auto registered = co_await parts_.brevo.ListWebhooks();
  if (!registered.ok()) co_return registered.status();
  BrevoWebhookPlan plan = PlanBrevoWebhook(*registered, public_url_, record->connection_id, token);
  const std::string url = public_url_ + brevo::WebhookPath(record->connection_id);
  // After a rotation Brevo has the former token, which it may not tell.
  const bool replaces = is_old && credentials.brevo_webhook_tokens_size() > 1;
  const bool fresh = !plan.keep || plan.correct || replaces;
  if (!plan.keep) {
    brevo::WebhookRequest request = RequestFor(url, token);
    auto made = co_await parts_.brevo.CreateWebhook(std::move(request));
    if (!made.ok()) co_return made.status();
    plan.keep = *made;
  } else if (fresh) {
    brevo::WebhookRequest request = RequestFor(url, token);
    TAJO_CO_RETURN_IF_ERROR(co_await parts_.brevo.UpdateWebhook(*plan.keep, std::move(request)));
  }
  const int64_t id = *plan.keep;
  TAJO_CO_RETURN_IF_ERROR(co_await RemoveOrphans(std::move(plan)));
  const int64_t token_ms = fresh || record->brevo_token_ms == 0 ? now_ms : record->brevo_token_ms;
  TAJO_CO_RETURN_IF_ERROR(co_await parts_.connections.SetBrevoWebhook(record->connection_id, id, now_ms, token_ms));
  record->brevo_webhook_id = id;
  record->brevo_webhook_looked_ms = now_ms;
  record->brevo_token_ms = token_ms;
  if (fresh || credentials.brevo_webhook_tokens_size() < 2) co_return absl::OkStatus();
  // Brevo has had the new token for a day: the former one ends.
  credentials.clear_brevo_webhook_tokens();
  credentials.add_brevo_webhook_tokens(token);
  co_return co_await parts_.connections.UpdateCredentials(record->connection_id, std::move(credentials),
                                                          record->generation);
}

base::Task<absl::Status> BrevoRegistration::RemoveOrphans(BrevoWebhookPlan plan) {
  for (const auto& [id, connection] : plan.strangers) {
    const auto found = co_await parts_.connections.Get(connection);
    if (base::ReasonOf(found.status()) == jira::v1::CONNECTION_NOT_FOUND) plan.remove.push_back(id);
  }
  for (const int64_t id : plan.remove) {
    TAJO_CO_RETURN_IF_ERROR(co_await parts_.brevo.DeleteWebhook(id));
    parts_.log.Info("an orphaned webhook was removed at Brevo", {{"webhook", id}});
  }
  co_return absl::OkStatus();
}

}  // namespace tajo::worker
