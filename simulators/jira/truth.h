#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "simulators/jira/happening.h"
#include "simulators/jira/json_writer.h"
#include "simulators/jira/world.h"

namespace tajo::jira_sim {

// What is really so and what really happened, for comparison with what reached the other end.
class Truth final : public Listener {
 public:
  Truth(const World& world, const Zone& zone) : world_(world), zone_(zone) {}

  void On(const Happening& happening) override;

  // Tickets that count: of these projects and types; empty: all.
  struct Scope {
    std::vector<std::string> projects;
    std::vector<std::string> types;
  };
  std::string Counts(const Scope& scope) const;
  std::optional<std::string> Issue(std::string_view key) const;
  // All tickets of who has this address, the one that changed last first.
  std::optional<std::string> Customer(std::string_view email, const Scope& scope) const;
  // Every customer with a usable address and at least one ticket, with the ticket that changed last.
  std::string Customers(const Scope& scope) const;
  // What happened at `since` or later, oldest first.
  std::string Events(Millis since) const;
  void ForgetEvents() { events_.clear(); }

 private:
  struct Fact {
    Millis time = 0;
    std::string json;
  };

  bool IsWithin(const Scope& scope, const IssueRow& row) const;
  void WriteTicketKeys(JsonWriter& json, IssueIndex index) const;
  std::vector<std::string> CustomersOf(uint32_t version, uint32_t sprint) const;

  const World& world_;
  const Zone& zone_;
  std::vector<Fact> events_;
};

}  // namespace tajo::jira_sim
