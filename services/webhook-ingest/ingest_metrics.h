#pragma once

#include <string_view>
#include <vector>

#include "common/base/clock.h"
#include "common/telemetry/metrics.h"
#include "services/webhook-ingest/answer.h"
#include "services/webhook-ingest/why_refused.h"

namespace tajo::ingest {

// The service's metrics; the names are a stable interface. Thread-safe.
class IngestMetrics {
 public:
  explicit IngestMetrics(telemetry::Metrics& metrics);

  void Count(Outcome outcome);
  void CountBrevo(Outcome outcome);
  // What Count has as unauthenticated, by its cause.
  void CountRefusal(WhyRefused why);
  // A delivery by what Jira's headers say of it: X-Atlassian-Webhook-Flow, and whether there is an
  // X-Atlassian-Webhook-Retry.
  void CountDelivery(std::string_view flow, bool is_retry);
  // A request that the HTTP server answered by itself.
  void CountHttpRefusal(int status);
  void Took(base::Duration request) { request_seconds_.Observe(base::InSeconds(request)); }
  // From the first look at a request to its authenticity known; its events made; its events in Redis.
  void Judged(base::Duration stage) { judged_.Observe(base::InSeconds(stage)); }
  void Normalised(base::Duration stage) { normalised_.Observe(base::InSeconds(stage)); }
  void Stored(base::Duration stage) { stored_.Observe(base::InSeconds(stage)); }

 private:
  std::vector<telemetry::Counter> outcomes_;  // by Outcome
  std::vector<telemetry::Counter> brevo_outcomes_;
  std::vector<telemetry::Counter> refusals_;    // by WhyRefused
  std::vector<telemetry::Counter> deliveries_;  // two a flow: the first attempts, the retries
  telemetry::Family<telemetry::Counter> http_refusals_;
  telemetry::Histogram request_seconds_;
  telemetry::Family<telemetry::Histogram> stages_;
  telemetry::Histogram judged_;
  telemetry::Histogram normalised_;
  telemetry::Histogram stored_;
};

}  // namespace tajo::ingest
