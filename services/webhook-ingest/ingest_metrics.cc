#include "services/webhook-ingest/ingest_metrics.h"

#include <array>
#include <string>

#include "common/base/ascii.h"

namespace tajo::ingest {
namespace {

// 50 us to 10 s: what is usual here is far below what upstream calls take.
const std::vector<double>& Buckets() {
  static const std::vector<double> buckets = {0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01,
                                              0.025,   0.05,   0.1,     0.25,   0.5,   1,      2.5,   10};
  return buckets;
}

constexpr std::array<std::string_view, 3> kFlows = {"unknown", "primary", "secondary"};
constexpr std::array<std::string_view, 4> kHttpRefusals = {"400", "408", "413", "431"};

std::size_t FlowOf(std::string_view header) {
  for (std::size_t i = 1; i < kFlows.size(); ++i) {
    if (base::EqualsIgnoringCase(header, kFlows[i])) return i;
  }
  return 0;
}

}  // namespace

IngestMetrics::IngestMetrics(telemetry::Metrics& metrics)
    : http_refusals_(metrics.CounterFamily("tajo_ingest_http_refusals_total",
                                           "Requests that were answered before anybody looked at them.", {"status"})),
      request_seconds_(metrics
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
  const auto refusals = metrics.CounterFamily("tajo_ingest_refusals_total",
                                              "Jira's webhooks that were refused as not authentic, by cause.", {"why"});
  const auto deliveries =
      metrics.CounterFamily("tajo_ingest_deliveries_total",
                            "Jira's webhooks, but those not authentic, by flow and attempt.", {"flow", "retry"});
  for (const std::string_view flow : kFlows) {
    for (const std::string_view retry : {"no", "yes"}) deliveries_.push_back(deliveries.With({flow, retry}));
  }
  for (const std::string_view status : kHttpRefusals) (void)http_refusals_.With({status});  // shown before the first
  for (std::size_t i = 0; i < kWhysRefused; ++i) {
    refusals_.push_back(refusals.With({NameOf(static_cast<WhyRefused>(i))}));
  }
  for (std::size_t i = 0; i < kOutcomes; ++i) brevo_outcomes_.push_back(brevo.With({NameOf(static_cast<Outcome>(i))}));
  for (std::size_t i = 0; i < kOutcomes; ++i) outcomes_.push_back(family.With({NameOf(static_cast<Outcome>(i))}));
}

void IngestMetrics::Count(Outcome outcome) {
  outcomes_[static_cast<std::size_t>(outcome)].Increment();
}

void IngestMetrics::CountBrevo(Outcome outcome) {
  brevo_outcomes_[static_cast<std::size_t>(outcome)].Increment();
}

void IngestMetrics::CountRefusal(WhyRefused why) {
  refusals_[static_cast<std::size_t>(why)].Increment();
}

void IngestMetrics::CountDelivery(std::string_view flow, bool is_retry) {
  deliveries_[2 * FlowOf(flow) + (is_retry ? 1 : 0)].Increment();
}

void IngestMetrics::CountHttpRefusal(int status) {
  http_refusals_.With({std::to_string(status)}).Increment();
}

}  // namespace tajo::ingest
