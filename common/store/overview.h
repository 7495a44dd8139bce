#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/base/task.h"
#include "common/redis/client.h"
#include "tajo/jira/v1/record.pb.h"

namespace tajo::store {

// What GetStatus tells, read in one round trip.
struct ConnectionOverview {
  int64_t events = 0, dirty = 0, outbox = 0, dead_letters = 0, quarantined = 0;
  int64_t issues_tracked = 0, contacts_known = 0, tickets_without_contact = 0, missed_webhooks = 0;
  int64_t projects = 0;
  int64_t last_sync_ms = 0, last_webhook_ms = 0;
  // The last webhook that wasn't authentic, and why (refusal_note.h). 0 and "" where none came, or an authentic
  // one was stored later.
  int64_t last_refused_ms = 0;
  std::string last_refused_why;
};

// Names in `counters` (added to by Apply, by the settle script, by intake and by NoteRefusal) and in `cursors`.
inline constexpr char kCounterIssues[] = "issues";                   // live records; kept by the apply script
inline constexpr char kCounterWithoutContact[] = "without_contact";  // live, admitted, no contact; same
inline constexpr char kCounterContacts[] = "contacts";               // known in Brevo; kept by Settle
inline constexpr char kCounterMissedWebhooks[] = "missed_webhooks";
inline constexpr char kCounterLastWebhook[] = "last_webhook_ms";  // set by intake
inline constexpr char kCounterLastRefused[] = "last_refused_ms";  // this and the next are set by NoteRefusal
inline constexpr char kCounterLastRefusedWhy[] = "last_refused_why";
inline constexpr char kCursorLastSync[] = "last_sync_ms";
inline constexpr char kCursorIncremental[] = "incremental_ms";
inline constexpr char kCursorLastPass[] = "last_pass_ms";  // when all changes were last read
inline constexpr char kCursorProjects[] = "projects";
inline constexpr char kCursorTrailing[] = "trailing_ms";             // up to here the trailing pass has read
inline constexpr char kCursorCensus[] = "census_ms";                 // when the last census ended
inline constexpr char kCursorTried[] = "tried_ms";                   // when a scheduled pass failed for good
inline constexpr char kCursorTrouble[] = "pass_trouble";             // why; empty once one has passed
inline constexpr char kCursorWebhooksFrom[] = "webhooks_from_ms";    // since then they should tell all; 0: none do
inline constexpr char kCursorWebhookMissed[] = "webhook_missed_ms";  // when a pass last found what they didn't
inline constexpr char kCursorCleanPasses[] = "clean_passes";         // passes in a row that found no such thing
inline constexpr char kCursorHiddenProjects[] = "hidden_projects";   // keys with commas: see Rules::HiddenProjects
inline constexpr char kCursorHiddenSince[] = "hidden_since_ms";

base::Task<absl::StatusOr<ConnectionOverview>> ReadOverview(redis::Client& redis, std::string connection_id);

struct DeadLetter {
  std::string entry_id;
  jira::v1::DeadLetterRecord record;
};
// Oldest first, after that entry ("" for the first page).
base::Task<absl::StatusOr<std::vector<DeadLetter>>> ReadDeadLetters(redis::Client& redis, std::string connection_id,
                                                                    int count, std::string after_entry_id);
// Those in the reply of XRANGE and its like on `dead`.
std::vector<DeadLetter> LettersIn(const redis::Reply& entries);
// Whether that entry of a stream came behind the other: ids are "<ms>-<number>".
bool IsLaterEntry(const std::string& entry_id, const std::string& than);

}  // namespace tajo::store
