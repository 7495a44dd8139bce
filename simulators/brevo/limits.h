#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "common/base/clock.h"
#include "simulators/brevo/options.h"

namespace tajo::brevo_sim {

enum class Bucket { kContacts, kEvents, kOther };
inline constexpr std::size_t kBuckets = 3;

// One account's rate limits: fixed windows, as Brevo counts.
class Limits {
 public:
  explicit Limits(const Options& options);

  struct Count {
    int64_t limit = 0;
    int64_t remaining = 0;
    int64_t reset_seconds = 0;
    bool exceeded = false;
  };
  // Counts one call; nothing when limits are off.
  std::optional<Count> Take(Bucket bucket, base::MonotonicTime now);

 private:
  struct Window {
    int64_t limit = 0;
    base::Duration period{};
    base::MonotonicTime begin{};
    int64_t taken = 0;
  };
  bool off_;
  std::array<Window, kBuckets> windows_;
};

}  // namespace tajo::brevo_sim
