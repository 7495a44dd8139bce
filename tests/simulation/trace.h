#pragma once

#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

#include "common/base/clock.h"

namespace tajo::simulation {

// All that happened, in order: its digest tells whether two runs were the same, and its lines show a
// failed schedule to whoever looks for the cause.
class Trace {
 public:
  explicit Trace(const base::Clock& clock, bool print) : clock_(clock), print_(print) {}

  void Add(std::string_view who, std::string_view what) {
    const int64_t now = base::ToMillis(clock_.Now());
    Mix(std::string_view(reinterpret_cast<const char*>(&now), sizeof(now)));
    Mix(who);
    Mix(what);
    if (print_) {
      std::fprintf(stderr, "%10.3f %-10.*s %.*s\n", static_cast<double>(now - start_ms_) / 1000,
                   static_cast<int>(who.size()), who.data(), static_cast<int>(what.size()), what.data());
    }
  }
  uint64_t Digest() const { return digest_; }

 private:
  void Mix(std::string_view bytes) {  // FNV-1a
    for (const char byte : bytes) digest_ = (digest_ ^ static_cast<unsigned char>(byte)) * 0x100000001b3ull;
  }

  const base::Clock& clock_;
  const bool print_;
  const int64_t start_ms_ = base::ToMillis(clock_.Now());
  uint64_t digest_ = 0xcbf29ce484222325ull;
};

}  // namespace tajo::simulation
