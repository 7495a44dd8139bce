#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/base/random.h"
#include "common/base/task.h"
#include "common/redis/client.h"
#include "common/store/ids.h"
#include "common/store/owner_store.h"

namespace tajo::store {

// Who owns which connection. A lease lives `ttl`; its owner renews it every third of that.
class Leases {
 public:
  // `pool`: the workers that share the same connections; heartbeats count within it. Empty: those of all.
  Leases(redis::Client& redis, base::Random& random, std::string worker_id, std::chrono::milliseconds ttl,
         std::string pool = {});

  // The token if it is ours now; nullopt if somebody else has it. A lease whose answer was lost
  // (REDIS_AMBIGUOUS) expires by itself.
  base::Task<absl::StatusOr<std::optional<LeaseToken>>> Acquire(std::string connection_id);
  // Extends the lease and tells the backlog in the same call; LEASE_LOST if it isn't ours.
  base::Task<absl::StatusOr<OwnerBacklog>> Renew(std::string connection_id, LeaseToken lease);
  // Gives it up; what is in hand then doesn't count as a crash. LEASE_LOST if it wasn't ours.
  base::Task<absl::Status> Release(std::string connection_id, LeaseToken lease);

  // Announces this worker as alive; answers how many workers of its pool are (heartbeats younger than half of `ttl`, so
  // that a dead worker no longer counts when its leases expire).
  base::Task<absl::StatusOr<int64_t>> Heartbeat();
  base::Task<absl::Status> Leave();
  // May name some whose creation or deletion broke off: CONNECTION_NOT_FOUND tells.
  base::Task<absl::StatusOr<std::vector<std::string>>> AllConnections();

  const std::string& WorkerId() const { return worker_id_; }
  std::chrono::milliseconds Ttl() const { return ttl_; }

 private:
  redis::Client& redis_;
  base::Random& random_;
  std::string worker_id_;
  std::chrono::milliseconds ttl_;
  std::string workers_key_;
};

}  // namespace tajo::store
