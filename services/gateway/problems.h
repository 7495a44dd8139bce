#pragma once

#include <string_view>
#include <vector>

#include "absl/status/status.h"

namespace tajo::gateway {

// REQUEST_INVALID naming the field.
absl::Status Invalid(std::string_view field, std::string_view message);

// What is wrong with a request, collected so that a person can mend all of it in one go.
class Problems {
 public:
  void Add(absl::Status problem);  // OK is none
  bool Empty() const { return problems_.empty(); }
  // OK if there is none. One: that one. Several: the first one's code, reason and field, and the text of all.
  absl::Status ToStatus() const;

 private:
  std::vector<absl::Status> problems_;
};

}  // namespace tajo::gateway
