#pragma once

#include <cstdint>

namespace tajo::telemetry {

struct ProcessStats {
  uint64_t resident_bytes = 0;
  double cpu_seconds = 0;  // user and system
  uint64_t open_descriptors = 0;
  double start_time_seconds = 0;  // since 1970
};

// From /proc; what can't be read there is 0.
ProcessStats ReadProcessStats();

}  // namespace tajo::telemetry
