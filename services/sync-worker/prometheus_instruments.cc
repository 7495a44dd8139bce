#include "services/sync-worker/prometheus_instruments.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <utility>

namespace tajo::worker {
namespace {

std::vector<std::string> ConnectionLabels(bool per_connection) {
  return per_connection ? std::vector<std::string>{"connection"} : std::vector<std::string>{};
}

std::vector<std::string> AssigneeLabels(bool per_connection) {
  return per_connection ? std::vector<std::string>{"connection", "assignee"} : std::vector<std::string>{};
}

}  // namespace

// Without a label for each connection, its gauges are added up (or the worst is shown) over those
// that are owned here.
struct PrometheusInstruments::Totals {
  struct Of {
    int64_t entries = 0;
    int64_t oldest_age_ms = 0;
    double progress = 1;
    int64_t open_issues = 0;
    std::set<std::string> assignees;  // that have a series
  };
  std::mutex mutex;
  std::map<std::string, Of> connections;
};

PrometheusInstruments::PrometheusInstruments(telemetry::Metrics& metrics, bool per_connection)
    : per_connection_(per_connection),
      issues_(metrics.CounterFamily("tajo_sync_issues_total", "Issues read by syncs.", {"type"})),
      entries_(
          metrics.CounterFamily("tajo_stream_entries_applied_total", "Stream entries decided and applied.").With({})),
      missed_(metrics
                  .CounterFamily("tajo_missed_webhooks_total",
                                 "Changes that webhooks should have brought and a pass found.")
                  .With({})),
      contacts_(
          metrics.CounterFamily("tajo_contacts_settled_total", "Contacts brought to their desired state.", {"how"})),
      events_(metrics.CounterFamily("tajo_events_settled_total", "Timeline events, by what became of them.", {"how"})),
      delivery_(metrics
                    .HistogramFamily("tajo_delivery_seconds", "Jira's event time to Brevo's acceptance.", {},
                                     telemetry::DeliveryBuckets())
                    .With({})),
      dead_letters_(metrics.CounterFamily("tajo_dead_letters_total", "Work that was given up.", {"reason"})),
      dropped_fields_(metrics.CounterFamily(
          "tajo_contact_fields_dropped_total",
          "Contact fields left out: refused by Brevo, or not what their attribute takes.", {"reason"})),
      registrations_(metrics.CounterFamily("tajo_webhook_registrations_total",
                                           "Looks at a connection's dynamic webhooks, by what came of them.",
                                           {"outcome"})),
      people_(metrics.CounterFamily("tajo_people_total", "What was done for people's data.", {"what"})),
      census_(metrics.CounterFamily("tajo_census_issues_total",
                                    "Issues that a census found different from what was held, by what they were.",
                                    {"found"})),
      parked_(metrics.CounterFamily("tajo_parked_accounts_total",
                                    "Looks for customers whose e-mail Jira hides, by what came of them.", {"outcome"})),
      audited_(metrics.CounterFamily("tajo_audit_contacts_total",
                                     "Contacts in Brevo compared with what they should be.", {"what"})),
      backlog_(metrics.GaugeFamily("tajo_stream_backlog", "Entries in the events streams of connections owned here.",
                                   ConnectionLabels(per_connection))),
      oldest_age_(metrics.GaugeFamily("tajo_stream_oldest_age_seconds", "Age of the oldest entry that waits.",
                                      ConnectionLabels(per_connection))),
      progress_(metrics.GaugeFamily("tajo_sync_progress_ratio",
                                    "Part of the running sync that is done; 1 if none runs.",
                                    ConnectionLabels(per_connection))),
      open_issues_(metrics.GaugeFamily("tajo_assignee_open_issues",
                                       "Open tickets that somebody is assigned to, of connections owned here.",
                                       AssigneeLabels(per_connection))),
      leases_(metrics.GaugeFamily("tajo_leases", "Connections owned by this worker.").With({})),
      jira_requests_(metrics.CounterFamily("tajo_jira_requests_total", "Calls to Jira.", {"endpoint", "code"})),
      jira_seconds_(metrics.HistogramFamily("tajo_jira_request_seconds", "Time of a call to Jira, without quota waits.",
                                            {"endpoint"})),
      brevo_requests_(metrics.CounterFamily("tajo_brevo_requests_total", "Calls to Brevo.", {"endpoint", "code"})),
      brevo_seconds_(metrics.HistogramFamily("tajo_brevo_request_seconds",
                                             "Time of a call to Brevo, without quota waits.", {"endpoint"})),
      totals_(std::make_shared<Totals>()) {
  if (!per_connection_) metrics.BeforeSerialize([this] { Publish(); });
}

void PrometheusInstruments::Publish() {
  const std::scoped_lock lock(totals_->mutex);
  Totals::Of sum;
  for (const auto& [id, of] : totals_->connections) {
    sum.entries += of.entries;
    sum.oldest_age_ms = std::max(sum.oldest_age_ms, of.oldest_age_ms);
    sum.progress = std::min(sum.progress, of.progress);
    sum.open_issues += of.open_issues;
  }
  backlog_.With({}).Set(static_cast<double>(sum.entries));
  oldest_age_.With({}).Set(static_cast<double>(sum.oldest_age_ms) / 1000);
  progress_.With({}).Set(sum.progress);
  open_issues_.With({}).Set(static_cast<double>(sum.open_issues));
}

void PrometheusInstruments::IssuesRead(std::string_view sync_type, int64_t count) {
  issues_.With({sync_type}).Increment(static_cast<double>(count));
}
void PrometheusInstruments::EntriesApplied(int64_t count) {
  entries_.Increment(static_cast<double>(count));
}
void PrometheusInstruments::MissedWebhooks(int64_t count) {
  missed_.Increment(static_cast<double>(count));
}
void PrometheusInstruments::ContactsSettled(std::string_view how, int64_t count) {
  if (count > 0) contacts_.With({how}).Increment(static_cast<double>(count));
}
void PrometheusInstruments::EventsSettled(std::string_view how, int64_t count) {
  events_.With({how}).Increment(static_cast<double>(count));
}
void PrometheusInstruments::Delivered(base::Duration since_change) {
  delivery_.Observe(base::InSeconds(since_change));
}
void PrometheusInstruments::DeadLetter(base::Reason reason) {
  dead_letters_.With({base::ReasonName(reason)}).Increment();
}
void PrometheusInstruments::FieldDropped(std::string_view why) {
  dropped_fields_.With({why}).Increment();
}

void PrometheusInstruments::Registered(std::string_view outcome) {
  registrations_.With({outcome}).Increment();
}

void PrometheusInstruments::People(std::string_view what, int64_t count) {
  people_.With({what}).Increment(static_cast<double>(count));
}
void PrometheusInstruments::Census(std::string_view found, int64_t count) {
  if (count > 0) census_.With({found}).Increment(static_cast<double>(count));
}
void PrometheusInstruments::Parked(std::string_view outcome) {
  parked_.With({outcome}).Increment();
}
void PrometheusInstruments::Audited(std::string_view what, int64_t count) {
  if (count > 0) audited_.With({what}).Increment(static_cast<double>(count));
}
void PrometheusInstruments::Backlog(const std::string& connection, int64_t entries, int64_t oldest_age_ms) {
  if (per_connection_) {
    backlog_.With({connection}).Set(static_cast<double>(entries));
    oldest_age_.With({connection}).Set(static_cast<double>(oldest_age_ms) / 1000);
    return;
  }
  const std::scoped_lock lock(totals_->mutex);
  auto& of = totals_->connections[connection];
  of.entries = entries;
  of.oldest_age_ms = oldest_age_ms;
}

void PrometheusInstruments::SyncProgress(const std::string& connection, double ratio) {
  ratio = std::clamp(ratio, 0.0, 1.0);
  if (per_connection_) return progress_.With({connection}).Set(ratio);
  const std::scoped_lock lock(totals_->mutex);
  totals_->connections[connection].progress = ratio;
}

void PrometheusInstruments::OpenIssues(const std::string& connection, const std::map<uint64_t, int64_t>& by_assignee) {
  const std::scoped_lock lock(totals_->mutex);
  Totals::Of& of = totals_->connections[connection];
  of.open_issues = 0;
  std::set<std::string> before = std::exchange(of.assignees, {});
  for (const auto& [assignee, open] : by_assignee) {
    of.open_issues += open;
    if (!per_connection_) continue;
    const std::string label = fmt::format("{:016x}", assignee);
    open_issues_.With({connection, label}).Set(static_cast<double>(open));
    before.erase(label);
    of.assignees.insert(label);
  }
  for (const std::string& gone : before) open_issues_.Remove({connection, gone});
}

void PrometheusInstruments::Leases(int64_t held) {
  leases_.Set(static_cast<double>(held));
}

void PrometheusInstruments::Forget(const std::string& connection) {
  if (per_connection_) {
    backlog_.With({connection}).Set(0);
    oldest_age_.With({connection}).Set(0);
  }
  const std::scoped_lock lock(totals_->mutex);
  const auto found = totals_->connections.find(connection);
  if (found == totals_->connections.end()) return;
  for (const std::string& assignee : found->second.assignees) open_issues_.Remove({connection, assignee});
  totals_->connections.erase(found);
}

void PrometheusInstruments::OnCall(const jira::CallReport& report) {
  jira_requests_.With({report.endpoint, std::to_string(report.status)}).Increment();
  jira_seconds_.With({report.endpoint}).Observe(base::InSeconds(report.took));
}

void PrometheusInstruments::OnCall(const brevo::Call& call) {
  brevo_requests_.With({call.endpoint, std::to_string(call.status)}).Increment();
  brevo_seconds_.With({call.endpoint}).Observe(base::InSeconds(call.took));
}

}  // namespace tajo::worker
