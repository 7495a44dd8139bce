#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace tajo::fuzz {

// How a client's visit ends.
enum class Leave {
  kHalfClose,  // it has said all, and reads to the end
  kClose,      // it is gone, answers unread
  kAbort,      // the server breaks the connection off
  kCompare,    // as kHalfClose; then all of it once more, uncut
};

// What happens once the bytes of a step are sent and the server has done what it can with them.
enum class Then {
  kTimeout,  // 0x1c: every deadline passes
  kDrain,    // 0x1d: the server begins to drain
  kGoOn,     // 0x1e: nothing; the stream is just cut here
  kRead,     // 0x1f: the client reads what has come
};

struct Step {
  std::string_view bytes;
  Then then;
};

// What one client does. An input is '0' + Leave, then the client's bytes, cut into steps at the first of
// ASCII's four separators that come. These don't reach the server; to HTTP they are control characters
// like the others.
struct Script {
  Leave leave = Leave::kHalfClose;
  std::vector<Step> steps;
};

// Each costs system calls; more of them find no more.
inline constexpr std::size_t kMaxSteps = 16;

// Views into `input`.
Script ReadScript(std::string_view input);
// All that the client sends.
std::string SentBy(const Script& script);

}  // namespace tajo::fuzz
