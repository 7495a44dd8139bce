#include "services/gateway/instruments.h"

#include "tajo/jira/v1/connection.pb.h"

namespace tajo::gateway {
Instruments::Instruments(telemetry::Metrics& metrics)
    : requests_(metrics.CounterFamily("tajo_gateway_requests_total", "gRPC calls that ended.", {"method", "code"})),
      seconds_(metrics.HistogramFamily("tajo_gateway_request_seconds", "Time of a gRPC call.", {"method"})),
      connections_(metrics.GaugeFamily("tajo_connections", "Connections, by state.", {"state"})),
      jira_requests_(metrics.CounterFamily("tajo_jira_requests_total", "Calls to Jira.", {"endpoint", "code"})),
      jira_seconds_(metrics.HistogramFamily("tajo_jira_request_seconds", "Time of a call to Jira, without quota waits.",
                                            {"endpoint"})),
      brevo_requests_(metrics.CounterFamily("tajo_brevo_requests_total", "Calls to Brevo.", {"endpoint", "code"})),
      brevo_seconds_(metrics.HistogramFamily("tajo_brevo_request_seconds",
                                             "Time of a call to Brevo, without quota waits.", {"endpoint"})) {}

void Instruments::Called(std::string_view method, std::string_view code, base::Duration took) {
  requests_.With({method, code}).Increment();
  seconds_.With({method}).Observe(base::InSeconds(took));
}

void Instruments::Connections(const std::map<std::string, int64_t>& by_state) {
  // All states, so that one that emptied doesn't keep its last number.
  const auto* states = jira::v1::ConnectionState_descriptor();
  for (int i = 0; i < states->value_count(); ++i) {
    if (states->value(i)->number() == jira::v1::CONNECTION_STATE_UNSPECIFIED) continue;
    const std::string& name = states->value(i)->name();
    const auto found = by_state.find(name);
    connections_.With({name}).Set(found == by_state.end() ? 0 : static_cast<double>(found->second));
  }
}

void Instruments::OnCall(const jira::CallReport& report) {
  jira_requests_.With({report.endpoint, std::to_string(report.status)}).Increment();
  jira_seconds_.With({report.endpoint}).Observe(base::InSeconds(report.took));
}

void Instruments::OnCall(const brevo::Call& call) {
  brevo_requests_.With({call.endpoint, std::to_string(call.status)}).Increment();
  brevo_seconds_.With({call.endpoint}).Observe(base::InSeconds(call.took));
}

}  // namespace tajo::gateway
