#include "simulators/brevo/violations.h"

#include <nlohmann/json.hpp>

namespace tajo::brevo_sim {

void Violations::Add(const std::string& rule, const std::string& example) {
  constexpr int64_t kExamplesOfEach = 5;
  if (++by_rule_[rule] <= kExamplesOfEach) examples_.push_back({rule, example});
}

nlohmann::json Violations::Report() const {
  nlohmann::json report = {{"total", 0}, {"by_rule", nlohmann::json::object()}, {"examples", nlohmann::json::array()}};
  int64_t total = 0;
  for (const auto& [rule, count] : by_rule_) {
    report["by_rule"][rule] = count;
    total += count;
  }
  report["total"] = total;
  for (const Example& example : examples_) {
    report["examples"].push_back({{"rule", example.rule}, {"example", example.text}});
  }
  return report;
}

void Violations::Clear() {
  by_rule_.clear();
  examples_.clear();
}

}  // namespace tajo::brevo_sim
