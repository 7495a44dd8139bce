#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "common/base/clock.h"
#include "common/base/task.h"
#include "common/redis/client.h"
#include "common/store/connections.h"
#include "common/store/jobs.h"
#include "common/store/owner_store.h"
#include "services/sync-worker/reading/cursors.h"
#include "services/sync-worker/reading/pass_schedule.h"

namespace tajo::worker {

// Starts a connection's own passes when they are due: the incremental ones, and the trailing one hours
// behind, for what Jira's search index showed too late. See pass_schedule.h for when that is.
class Passes {
 public:
  Passes(store::OwnerStore& store, store::Jobs& jobs, redis::Client& redis, const base::Clock& clock)
      : store_(store), jobs_(jobs), redis_(redis), clock_(clock) {}

  // `webhooks_begin`: they have just been registered, and told nothing of what went before.
  // Answers what a person has to mend for the passes to find everything in time; "" where nothing is.
  base::Task<absl::StatusOr<std::string>> Schedule(const store::ConnectionRecord& record, bool webhooks_begin);
  // Nothing could be read for a while: starts an incremental pass, whether one is due or not.
  base::Task<absl::Status> CatchUp();

 private:
  base::Task<absl::Status> NoteBeginnings(const Cursors& cursors, bool webhooks_begin, PassFacts* facts);
  base::Task<absl::Status> Start(store::Job job);

  store::OwnerStore& store_;
  store::Jobs& jobs_;
  redis::Client& redis_;
  const base::Clock& clock_;
};

}  // namespace tajo::worker
