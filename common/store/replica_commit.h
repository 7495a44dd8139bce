#pragma once

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "common/base/task.h"
#include "common/redis/client.h"

namespace tajo::store {

// Waits until replicas have what was written (WAIT). That holds up its Redis connection, so one serves all
// that were written before it began: group commit. It follows a write of its own in the same turn, hence on
// the same connection: its acknowledgement covers everything that this master took before. What was written
// to a master that fails over before the WAIT may still be lost. In a Cluster it asks one node only. Used from
// one loop.
class ReplicaCommit {
 public:
  // 0 replicas: Join returns at once.
  ReplicaCommit(redis::Client& redis, int replicas) : redis_(redis), replicas_(replicas) {}

  // `key`: a hash of who asks; it gets a field "commits". REDIS_UNAVAILABLE if too few replicas answered
  // within a second.
  base::Task<absl::Status> Join(std::string key);

 private:
  struct Group;

  redis::Client& redis_;
  int replicas_;
  std::shared_ptr<Group> last_;  // the last one begun or gathering; shared with those who wait
};

}  // namespace tajo::store
