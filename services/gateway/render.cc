#include "services/gateway/render.h"

#include <algorithm>

#include "common/store/refusal_note.h"

namespace tajo::gateway {
namespace {

namespace v1 = ::tajo::jira::v1;

v1::SyncState StateOf(store::JobState state) {
  switch (state) {
    case store::JobState::kQueued:
      return v1::QUEUED;
    case store::JobState::kRunning:
      return v1::RUNNING;
    case store::JobState::kSucceeded:
      return v1::SUCCEEDED;
    case store::JobState::kCancelled:
      return v1::CANCELLED;
    case store::JobState::kFailed:
      break;
  }
  return v1::FAILED;
}

// When the rest is read at the pace so far; 0 while that says nothing.
int64_t EtaMs(const store::Job& job, int64_t now_ms) {
  const int64_t left = job.issues_expected - job.issues_read;
  if (job.state != store::JobState::kRunning || job.issues_read <= 0 || left <= 0 || job.started_ms <= 0) return 0;
  const double elapsed = static_cast<double>(std::max<int64_t>(now_ms - job.started_ms, 0));
  return now_ms + static_cast<int64_t>(elapsed * static_cast<double>(left) / static_cast<double>(job.issues_read));
}

}  // namespace

google::protobuf::Timestamp TimestampOf(int64_t millis) {
  google::protobuf::Timestamp timestamp;
  timestamp.set_seconds(millis / 1000);
  timestamp.set_nanos(static_cast<int32_t>(millis % 1000) * 1'000'000);
  return timestamp;
}

std::string WebhookUrl(const std::string& public_url, const std::string& connection_id) {
  return public_url + "/webhooks/jira/" + connection_id;
}

std::string ExplainRefusal(std::string_view why) {
  if (why == store::kRefusedNoSignature) {
    return "they weren't signed: in Jira, under System, WebHooks, give the webhook the connection's webhook secret";
  }
  if (why == store::kRefusedWrongMethod) {
    return "they were signed by another method than sha256, which Jira doesn't do: look at what sends them, or "
           "changes them on their way";
  }
  return "the signature doesn't match: the secret in Jira and the connection's webhook secret differ, or something on "
         "the way changes the body. Set the same secret in both: in Jira under System, WebHooks, here by "
         "'tajo connectors update jira --webhook-secret -'";
}

v1::Connection ShowConnection(const store::ConnectionRecord& record, const std::string& public_url) {
  v1::Connection shown;
  shown.set_tenant_id(record.tenant_id);
  shown.set_connection_id(record.connection_id);
  shown.set_state(record.state);
  shown.set_reason(record.reason);
  *shown.mutable_config() = record.config;
  shown.set_webhook_url(WebhookUrl(public_url, record.connection_id));
  shown.set_brevo_account(record.brevo_account);
  *shown.mutable_created_at() = TimestampOf(record.created_ms);
  shown.set_generation(record.generation);
  return shown;
}

v1::Sync ShowSync(const store::ConnectionRecord& record, const store::Job& job,
                  const store::ConnectionOverview& overview, int64_t now_ms) {
  v1::Sync sync;
  sync.set_sync_id(job.id);
  sync.mutable_connection()->set_tenant_id(record.tenant_id);
  sync.mutable_connection()->set_connection_id(record.connection_id);
  sync.set_type(job.full ? v1::FULL : v1::INCREMENTAL);
  sync.set_state(StateOf(job.state));
  sync.set_issues_read(job.issues_read);
  sync.set_issues_expected(job.issues_expected);
  sync.set_contacts_pending(overview.dirty);
  sync.set_events_pending(overview.outbox);
  if (!HasEnded(job.state)) sync.set_waiting_for(job.waiting_for);
  sync.set_error_reason(job.error_reason);
  sync.set_error_message(job.error_message);
  if (job.started_ms > 0) *sync.mutable_started_at() = TimestampOf(job.started_ms);
  if (job.ended_ms > 0) *sync.mutable_ended_at() = TimestampOf(job.ended_ms);
  if (const int64_t eta = EtaMs(job, now_ms); eta > 0) *sync.mutable_eta() = TimestampOf(eta);
  return sync;
}

v1::Status ShowStatus(const store::ConnectionRecord& record, const store::ConnectionOverview& overview,
                      const std::string& public_url) {
  v1::Status status;
  status.set_connection_id(record.connection_id);
  status.set_connected(record.state == v1::ACTIVE || record.state == v1::DEGRADED);
  if (overview.last_sync_ms > 0) *status.mutable_last_sync() = TimestampOf(overview.last_sync_ms);
  status.set_issues_tracked(overview.issues_tracked);
  // Until the worker has counted the visible ones, those that the config names.
  status.set_projects_monitored(overview.projects > 0 ? overview.projects : record.config.projects_size());
  status.set_users_linked(overview.contacts_known);
  status.set_webhook_url(WebhookUrl(public_url, record.connection_id));
  status.set_backlog(overview.events + overview.dirty + overview.outbox);
  status.set_dead_letters(overview.dead_letters);
  status.set_state(record.state);
  status.set_reason(record.reason);
  status.set_tickets_without_contact(overview.tickets_without_contact);
  status.set_missed_webhooks(overview.missed_webhooks);
  if (overview.last_webhook_ms > 0) *status.mutable_last_webhook() = TimestampOf(overview.last_webhook_ms);
  if (overview.last_refused_ms > 0) {
    *status.mutable_last_refused_webhook() = TimestampOf(overview.last_refused_ms);
    status.set_refused_why(overview.last_refused_why);
    status.set_refused_detail(ExplainRefusal(overview.last_refused_why));
  }
  return status;
}

bool HasEnded(store::JobState state) {
  return state != store::JobState::kQueued && state != store::JobState::kRunning;
}

}  // namespace tajo::gateway
