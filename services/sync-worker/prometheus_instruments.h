#pragma once

#include <map>
#include <memory>
#include <string>

#include "common/brevo/observer.h"
#include "common/jira/observer.h"
#include "common/telemetry/metrics.h"
#include "services/sync-worker/instruments.h"

namespace tajo::worker {

// The worker's metrics in Prometheus; the names are a stable interface (docs/operations.md).
class PrometheusInstruments final : public Instruments, public jira::Observer, public brevo::Observer {
 public:
  // `per_connection`: label the gauges of a connection with its id (--metrics-per-connection).
  PrometheusInstruments(telemetry::Metrics& metrics, bool per_connection);

  void IssuesRead(std::string_view sync_type, int64_t count) override;
  void EntriesApplied(int64_t count) override;
  void MissedWebhooks(int64_t count) override;
  void ContactsSettled(std::string_view how, int64_t count) override;
  void EventsSettled(std::string_view how, int64_t count) override;
  void Delivered(base::Duration since_change) override;
  void DeadLetter(base::Reason reason) override;
  void FieldDropped(std::string_view why) override;
  void Registered(std::string_view outcome) override;
  void People(std::string_view what, int64_t count) override;
  void Census(std::string_view found, int64_t count) override;
  void Parked(std::string_view outcome) override;
  void Audited(std::string_view what, int64_t count) override;
  void Backlog(const std::string& connection, int64_t entries, int64_t oldest_age_ms) override;
  void SyncProgress(const std::string& connection, double ratio) override;
  void OpenIssues(const std::string& connection, const std::map<uint64_t, int64_t>& by_assignee) override;
  void Leases(int64_t held) override;
  void Forget(const std::string& connection) override;

  void OnCall(const jira::CallReport& report) override;
  void OnCall(const brevo::Call& call) override;

 private:
  struct Totals;
  void Publish();

  bool per_connection_;
  telemetry::Family<telemetry::Counter> issues_;
  telemetry::Counter entries_;
  telemetry::Counter missed_;
  telemetry::Family<telemetry::Counter> contacts_;
  telemetry::Family<telemetry::Counter> events_;
  telemetry::Histogram delivery_;
  telemetry::Family<telemetry::Counter> dead_letters_;
  telemetry::Family<telemetry::Counter> dropped_fields_;
  telemetry::Family<telemetry::Counter> registrations_;
  telemetry::Family<telemetry::Counter> people_;
  telemetry::Family<telemetry::Counter> census_;
  telemetry::Family<telemetry::Counter> parked_;
  telemetry::Family<telemetry::Counter> audited_;
  telemetry::Family<telemetry::Gauge> backlog_;
  telemetry::Family<telemetry::Gauge> oldest_age_;
  telemetry::Family<telemetry::Gauge> progress_;
  telemetry::Family<telemetry::Gauge> open_issues_;
  telemetry::Gauge leases_;
  telemetry::Family<telemetry::Counter> jira_requests_;
  telemetry::Family<telemetry::Histogram> jira_seconds_;
  telemetry::Family<telemetry::Counter> brevo_requests_;
  telemetry::Family<telemetry::Histogram> brevo_seconds_;
  std::shared_ptr<Totals> totals_;
};

}  // namespace tajo::worker
