#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "common/base/task.h"
#include "common/redis/client.h"
#include "common/store/ids.h"
#include "common/store/overview.h"
#include "tajo/jira/v1/event.pb.h"
#include "tajo/jira/v1/record.pb.h"

// Looks at what a connection's owner works with, from beside it: only reads, and so may be a moment old.
namespace tajo::store {

// Entries of `events`, oldest first, after that one ("": from the beginning); what can't be read is an
// event without a body.
base::Task<absl::StatusOr<std::vector<std::pair<std::string, jira::v1::Event>>>> PeekEvents(redis::Client& redis,
                                                                                            std::string connection_id,
                                                                                            int count,
                                                                                            std::string after_entry_id);

// The newest dead letters first.
base::Task<absl::StatusOr<std::vector<DeadLetter>>> NewestDeadLetters(redis::Client& redis, std::string connection_id,
                                                                      int count);

struct ContactGlimpse {
  bool here = false;   // it has a state
  bool known = false;  // in Brevo
  bool dirty = false;
  bool backfill = false;  // dirty, behind all live ones
  bool in_flight = false;
  bool stale = false;  // its last ticket is to be re-read
  bool unsubscribed = false;
  int64_t written_ms = 0;
  int64_t last_ticket = 0;  // of its tickets the one that ranks highest; 0: none
  int64_t last_rank_ms = 0;
};
base::Task<absl::StatusOr<ContactGlimpse>> PeekContact(redis::Client& redis, std::string connection_id,
                                                       ContactId contact);

// What the ledger has of each event: q queued, s sending, d sent, h held, x given up; '\0': it doesn't know it.
base::Task<absl::StatusOr<std::vector<char>>> PeekLedger(redis::Client& redis, std::string connection_id,
                                                         std::vector<jira::v1::OutboxEvent> events);

struct QuarantineGlimpse {
  int64_t bodies = 0;
  int64_t newest_ms = 0;
};
base::Task<absl::StatusOr<QuarantineGlimpse>> PeekQuarantine(redis::Client& redis, std::string connection_id);

// When an entry of a stream was put, from its id.
int64_t EntryMillis(const std::string& entry_id);

}  // namespace tajo::store
