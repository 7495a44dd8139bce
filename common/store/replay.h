#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/base/task.h"
#include "common/redis/client.h"
#include "common/store/overview.h"
#include "common/store/tombstones.h"

namespace tajo::store {

enum class ReplayOutcome {
  kReplayed,    // back where it came from
  kDone,        // removed: its event is sent or queued, or its contact isn't here any more
  kErased,      // removed: of a person who is erased
  kUnreadable,  // stays: the payload isn't what its kind says
  kTooOld,      // stays: an event that the ledger may have forgotten
  kGone,        // somebody else has replayed or removed it
  kFull,        // stays: no room in `events`
};

struct ReplayOptions {
  int64_t now_ms = 0;
  int ledger_days = 30;
  int64_t high_water = 0;  // of `events`; 0: as intake has it
  bool dry_run = false;    // says what would be done, and does nothing
};

struct ReplayResult {
  std::vector<ReplayOutcome> outcomes;  // one for each letter
  std::string owner_worker;             // who to wake; empty if nobody owns the connection
};

// Puts dead letters back, each together with its removal: events to the end of `events`, contacts to
// `dirty`, timeline events to `outbox`. Needs no lease: whatever the owner does meanwhile, a letter is
// replayed once, and an event that the ledger has as sent isn't sent again. Some hundred a call. After
// REDIS_AMBIGUOUS the same call finds what was done gone.
base::Task<absl::StatusOr<ReplayResult>> ReplayDeadLetters(redis::Client& redis, std::string connection_id,
                                                           Tombstones tombstones, std::vector<DeadLetter> letters,
                                                           ReplayOptions options);

}  // namespace tajo::store
