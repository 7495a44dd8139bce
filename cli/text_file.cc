#include "cli/text_file.h"

#include <fstream>
#include <iterator>

namespace tajo::cli {

std::optional<std::string> ReadTextFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  std::string text(std::istreambuf_iterator<char>(file), {});
  if (file.bad()) return std::nullopt;
  return text;
}

}  // namespace tajo::cli
