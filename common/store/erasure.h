#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "common/base/task.h"
#include "common/redis/client.h"
#include "common/store/ids.h"

namespace tajo::store {

// Erases a person from a connection and keeps them erased: what comes later has no contact (see
// OwnerStore::Apply). Gone are their state, tickets' link, pending timeline events, dead letters, user
// entries, and all of the quarantine, whose bodies are sealed. The ledger keeps hashes only; events
// not applied yet are applied without the contact. Needs no lease and may be repeated; a write to Brevo
// that is in flight is not stopped: delete the contact there afterwards.
// True if anything of them was there, or they had been erased before.
base::Task<absl::StatusOr<bool>> Erase(redis::Client& redis, std::string connection_id, ContactId contact);

}  // namespace tajo::store
