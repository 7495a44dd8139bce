#pragma once

#include <algorithm>
#include <string>
#include <string_view>

#include "absl/strings/ascii.h"

// Letters A to Z alone, whatever the locale. Abseil's own functions take its own string_view, which
// Debian builds as another type than std's.
namespace tajo::base {

inline std::string LowerCase(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = absl::ascii_tolower(static_cast<unsigned char>(c));
  return lower;
}

inline bool EqualsIgnoringCase(std::string_view a, std::string_view b) {
  return std::ranges::equal(
      a, b, [](unsigned char x, unsigned char y) { return absl::ascii_tolower(x) == absl::ascii_tolower(y); });
}

}  // namespace tajo::base
