#pragma once

#include <map>
#include <string>
#include <string_view>

#include "common/base/clock.h"
#include "common/brevo/observer.h"
#include "common/jira/observer.h"
#include "common/telemetry/metrics.h"

namespace tajo::gateway {

// The gateway's metrics; the names are a stable interface. Thread-safe.
class Instruments final : public jira::Observer, public brevo::Observer {
 public:
  explicit Instruments(telemetry::Metrics& metrics);

  // `code` as gRPC names it: "OK", "NOT_FOUND".
  void Called(std::string_view method, std::string_view code, base::Duration took);
  // How many connections are in each state, by its name.
  void Connections(const std::map<std::string, int64_t>& by_state);

  void OnCall(const jira::CallReport& report) override;
  void OnCall(const brevo::Call& call) override;

 private:
  telemetry::Family<telemetry::Counter> requests_;
  telemetry::Family<telemetry::Histogram> seconds_;
  telemetry::Family<telemetry::Gauge> connections_;
  telemetry::Family<telemetry::Counter> jira_requests_;
  telemetry::Family<telemetry::Histogram> jira_seconds_;
  telemetry::Family<telemetry::Counter> brevo_requests_;
  telemetry::Family<telemetry::Histogram> brevo_seconds_;
};

}  // namespace tajo::gateway
