#pragma once

#include <cstdint>
#include <string>

#include "tajo/jira/v1/connection.pb.h"
#include "tajo/jira/v1/record.pb.h"

namespace tajo::worker {

// What is known of an issue that we hold and that Jira's search doesn't list. Jira answers 404 for what
// is deleted and for what this account may no longer see.
struct Evidence {
  bool read = false;             // a direct read of many gave it
  bool project_visible = false;  // Jira lists its project to this account
  bool neighbour_read = false;   // a direct read gave another issue of the project in the same census
  bool levels_unused = false;    // no issue of the project has a security level, which would hide single ones
  bool not_found = false;        // a direct read of it alone answered 404
};

enum class Fate {
  kThere,    // as the read shows it: the search was behind, or the issue has left the filters
  kHidden,   // can't be told from one that we lost the permission for: it's no longer shown, and nothing is told
  kDeleted,  // the project is open to us, nothing hides single issues in it, and the issue isn't there
  kUnknown,  // the reads contradict each other: the next census looks again
};

// Two kinds of evidence for a deletion: of the issue (404), and of the permission that would show it
// (its project, its neighbours, no levels). Without the second it is taken to be hidden.
Fate FateOf(const Evidence& evidence);
// Whether the read alone would decide anything.
bool NeedsLoneRead(const Evidence& evidence);

// A project that has vanished as a whole is left as it is until the second census in a row misses it:
// a mistake in its permissions must not empty a list of contacts. `first_missed_ms` 0: not before.
bool ProjectIsGone(int64_t first_missed_ms, int64_t now_ms, int64_t census_every_ms);

// Jira doesn't tell when an issue was deleted: between the last time that it was there for sure and
// now. Close enough for a customer's timeline within two censuses.
bool DeletionIsDated(int64_t last_change_ms, int64_t last_census_ms, int64_t now_ms, int64_t census_every_ms);

// The key of a contact's last ticket, as Brevo shows it; "" where the mapping has none. The records of
// issues don't hold keys.
std::string KeyShownBy(const jira::v1::DesiredContact& desired, const jira::v1::ConnectionConfig& config);

}  // namespace tajo::worker
