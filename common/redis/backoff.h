#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "common/base/random.h"
#include "common/redis/open.h"

namespace tajo::redis {

// How long to wait after so many failures in a row (from 0): doubling, between half and all of it.
inline std::chrono::nanoseconds BackoffAfter(int failures, const Options& options, base::Random& random) {
  using std::chrono::nanoseconds;
  const nanoseconds doubled = nanoseconds(options.backoff_min) * (int64_t{1} << std::min(failures, 16));
  const nanoseconds delay = std::min(nanoseconds(options.backoff_max), doubled);
  return nanoseconds(static_cast<int64_t>(static_cast<double>(delay.count()) * (0.5 + 0.5 * random.Fraction())));
}

}  // namespace tajo::redis
