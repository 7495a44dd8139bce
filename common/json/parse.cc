#include "common/json/parse.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "tajo/jira/v1/error.pb.h"

namespace tajo::json {
namespace {

// Whether `text` nests deeper than allowed. Exact for JSON; for anything else the parser stops before
// it matters. The library has no limit of its own, and what walks a document is recursive.
bool IsTooDeep(std::string_view text, int max_depth) {
  int depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char character = text[i];
    if (in_string) {
      if (character == '\\') ++i;
      if (character == '"') in_string = false;
    } else if (character == '"') {
      in_string = true;
    } else if (character == '{' || character == '[') {
      if (++depth > max_depth) return true;
    } else if (character == '}' || character == ']') {
      --depth;
    }
  }
  return false;
}

}  // namespace

absl::StatusOr<nlohmann::json> ParseJson(std::string_view text, base::Reason reason, ParseLimits limits) {
  if (text.size() > limits.max_bytes) {
    return base::Error(reason, fmt::format("JSON of {} bytes, more than {}", text.size(), limits.max_bytes));
  }
  // The parser takes a zero byte for the end and would ignore what follows.
  if (const std::size_t zero = text.find('\0'); zero != std::string_view::npos) {
    return base::Error(reason, fmt::format("not JSON: a zero byte at byte {}", zero));
  }
  if (IsTooDeep(text, limits.max_depth)) {
    return base::Error(reason, fmt::format("JSON nested deeper than {} levels", limits.max_depth));
  }
  // The exceptions' own texts quote the document.
  try {
    return nlohmann::json::parse(text);
  } catch (const nlohmann::json::parse_error& error) {
    if (text.empty()) return base::Error(reason, "not JSON: empty");
    return base::Error(reason, fmt::format("not JSON: wrong or cut short at byte {} of {}", error.byte, text.size()));
  } catch (const nlohmann::json::exception&) {
    return base::Error(reason, "not JSON: a number is out of range");
  }
}

absl::StatusOr<nlohmann::json> ParseJson(std::string_view text) {
  return ParseJson(text, jira::v1::REQUEST_INVALID);
}

}  // namespace tajo::json
