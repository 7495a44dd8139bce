#pragma once

#include <string>
#include <vector>

#include "common/store/ids.h"
#include "tajo/jira/v1/record.pb.h"

namespace tajo::store {

// Whose data a dead letter's payload holds.
struct LetterPeople {
  bool readable = true;  // false: nobody knows whose
  std::vector<ContactId> contacts;
  std::vector<std::string> account_ids;  // of Jira
};
LetterPeople PeopleIn(const jira::v1::DeadLetterRecord& letter);

}  // namespace tajo::store
