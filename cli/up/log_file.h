#pragma once

#include <cstddef>
#include <fstream>
#include <string>
#include <string_view>

namespace tajo::cli {

// A program's log: NAME.log, the older ones NAME.log.1 (the newest) to NAME.log.5. Begun anew when it is
// opened, and when it has grown to `largest` bytes.
class LogFile {
 public:
  static constexpr std::size_t kLargest = std::size_t{64} * 1024 * 1024;

  explicit LogFile(std::string path, std::size_t largest = kLargest);

  void Write(std::string_view line);
  const std::string& Path() const { return path_; }

 private:
  void BeginAnew();

  const std::string path_;
  const std::size_t largest_;
  std::ofstream file_;
  std::size_t size_ = 0;
};

}  // namespace tajo::cli
