#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/deciding/customer.h"
#include "tajo/jira/v1/connection.pb.h"
#include "tajo/jira/v1/event.pb.h"

// Why a decision came out as it did, by deciding again with less.
namespace tajo::deciding {

// The filters of the config that leave the issue out, by their places in the YAML; none: it is admitted.
// `matches_jql` as in Facts.
std::vector<std::string> FiltersRefusing(const jira::v1::Issue& issue, const jira::v1::ConnectionConfig& config,
                                         std::optional<bool> matches_jql);

// What each place of `contact_source` gives by itself, in the config's order; `chosen` is the one that
// CustomerOf takes.
struct SourceFinding {
  std::string source;
  std::optional<Customer> found;
  bool chosen = false;
};
std::vector<SourceFinding> FindingsOf(const jira::v1::Issue& issue, const jira::v1::ConnectionConfig& config,
                                      const UserLookup& users);

}  // namespace tajo::deciding
