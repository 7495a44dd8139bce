#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "common/base/clock.h"
#include "common/base/task.h"
#include "common/redis/client.h"

namespace tajo::store {

// One caller's wish for an issue, as an idempotency key names it.
struct CreationWish {
  std::string connection_id;
  std::string name;         // hash of the idempotency key
  std::string fingerprint;  // hash of what is wished for
  std::string token;        // of the call at hand
};

struct BegunCreation {
  enum class Turn {
    kGo,     // this call's, until it ends it or `hold` is over
    kWait,   // another call is at it
    kDone,   // the issue is there
    kOther,  // the key stands for another wish
  };
  Turn turn = Turn::kGo;
  int64_t sent_ms = 0;  // kGo: an earlier call sent it then, and nobody knows what came of it; 0: never sent
  int64_t issue_id = 0;
  std::string issue_key;
};

// Issues that are created in Jira at most once for each idempotency key: what is on its way is noted here
// before it is sent. A creation is remembered for two days.
class Creations {
 public:
  Creations(redis::Client& redis, const base::Clock& clock) : redis_(redis), clock_(clock) {}

  base::Task<absl::StatusOr<BegunCreation>> Begin(CreationWish wish, std::chrono::milliseconds hold);
  // Before each try to send it; false: another call took over, don't send.
  base::Task<absl::StatusOr<bool>> Sending(CreationWish wish);
  base::Task<absl::Status> Done(CreationWish wish, int64_t issue_id, std::string issue_key);
  // Another call may go on with it.
  base::Task<absl::Status> Release(CreationWish wish);
  // Surely nothing was created.
  base::Task<absl::Status> Forget(CreationWish wish);

 private:
  base::Task<absl::StatusOr<bool>> Move(CreationWish wish, redis::Args verb);

  redis::Client& redis_;
  const base::Clock& clock_;
};

}  // namespace tajo::store
