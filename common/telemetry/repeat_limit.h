#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "common/base/clock.h"

namespace tajo::telemetry {

// Lets the first lines of a message through in each window and counts the rest, so that a vendor that
// is down can't flood the log. A value: no clock, no lock.
class RepeatLimit {
 public:
  struct Options {
    uint32_t lines = 10;
    base::Duration window = std::chrono::seconds(1);
    std::size_t max_messages = 1024;  // beyond: messages share one allowance
  };
  struct Dropped {
    std::string message;
    uint64_t count = 0;
  };

  explicit RepeatLimit(Options options) : options_(options) {}

  bool Admit(std::string_view message, base::MonotonicTime now);
  // What was dropped since the last call, at most once a window.
  std::vector<Dropped> TakeDropped(base::MonotonicTime now);

 private:
  struct Entry {
    base::MonotonicTime begin;
    uint32_t admitted = 0;
    uint64_t dropped = 0;
  };

  Options options_;
  std::unordered_map<std::string, Entry> entries_;
  base::MonotonicTime swept_{};
};

}  // namespace tajo::telemetry
