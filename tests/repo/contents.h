#pragma once

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace tajo::repo {

inline std::string Contents(const std::filesystem::path& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

}  // namespace tajo::repo
