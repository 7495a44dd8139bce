#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/store/owner_store.h"
#include "tajo/jira/v1/event.pb.h"

namespace tajo::store {

// What polls of Jira remember, as hashes of the connection and as cursors.
inline constexpr char kSeenVersions[] = "versions";
inline constexpr char kSeenSprints[] = "sprints";
inline constexpr char kCursorVersions[] = "versions_polled_ms";      // the last look
inline constexpr char kCursorSprints[] = "sprints_polled_ms";        // the last look
inline constexpr char kCursorSprintsWhole[] = "sprints_whole_ms";    // the last look at all of them
inline constexpr char kCursorWorklogs[] = "worklogs_until_ms";       // Jira's word, where the next look begins
inline constexpr char kCursorWorklogsLook[] = "worklogs_polled_ms";  // the last look

// What a poll saw, and what follows from it.
struct Polled {
  std::vector<jira::v1::Event> events;         // for the stream
  std::map<std::string, std::string> cursors;  // set
  std::string hash;                            // of what was seen; empty: nothing is to be remembered
  bool forget = false;                         // all that the hash holds, first
  std::map<std::string, std::string> seen;     // set
  std::vector<std::string> gone;               // removed
};

class PollStore {
 public:
  // `owner` outlives it.
  PollStore(redis::Client& redis, OwnerStore& owner) : redis_(redis), owner_(owner) {}

  base::Task<absl::StatusOr<std::map<std::string, std::string>>> Seen(std::string hash);
  // All of it at once. A repetition appends the events again: whoever decides them knows them by their uids.
  base::Task<absl::Status> Put(Polled polled);

 private:
  redis::Client& redis_;
  OwnerStore& owner_;
};

}  // namespace tajo::store
