#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>

namespace tajo::jira_sim {

// Counts what a client did against Jira's rules. A client that is right leaves it at zero.
class Violations {
 public:
  void Count(std::string_view rule, std::string_view example);
  void Reset();
  // {"total","by_rule":{},"examples":[{"rule","example"}]}
  std::string Json() const;
  int64_t Total() const { return total_; }

 private:
  int64_t total_ = 0;
  std::map<std::string, int64_t, std::less<>> by_rule_;
  std::deque<std::pair<std::string, std::string>> examples_;
};

}  // namespace tajo::jira_sim
