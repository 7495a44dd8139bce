#pragma once

#include <string>

#include "common/base/clock.h"
#include "common/retry/token_bucket.h"
#include "services/webhook-ingest/recent_cache.h"

namespace tajo::ingest {

// How many hints a connection may be given: each makes its owner read an issue again, at the cost of
// the app's quota. Sixty at once, then one a second, on each loop.
class HintBudget {
 public:
  explicit HintBudget(const base::Clock& clock) : clock_(clock), buckets_(kConnections) {}

  bool Take(const std::string& connection_id) {
    const base::MonotonicTime now = clock_.Monotonic();
    std::shared_ptr<retry::TokenBucket> bucket = buckets_.Find(connection_id);
    if (bucket == nullptr) {
      bucket = std::make_shared<retry::TokenBucket>(kPerSecond, kAtOnce, now);
      buckets_.Put(connection_id, bucket);
    }
    return bucket->TryTake(1, now) == base::Duration::zero();
  }

 private:
  static constexpr std::size_t kConnections = 1'024;
  static constexpr double kPerSecond = 1;
  static constexpr double kAtOnce = 60;

  const base::Clock& clock_;
  RecentCache<retry::TokenBucket> buckets_;
};

}  // namespace tajo::ingest
