#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "common/access/quota_observer.h"
#include "common/telemetry/metrics.h"

namespace tajo::access {

// How the vendors' limits are used, as metrics of a process; the names are a stable interface.
class QuotaMetrics final : public QuotaObserver {
 public:
  explicit QuotaMetrics(telemetry::Metrics& metrics);

  void QuotaWaited(std::string_view quota, base::Duration waited) override;
  void JiraPointsLeft(const std::string& app, double points) override;
  void BrevoHeadroom(std::string_view family, double ratio) override;

 private:
  // Of the accounts, the least since the metrics were last read: those without room are what matters.
  struct Least {
    std::mutex mutex;
    std::map<std::string, double, std::less<>> by_family;
  };
  telemetry::Family<telemetry::Counter> waited_;
  telemetry::Family<telemetry::Gauge> points_left_;
  telemetry::Family<telemetry::Gauge> headroom_;
  std::shared_ptr<Least> least_;
};

}  // namespace tajo::access
