#pragma once

#include <chrono>
#include <cstdint>

#include "common/base/bell.h"
#include "common/base/task.h"

namespace tajo::base {

using Duration = std::chrono::nanoseconds;
using WallTime = std::chrono::sys_time<std::chrono::nanoseconds>;

// A point of time that only grows and counts suspended time too (CLOCK_BOOTTIME), for leases,
// deadlines and latencies. Never shown, never stored.
struct MonotonicTime {
  Duration since_boot{};
  auto operator<=>(const MonotonicTime&) const = default;
  MonotonicTime operator+(Duration d) const { return {since_boot + d}; }
  Duration operator-(MonotonicTime other) const { return since_boot - other.since_boot; }
};

inline double InSeconds(Duration duration) {
  return std::chrono::duration<double>(duration).count();
}

// Time and waiting, injected wherever either is needed: tests and the simulation run on a clock
// that moves only when told.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual WallTime Now() const = 0;
  virtual MonotonicTime Monotonic() const = 0;
  // Returns after `duration` or when the bell rings; earlier by cancellation (boost::system::system_error).
  virtual Task<void> Sleep(Duration duration, Bell* bell = nullptr) = 0;
};

// The machine's clock; Sleep waits on the awaiting coroutine's executor. Stateless, thread-safe.
class SystemClock final : public Clock {
 public:
  WallTime Now() const override;
  MonotonicTime Monotonic() const override;
  Task<void> Sleep(Duration duration, Bell* bell = nullptr) override;
};

// Milliseconds since 1970-01-01 UTC: how times stand in Redis and in the stream payload.
int64_t ToMillis(WallTime time);
WallTime FromMillis(int64_t millis);

}  // namespace tajo::base
