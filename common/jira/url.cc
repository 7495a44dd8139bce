#include "common/jira/url.h"

#include <utility>

namespace tajo::jira {
namespace {

bool IsUnreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
         c == '_' || c == '~';
}

}  // namespace

std::string PercentEncode(std::string_view text) {
  static constexpr char kDigits[] = "0123456789ABCDEF";
  std::string out;
  out.reserve(text.size() + 8);
  for (const char c : text) {
    if (IsUnreserved(c)) {
      out.push_back(c);
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out.push_back('%');
    out.push_back(kDigits[byte >> 4]);
    out.push_back(kDigits[byte & 0xf]);
  }
  return out;
}

PathBuilder& PathBuilder::Add(std::string_view name, std::string_view value) {
  path_.push_back(std::exchange(separator_, '&'));
  path_.append(name);
  path_.push_back('=');
  path_.append(PercentEncode(value));
  return *this;
}

std::string NormaliseBaseUrl(std::string_view url) {
  while (!url.empty() && url.back() == '/') url.remove_suffix(1);
  std::string out(url);
  if (out.find("://") == std::string::npos) out.insert(0, "https://");
  return out;
}

}  // namespace tajo::jira
