#pragma once

#include <cstdio>
#include <cstdlib>

namespace tajo::fuzz {

// Ends the process, which is libFuzzer's finding, where a rule is broken.
inline void Require(bool holds, const char* rule) {
  if (holds) return;
  std::fprintf(stderr, "broken: %s\n", rule);
  std::abort();
}

}  // namespace tajo::fuzz
