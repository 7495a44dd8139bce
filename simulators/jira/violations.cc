#include "simulators/jira/violations.h"

#include <nlohmann/json.hpp>

namespace tajo::jira_sim {
namespace {
constexpr std::size_t kExamples = 50;
constexpr int64_t kExamplesPerRule = 5;
}  // namespace

void Violations::Count(std::string_view rule, std::string_view example) {
  ++total_;
  auto found = by_rule_.find(rule);
  if (found == by_rule_.end()) found = by_rule_.emplace(std::string(rule), 0).first;
  if (++found->second > kExamplesPerRule) return;
  examples_.emplace_back(std::string(rule), std::string(example.substr(0, 300)));
  if (examples_.size() > kExamples) examples_.pop_front();
}

void Violations::Reset() {
  total_ = 0;
  by_rule_.clear();
  examples_.clear();
}

std::string Violations::Json() const {
  nlohmann::json out{{"total", total_}, {"by_rule", nlohmann::json::object()}, {"examples", nlohmann::json::array()}};
  for (const auto& [rule, count] : by_rule_) out["by_rule"][rule] = count;
  for (const auto& [rule, example] : examples_) out["examples"].push_back({{"rule", rule}, {"example", example}});
  return out.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace tajo::jira_sim
