#pragma once

#include <string_view>

namespace tajo::net {

// In a header this would begin another one.
inline bool BreaksLine(std::string_view text) {
  return text.find_first_of(std::string_view("\r\n\0", 3)) != text.npos;
}

}  // namespace tajo::net
