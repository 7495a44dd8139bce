#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/deciding/customer.h"
#include "common/deciding/rules.h"
#include "tajo/jira/v1/event.pb.h"

namespace tajo::deciding {

// Whose a ticket was when something happened to it: what went before its customer changed is not the present one's
// to hear of.
class CustomerHistory {
 public:
  // `histories` are all of the issue's.
  CustomerHistory(const jira::v1::Issue& issue, const std::vector<jira::v1::History>& histories, const Rules& rules,
                  const UserLookup& users);

  // As CustomerOf answers for the issue as it was at that time of Jira's.
  const std::optional<Customer>& At(int64_t ms) const;

 private:
  std::optional<Customer> now_;
  std::vector<std::pair<int64_t, std::optional<Customer>>> until_;  // the customer before that time; latest first
};

// Accounts that CustomerHistory would like to know more about.
std::vector<std::string> AccountsInHistory(const std::vector<jira::v1::History>& histories, const Rules& rules,
                                           const UserLookup& users);

}  // namespace tajo::deciding
