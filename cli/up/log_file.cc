#include "cli/up/log_file.h"

#include <fmt/format.h>

#include <filesystem>
#include <system_error>
#include <utility>

namespace tajo::cli {
namespace {

constexpr int kOlder = 5;

}  // namespace

LogFile::LogFile(std::string path, std::size_t largest) : path_(std::move(path)), largest_(largest) {
  BeginAnew();
}

void LogFile::BeginAnew() {
  file_.close();
  std::error_code ignored;  // a missing older one is no fault
  for (int i = kOlder; i > 1; --i) {
    std::filesystem::rename(fmt::format("{}.{}", path_, i - 1), fmt::format("{}.{}", path_, i), ignored);
  }
  std::filesystem::rename(path_, path_ + ".1", ignored);
  file_.open(path_, std::ios::binary | std::ios::trunc);
  size_ = 0;
}

void LogFile::Write(std::string_view line) {
  if (size_ > 0 && size_ + line.size() >= largest_) BeginAnew();
  file_ << line << '\n' << std::flush;
  size_ += line.size() + 1;
}

}  // namespace tajo::cli
