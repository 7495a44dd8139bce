#include "common/jira/text.h"

namespace tajo::jira {

bool IsPlausibleEmail(std::string_view text) {
  if (text.size() < 6 || text.size() > 254) return false;
  for (const char c : text) {
    if (static_cast<unsigned char>(c) <= ' ' || c == '\x7f' || c == ',' || c == ';' || c == '<' || c == '>')
      return false;
  }
  const std::size_t at = text.find('@');
  if (at == 0 || at == std::string_view::npos || text.find('@', at + 1) != std::string_view::npos) return false;
  const std::string_view domain = text.substr(at + 1);
  const std::size_t dot = domain.rfind('.');
  return dot != std::string_view::npos && dot > 0 && domain.front() != '.' && domain.back() != '.';
}

}  // namespace tajo::jira
