#pragma once

#include <atomic>
#include <cstddef>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace tajo::telemetry {

// Why a process isn't ready: a set of named conditions ("starting", "redis", "draining"). It is ready
// while the set is empty, and begins with "starting" in it. Thread-safe.
class Health {
 public:
  Health();

  // `detail` says more in a few words, without secrets.
  void NotReady(std::string_view condition, std::string_view detail = {});
  void Ready(std::string_view condition);

  bool IsReady() const { return unmet_count_.load(std::memory_order_acquire) == 0; }
  // "redis: connection refused", sorted.
  std::vector<std::string> Reasons() const;

 private:
  mutable std::mutex mutex_;
  std::map<std::string, std::string, std::less<>> unmet_;
  std::atomic<std::size_t> unmet_count_;
};

}  // namespace tajo::telemetry
