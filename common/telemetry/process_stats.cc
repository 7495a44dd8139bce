#include "common/telemetry/process_stats.h"

#include <dirent.h>
#include <sys/resource.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <limits>
#include <sstream>
#include <string>

namespace tajo::telemetry {
namespace {

std::string ReadFile(const char* path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

uint64_t ResidentBytes() {
  std::istringstream fields(ReadFile("/proc/self/statm"));
  uint64_t total_pages = 0;
  uint64_t resident_pages = 0;
  fields >> total_pages >> resident_pages;
  return resident_pages * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
}

double CpuSeconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

uint64_t OpenDescriptors() {
  DIR* folder = opendir("/proc/self/fd");
  if (folder == nullptr) return 0;
  uint64_t entries = 0;
  while (readdir(folder) != nullptr) ++entries;
  closedir(folder);
  return entries < 3 ? 0 : entries - 3;  // ".", ".." and the folder's own descriptor
}

double StartTime() {
  // The name in the second field may hold spaces and parentheses; the fields after its end don't.
  const std::string stat = ReadFile("/proc/self/stat");
  const std::size_t name_end = stat.rfind(')');
  if (name_end == std::string::npos) return 0;
  std::istringstream fields(stat.substr(name_end + 1));
  std::string field;
  for (int number = 3; number < 22; ++number) fields >> field;
  double start_ticks = 0;
  fields >> start_ticks;  // field 22: after boot

  std::ifstream kernel("/proc/stat");
  std::string word;
  double boot_seconds = 0;
  while (kernel >> word) {
    if (word == "btime") {
      kernel >> boot_seconds;
      break;
    }
    kernel.ignore(std::numeric_limits<std::streamsize>::max(), '\n');
  }
  return boot_seconds + start_ticks / static_cast<double>(sysconf(_SC_CLK_TCK));
}

}  // namespace

ProcessStats ReadProcessStats() {
  static const double start_time = StartTime();
  return {ResidentBytes(), CpuSeconds(), OpenDescriptors(), start_time};
}

}  // namespace tajo::telemetry
