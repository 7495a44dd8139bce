#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace tajo::jira {

// At most `max_bytes` of UTF-8, never half a character.
inline std::string_view CutUtf8(std::string_view text, std::size_t max_bytes) {
  if (text.size() <= max_bytes) return text;
  while (max_bytes > 0 && (static_cast<unsigned char>(text[max_bytes]) & 0xc0) == 0x80) --max_bytes;
  return text.substr(0, max_bytes);
}

// One '@', a dot behind it, nothing strange: not Jira's null, "" or "?" for a hidden address.
bool IsPlausibleEmail(std::string_view text);

}  // namespace tajo::jira
