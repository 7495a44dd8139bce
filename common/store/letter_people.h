#pragma once

#include <string>
#include <vector>

#include "common/store/ids.h"
#include "common/store/tombstones.h"
#include "tajo/jira/v1/event.pb.h"
#include "tajo/jira/v1/record.pb.h"

namespace tajo::store {

// Whose data a dead letter's payload holds.
struct LetterPeople {
  bool readable = true;  // false: nobody knows whose
  std::vector<ContactId> contacts;
  std::vector<std::string> account_ids;  // of Jira
};
LetterPeople PeopleIn(const jira::v1::DeadLetterRecord& letter);
LetterPeople PeopleIn(const jira::v1::Event& event);
// The tombstones that they would have, one behind the other.
std::string MarksOf(const LetterPeople& people, const Tombstones& tombstones);

}  // namespace tajo::store
