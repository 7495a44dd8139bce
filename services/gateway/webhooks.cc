#include "services/gateway/webhooks.h"

#include <string>
#include <utility>
#include <vector>

#include "common/base/error.h"
#include "services/gateway/directory.h"
#include "services/gateway/issue_ref.h"
#include "tajo/jira/v1/error.pb.h"
#include "tajo/jira/v1/event.pb.h"

namespace tajo::gateway {
namespace {

namespace v1 = ::tajo::jira::v1;

constexpr std::size_t kMaxEventName = 100;

}  // namespace

base::Task<absl::StatusOr<v1::HandleWebhookResponse>> WebhookCalls::Handle(Caller caller,
                                                                           v1::HandleWebhookRequest request) {
  const auto key = IssueKey(request.payload().issue_key());
  if (!key) {
    co_return base::FieldError(v1::REQUEST_INVALID, "payload.issue_key", "issue_key isn't one like SUPPORT-42");
  }
  if (request.event().size() > kMaxEventName) {
    co_return base::FieldError(v1::REQUEST_INVALID, "event", "event is longer than 100 characters");
  }
  TAJO_CO_ASSIGN_OR_RETURN(const store::ConnectionRecord record,
                           co_await FindConnection(backend_.connections, caller, request.connection()));
  if (record.state == v1::PENDING) {
    co_return base::Error(v1::CONNECTION_PENDING, "the connection awaits consent: complete the authorization first");
  }
  v1::Event event;
  event.set_source(v1::Event::SOURCE_HINT);
  event.set_received_ms(base::ToMillis(backend_.clock.Now()));
  event.set_webhook_event(request.event());
  event.mutable_hint()->set_issue_key(*key);
  std::vector<v1::Event> events = {std::move(event)};
  std::string identifier = "hint/" + backend_.random.Hex(16);
  TAJO_CO_ASSIGN_OR_RETURN(const store::IntakeResult taken,
                           co_await backend_.intake.Store(record.connection_id, std::move(identifier),
                                                          std::move(events), record.config.stream_high_water()));
  if (taken.outcome == store::Intake::kFull) {
    co_return base::Error(v1::BACKLOG_FULL, "the connection's backlog is full: send it again in a minute");
  }
  if (!taken.owner_worker.empty()) {
    // Lost wake-ups are made good by the owner's sweep.
    (void)co_await backend_.intake.Wake(taken.owner_worker, record.connection_id);
  }
  v1::HandleWebhookResponse response;
  response.set_accepted(true);
  co_return response;
}

}  // namespace tajo::gateway
