#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace tajo::gateway {

// "SUPPORT-42", also written "support-42"; nothing for anything else.
std::optional<std::string> IssueKey(std::string key);

// An issue as a caller names it: by key or by id; the other is empty.
struct IssueRef {
  int64_t id = 0;
  std::string key;

  std::string Text() const { return id != 0 ? std::to_string(id) : key; }
};
// REQUEST_INVALID naming `field`.
absl::StatusOr<IssueRef> ReadIssueRef(const std::string& text, std::string_view field);

}  // namespace tajo::gateway
