#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/store/owner_store.h"
#include "tajo/jira/v1/event.pb.h"
#include "tajo/jira/v1/record.pb.h"

namespace tajo::store {

// An entry of `people`.
struct PersonEntry {
  std::string entry_id;
  jira::v1::Event event;  // PersonErasure or PersonUnsubscribed; neither if it can't be read
};

struct FinishedPerson {
  std::string entry_id;
  std::optional<ContactId> deleted;  // nothing has to be deleted in Brevo for it any more
  std::string request_id;            // who waits for `report`; empty: nobody
  jira::v1::ErasureReport report;
};

// What entries of `people` come to, made true together with their end.
struct PeopleOutcome {
  std::vector<FinishedPerson> finished;
  std::vector<ContactId> unsubscribed;
  std::vector<jira::v1::Event> follow_ups;   // further entries
  std::vector<std::string> erased_accounts;  // of Jira
};

// What people are asked for: to be erased, or to be put into no list any more. Read and ended by the
// connection's owner; entries are ended in any order.
class People {
 public:
  // `owner` outlives it.
  People(redis::Client& redis, OwnerStore& owner) : redis_(redis), owner_(owner) {}

  // The oldest entries behind that one ("": from the beginning).
  base::Task<absl::StatusOr<std::vector<PersonEntry>>> Read(int count, std::string after_entry_id);
  base::Task<absl::Status> Finish(PeopleOutcome outcome);
  // An entry of our own; a repetition is harmless.
  base::Task<absl::Status> Add(jira::v1::Event event);

 private:
  redis::Client& redis_;
  OwnerStore& owner_;
};

// The report of a finished erasure; nothing while it isn't finished, and after a day.
base::Task<absl::StatusOr<std::optional<jira::v1::ErasureReport>>> ReadErasureReport(redis::Client& redis,
                                                                                     std::string connection_id,
                                                                                     std::string request_id);

// Which accounts of an app may be reported to Atlassian now. For each: "" (nobody has within `cycle_ms`: it
// is claimed in this call), or "<when, in ms> <what was answered>". `key` is of the app, not of a connection.
base::Task<absl::StatusOr<std::vector<std::string>>> ClaimAccounts(redis::Client& redis, std::string key,
                                                                   std::vector<std::string> accounts, int64_t now_ms,
                                                                   int64_t cycle_ms);

}  // namespace tajo::store
