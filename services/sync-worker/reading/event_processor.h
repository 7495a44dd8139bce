#pragma once

#include <map>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "common/deciding/decide.h"
#include "common/store/milestone_log.h"
#include "common/store/owner_store.h"
#include "common/telemetry/log.h"
#include "services/sync-worker/instruments.h"
#include "services/sync-worker/reading/issue_source.h"
#include "services/sync-worker/reading/milestones.h"
#include "services/sync-worker/reading/user_directory.h"

namespace tajo::worker {

// Takes entries of the `events` stream, decides them and applies what follows together with their
// acknowledgement: steps 2 and 3 of the life of a change (docs/architecture.md).
class EventProcessor {
 public:
  EventProcessor(store::OwnerStore& store, store::MilestoneLog& known, IssueSource& source, UserDirectory& users,
                 Milestones& milestones, const deciding::Rules& rules, base::Clock& clock, telemetry::Logger& log,
                 Instruments& instruments);

  struct Outcome {
    int64_t applied = 0;     // entries
    int64_t left = 0;        // entries that wait for Jira
    bool contacts = false;   // something became dirty or stale
    bool events = false;     // something came into the outbox
    bool campaigns = false;  // one was planned
  };
  // One batch from the head of the stream. An error of Jira leaves the entries that need it and
  // applies the others; it is returned only if nothing could be applied.
  base::Task<absl::StatusOr<Outcome>> ProcessOnce();

  // Contacts whose last ticket has gone: re-reads the next one, or clears what it had filled.
  base::Task<absl::StatusOr<Outcome>> SettleStale();

 private:
  struct Batch;
  struct MilestoneWork;

  base::Task<absl::StatusOr<Outcome>> ProcessTaken();
  base::Task<absl::Status> Load(Batch* batch);
  base::Task<absl::Status> LoadReads(Batch* batch);
  base::Task<absl::Status> LoadMilestone(Batch* batch, std::size_t index);
  base::Task<absl::Status> LoadUsers(Batch* batch);
  void DecideInto(Batch* batch, std::size_t index, store::Application* application);
  base::Task<absl::StatusOr<store::Applied>> Apply(store::Application application);
  void AddMilestones(Batch* batch, store::Application* application);
  // What polls found and no webhook had brought.
  base::Task<void> CountMissed(const Batch& batch, const store::Applied& applied);

  store::OwnerStore& store_;
  store::MilestoneLog& known_;
  IssueSource& source_;
  UserDirectory& users_;
  Milestones& milestones_;
  const deciding::Rules& rules_;
  base::Clock& clock_;
  telemetry::Logger& log_;
  Instruments& instruments_;
  std::map<std::string, base::MonotonicTime> postponed_;  // entries of milestones that couldn't be searched for
};

}  // namespace tajo::worker
