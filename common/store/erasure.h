#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/base/task.h"
#include "common/redis/client.h"
#include "common/store/ids.h"
#include "common/store/tombstones.h"

namespace tajo::store {

struct ErasureOrder {
  ContactId contact;
  std::string account_id;     // of Jira, if it is known; what is found here is added
  int64_t undo_since_ms = 0;  // undo what we wrote to Brevo since then; 0: whatever we wrote
  bool operator==(const ErasureOrder&) const = default;
};

struct Erased {
  bool found = false;       // anything of them was here, or they had been erased before
  bool in_flight = false;   // a write to Brevo may be under way
  bool has_events = false;  // timeline events of theirs were pending
  // The contact has to be deleted in Brevo, once no write is under way; remembered until
  // People::Finish says that it was.
  bool delete_in_brevo = false;
};

// Erases people from a connection and keeps them erased: what comes later has no contact (see
// OwnerStore::Apply), nor does another contact of the same Jira account. Gone are their state, tickets'
// link, pending timeline events, dead letters, user entries, and all of the quarantine, whose bodies are
// sealed. The ledger keeps hashes only; events not applied yet are applied without the contact. Needs no
// lease and may be repeated. A result for each order.
base::Task<absl::StatusOr<std::vector<Erased>>> Erase(redis::Client& redis, std::string connection_id,
                                                      Tombstones tombstones, std::vector<ErasureOrder> orders,
                                                      int64_t now_ms);

// Whether the contact, or the Jira account that it stands for, is erased.
base::Task<absl::StatusOr<bool>> IsErased(redis::Client& redis, std::string connection_id, Tombstones tombstones,
                                          ContactId contact, std::string account_id);

// The e-mails under which Jira accounts are known here: of contacts, by a scan of all of them, and of users.
base::Task<absl::StatusOr<std::set<std::string>>> EmailsOfAccounts(redis::Client& redis, std::string connection_id,
                                                                   std::set<std::string> account_ids);

// Nothing of these accounts' links to contacts, and none of their tickets that wait for one.
base::Task<absl::Status> ForgetAccounts(redis::Client& redis, std::string connection_id,
                                        std::set<std::string> account_ids);

// The Jira accounts whose data is held here: of contacts, of users, linked to a contact or waiting for one.
base::Task<absl::StatusOr<std::set<std::string>>> AccountsHeld(redis::Client& redis, std::string connection_id);

}  // namespace tajo::store
