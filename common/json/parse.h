#pragma once

#include <cstddef>
#include <nlohmann/json_fwd.hpp>
#include <string_view>

#include "absl/status/statusor.h"
#include "common/base/error.h"

namespace tajo::json {

struct ParseLimits {
  std::size_t max_bytes = std::size_t{64} * 1024 * 1024;
  int max_depth = 200;  // objects and arrays inside each other
};

// One JSON document, all of `text`. The error has the given reason and says where the text stops being
// JSON, never what it holds. A key that stands twice in an object has its last value.
absl::StatusOr<nlohmann::json> ParseJson(std::string_view text, base::Reason reason, ParseLimits limits = {});
// The same with REQUEST_INVALID.
absl::StatusOr<nlohmann::json> ParseJson(std::string_view text);

}  // namespace tajo::json
