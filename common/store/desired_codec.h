#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "tajo/jira/v1/record.pb.h"

namespace tajo::store {

// The numbers that stand for attribute names in contacts' states: given once for a connection, in the
// hash `attributes`, and never taken back.
class AttributeNumbers {
 public:
  void Add(std::string name, uint32_t number);
  std::optional<uint32_t> Of(const std::string& name) const;
  const std::string* Name(uint32_t number) const;  // nullptr: no such number

 private:
  std::map<std::string, uint32_t> numbers_;
  std::map<uint32_t, std::string> names_;
};

// A contact's desired state as its hash holds it, without lists: the fields "d1", "d2", ... The first
// byte says how many. They are parts of one text because a hash whose values are longer than 64 bytes
// costs Redis twice the memory. The same state gives the same parts. INTERNAL for an attribute without
// a number.
absl::StatusOr<std::vector<std::string>> PackDesired(const jira::v1::DesiredContact& desired,
                                                     const AttributeNumbers& numbers);
// `packed` is all parts, one behind the other; nothing if they are none.
std::optional<jira::v1::DesiredContact> UnpackDesired(std::string_view packed, const AttributeNumbers& numbers);

// Whose state it is; needs no numbers.
struct Person {
  std::string email;
  std::string account_id;
};
std::optional<Person> UnpackPerson(std::string_view packed);

// The parts among a contact's fields, put together; empty: the contact has no state.
std::string PackedState(const std::map<std::string, std::string>& fields);

}  // namespace tajo::store
