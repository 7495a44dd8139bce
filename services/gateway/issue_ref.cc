#include "services/gateway/issue_ref.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>

#include "common/base/error.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::gateway {

std::optional<std::string> IssueKey(std::string key) {
  std::transform(key.begin(), key.end(), key.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  const std::size_t dash = key.find('-');
  if (dash == std::string::npos || dash == 0 || dash + 1 == key.size() || key.size() > 100) return std::nullopt;
  const bool project = std::isalpha(static_cast<unsigned char>(key[0])) != 0 &&
                       std::all_of(key.begin(), key.begin() + static_cast<std::ptrdiff_t>(dash),
                                   [](unsigned char c) { return std::isalnum(c) != 0 || c == '_'; });
  const bool number = std::all_of(key.begin() + static_cast<std::ptrdiff_t>(dash) + 1, key.end(),
                                  [](unsigned char c) { return std::isdigit(c) != 0; });
  if (!project || !number) return std::nullopt;
  return key;
}

absl::StatusOr<IssueRef> ReadIssueRef(const std::string& text, std::string_view field) {
  IssueRef ref;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), ref.id);
  const bool is_id = error == std::errc() && end == text.data() + text.size() && ref.id > 0;
  if (is_id) return ref;
  ref.id = 0;
  const auto key = IssueKey(text);
  if (!key) {
    return base::FieldError(jira::v1::REQUEST_INVALID, field,
                            fmt::format("{} isn't an issue's key like SUPPORT-42, nor its id", field));
  }
  ref.key = *key;
  return ref;
}

}  // namespace tajo::gateway
