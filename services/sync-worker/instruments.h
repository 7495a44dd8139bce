#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "common/base/clock.h"
#include "common/base/error.h"

namespace tajo::worker {

// What the worker counts; see docs/operations.md for each metric. Thread-safe.
class Instruments {
 public:
  virtual ~Instruments() = default;
  virtual void IssuesRead(std::string_view sync_type, int64_t count) = 0;
  virtual void EntriesApplied(int64_t count) = 0;
  virtual void MissedWebhooks(int64_t count) = 0;
  virtual void ContactsSettled(std::string_view how, int64_t count) = 0;  // written, unchanged, imported
  virtual void EventsSettled(std::string_view how, int64_t count) = 0;    // sent, ambiguous, resent, found
  virtual void Delivered(base::Duration since_change) = 0;                // Jira's event time to Brevo's acceptance
  virtual void DeadLetter(base::Reason reason) = 0;
  virtual void FieldDropped(std::string_view why) = 0;
  virtual void Registered(std::string_view outcome) = 0;  // dynamic webhooks: see Registration
  // erased, deleted (in Brevo), unsubscribed, reported (to Atlassian), closed and updated (by its answer)
  virtual void People(std::string_view /*what*/, int64_t /*count*/) {}
  // Issues that a census looked into: deleted, hidden, changed (the search hadn't shown it), new, unknown
  virtual void Census(std::string_view /*found*/, int64_t /*count*/) {}
  // Accounts of parked tickets that were looked for: found, not_found
  virtual void Parked(std::string_view /*outcome*/) {}
  // Contacts in Brevo that an audit looked at: compared, mended, left (mended too often already)
  virtual void Audited(std::string_view /*what*/, int64_t /*count*/) {}
  // Of one connection; `connection` is used as a label only with --metrics-per-connection.
  virtual void Backlog(const std::string& connection, int64_t entries, int64_t oldest_age_ms) = 0;
  virtual void SyncProgress(const std::string& connection, double ratio) = 0;
  // Open tickets of a connection by assignee (their hash, never a name), without those of nobody.
  virtual void OpenIssues(const std::string& /*connection*/, const std::map<uint64_t, int64_t>& /*by_assignee*/) {}
  virtual void Leases(int64_t held) = 0;
  virtual void Forget(const std::string& connection) = 0;  // no longer owned here
};

}  // namespace tajo::worker
