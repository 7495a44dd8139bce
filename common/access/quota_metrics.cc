#include "common/access/quota_metrics.h"

#include <algorithm>

namespace tajo::access {

QuotaMetrics::QuotaMetrics(telemetry::Metrics& metrics)
    : waited_(metrics.CounterFamily("tajo_quota_wait_seconds_total", "Time that calls waited for a vendor's limit.",
                                    {"quota"})),
      points_left_(metrics.GaugeFamily("tajo_jira_quota_remaining", "Points left of an app's hour at Jira.", {"app"})),
      headroom_(metrics.GaugeFamily("tajo_brevo_quota_headroom_ratio",
                                    "What is left of a limit of Brevo's, of the account with the least since the "
                                    "metrics were last read.",
                                    {"family"})),
      least_(std::make_shared<Least>()) {
  metrics.BeforeSerialize([least = least_, headroom = headroom_]() mutable {
    const std::scoped_lock lock(least->mutex);
    for (const auto& [family, ratio] : least->by_family) headroom.With({family}).Set(ratio);
    least->by_family.clear();
  });
}

void QuotaMetrics::QuotaWaited(std::string_view quota, base::Duration waited) {
  waited_.With({quota}).Increment(base::InSeconds(waited));
}

void QuotaMetrics::JiraPointsLeft(const std::string& app, double points) {
  points_left_.With({app}).Set(points);
}

void QuotaMetrics::BrevoHeadroom(std::string_view family, double ratio) {
  const std::scoped_lock lock(least_->mutex);
  const auto known = least_->by_family.find(family);
  if (known == least_->by_family.end()) {
    least_->by_family.emplace(family, ratio);
  } else {
    known->second = std::min(known->second, ratio);
  }
}

}  // namespace tajo::access
