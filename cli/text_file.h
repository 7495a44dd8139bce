#pragma once

#include <optional>
#include <string>

namespace tajo::cli {

// All of a file; nothing if it can't be read.
std::optional<std::string> ReadTextFile(const std::string& path);

}  // namespace tajo::cli
