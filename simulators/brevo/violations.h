#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace tajo::brevo_sim {

// Rules of Brevo that a caller broke, whether or not Brevo would have said so.
class Violations {
 public:
  void Add(const std::string& rule, const std::string& example);
  // {"total":n,"by_rule":{rule:n},"examples":[{"rule","example"}]}; the first few examples of each rule.
  nlohmann::json Report() const;
  void Clear();

 private:
  struct Example {
    std::string rule;
    std::string text;
  };
  std::map<std::string, int64_t> by_rule_;
  std::vector<Example> examples_;
};

}  // namespace tajo::brevo_sim
