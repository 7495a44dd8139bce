#include "tests/fuzz/http_edge/script.h"

namespace tajo::fuzz {

Script ReadScript(std::string_view input) {
  static constexpr std::string_view kSeparators = "\x1c\x1d\x1e\x1f";
  Script script;
  if (input.empty()) return script;
  script.leave = static_cast<Leave>((static_cast<unsigned char>(input.front()) - '0') % 4U);
  input.remove_prefix(1);
  while (script.steps.size() < kMaxSteps - 1) {
    const auto end = input.find_first_of(kSeparators);
    if (end == input.npos) break;
    script.steps.push_back({input.substr(0, end), static_cast<Then>(input[end] - kSeparators.front())});
    input.remove_prefix(end + 1);
  }
  script.steps.push_back({input, Then::kGoOn});
  return script;
}

std::string SentBy(const Script& script) {
  std::string sent;
  for (const Step& step : script.steps) sent += step.bytes;
  return sent;
}

}  // namespace tajo::fuzz
