#include "simulators/brevo/faults.h"

#include <map>
#include <nlohmann/json.hpp>

#include "common/base/error.h"
#include "common/json/reader.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::brevo_sim {

absl::Status Faults::Add(const nlohmann::json& description) {
  static const std::map<std::string, FaultKind> kKinds = {
      {"status", FaultKind::kStatus}, {"reset", FaultKind::kReset},
      {"slow", FaultKind::kSlow},     {"truncate", FaultKind::kTruncate},
      {"html", FaultKind::kHtml},     {"drop_after_effect", FaultKind::kDropAfterEffect}};
  const json::Reader reader(description);
  const auto kind = kKinds.find(reader.String("kind").value_or(""));
  if (kind == kKinds.end()) {
    return base::FieldError(jira::v1::REQUEST_INVALID, "kind",
                            "kind must be status, reset, slow, truncate, html or drop_after_effect");
  }
  Fault fault;
  fault.kind = kind->second;
  fault.method = reader.Child("match").String("method").value_or("");
  fault.path = reader.Child("match").String("path").value_or("");
  fault.status = static_cast<int>(reader.Int64("status").value_or(fault.kind == FaultKind::kHtml ? 502 : 503));
  fault.code = reader.String("code").value_or("");
  fault.message = reader.String("message").value_or("");
  fault.delay_ms = reader.Int64("delay_ms").value_or(0);
  fault.probability = reader.Double("probability").value_or(0);
  fault.count = reader.Int64("count").value_or(fault.probability > 0 ? 0 : 1);
  faults_.push_back(std::move(fault));
  return absl::OkStatus();
}

Fault Faults::Draw(std::string_view method, std::string_view path) {
  for (auto fault = faults_.begin(); fault != faults_.end(); ++fault) {
    if (!fault->method.empty() && fault->method != method) continue;
    if (!path.starts_with(fault->path)) continue;
    if (fault->probability > 0 && random_.Fraction() >= fault->probability) continue;
    Fault drawn = *fault;
    if (fault->count > 0 && --fault->count == 0) faults_.erase(fault);
    return drawn;
  }
  return {};
}

}  // namespace tajo::brevo_sim
