#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "common/deciding/rules.h"
#include "common/store/ids.h"
#include "tajo/jira/v1/event.pb.h"

namespace tajo::deciding {

// The person a ticket is about, as found by the config's `contact_source`.
struct Customer {
  std::string email;       // trimmed, lower case; empty: known by account only, not yet reachable
  std::string account_id;  // may be empty: the e-mail came from a custom field
  std::string display_name;

  store::ContactId Contact() const;  // none without an e-mail
};

// What is known of an account: from the payload, the users cache or Jira; nullptr if nothing.
using UserLookup = std::function<const jira::v1::User*(const std::string& account_id)>;

// Walks `contact_source` in order. The first source that gives an e-mail wins; failing that, the
// first that gives a person. Accounts of apps and the account "unknown" are nobody.
std::optional<Customer> CustomerOf(const jira::v1::Issue& issue, const Rules& rules, const UserLookup& users);

// Accounts that CustomerOf would like to know more about: named by a source, without an e-mail.
std::vector<std::string> AccountsToLookUp(const jira::v1::Issue& issue, const Rules& rules, const UserLookup& users);

// Something a mailbox could have: one '@', a dot behind it, no blanks. "?" and "hidden" are not.
bool LooksLikeEmail(const std::string& text);

}  // namespace tajo::deciding
