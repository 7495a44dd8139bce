#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "simulators/jira/changes.h"
#include "simulators/jira/dice.h"
#include "simulators/jira/world.h"

namespace tajo::jira_sim {

// A working day at random: what people do to tickets, in a realistic mix.
class RandomChanges {
 public:
  // Of `kinds` only; empty: all. Unknown kinds are the caller's to refuse (see KnownKinds).
  RandomChanges(const World& world, Changes& changes, uint64_t seed, std::vector<std::string> kinds);

  // One change, named; empty when there is nothing left to do it to.
  std::string_view Act();

  static const std::vector<std::string_view>& KnownKinds();

 private:
  struct Choice {
    std::string_view kind;
    uint32_t weight;
  };

  bool Do(std::string_view kind);
  IssueIndex PickIssue();
  UserIndex PickAgent() { return world_.Persons().Agent(static_cast<uint32_t>(dice_.Below(People::kAgents))); }
  bool Create();
  bool Transition(IssueIndex issue);
  bool Milestone(std::string_view kind);

  const World& world_;
  Changes& changes_;
  Dice dice_;
  std::vector<Choice> choices_;
  uint32_t total_weight_ = 0;
};

}  // namespace tajo::jira_sim
