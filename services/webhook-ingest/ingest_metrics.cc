#include "services/webhook-ingest/ingest_metrics.h"

namespace tajo::ingest {
namespace {

// 50 us to 10 s: what is usual here is far below what upstream calls take.
const std::vector<double>& Buckets() {
  static const std::vector<double> buckets = {0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01,
                                              0.025,   0.05,   0.1,     0.25,   0.5,   1,      2.5,   10};
  return buckets;
}

}  // namespace

IngestMetrics::IngestMetrics(telemetry::Metrics& metrics)
    : request_seconds_(metrics
                           .HistogramFamily("tajo_ingest_request_seconds",
                                            "Time from a webhook's last byte to its answer.", {}, Buckets())
                           .With({})),
      stages_(metrics.HistogramFamily("tajo_ingest_stage_seconds", "Time that each stage of a webhook takes.",
                                      {"stage"}, Buckets())),
      judged_(stages_.With({"judge"})),
      normalised_(stages_.With({"normalise"})),
      stored_(stages_.With({"store"})) {
  const auto family =
      metrics.CounterFamily("tajo_ingest_webhooks_total", "Webhooks by what became of them.", {"outcome"});
  const auto brevo = metrics.CounterFamily("tajo_ingest_brevo_webhooks_total",
                                           "Brevo's webhooks by what became of them.", {"outcome"});
  for (std::size_t i = 0; i < kOutcomes; ++i) brevo_outcomes_.push_back(brevo.With({NameOf(static_cast<Outcome>(i))}));
  for (std::size_t i = 0; i < kOutcomes; ++i) outcomes_.push_back(family.With({NameOf(static_cast<Outcome>(i))}));
}

void IngestMetrics::Count(Outcome outcome) {
  outcomes_[static_cast<std::size_t>(outcome)].Increment();
}

void IngestMetrics::CountBrevo(Outcome outcome) {
  brevo_outcomes_[static_cast<std::size_t>(outcome)].Increment();
}

}  // namespace tajo::ingest
