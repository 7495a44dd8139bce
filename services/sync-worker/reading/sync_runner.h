#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "common/base/clock.h"
#include "common/deciding/rules.h"
#include "common/jira/client.h"
#include "common/store/jobs.h"
#include "common/store/owner_store.h"
#include "common/telemetry/log.h"
#include "services/sync-worker/instruments.h"
#include "services/sync-worker/reading/cursors.h"
#include "services/sync-worker/reading/issue_source.h"
#include "services/sync-worker/reading/project_sight.h"
#include "services/sync-worker/reading/user_directory.h"

namespace tajo::worker {

// Where a sync stands between two pages; kept in the job, so that another owner goes on from there.
struct Checkpoint {
  std::string jql;         // of the walk over the pages; a page token belongs to it
  std::string page_token;  // of the next page; lives 7 days at Jira
  int64_t started_ms = 0;  // by our clock, when the first page was asked for
  int64_t built_ms = 0;    // when jql was: its times are relative
  int64_t reached_ms = 0;  // created (full) or updated (incremental) of the last issue applied
  bool pages_done = false;
  int64_t missed = 0;  // events that webhooks should have brought and didn't

  std::string ToJson() const;
  static Checkpoint FromJson(const std::string& text);
};

// Runs the syncs of one connection: a full one reads every ticket that the filters admit, an
// incremental one those that changed since the cursor (or within its window), with the histories and
// comments of those that no read has covered yet.
class SyncRunner {
 public:
  struct Parts {
    std::string connection_id;
    store::OwnerStore& store;
    store::Jobs& jobs;
    jira::Client& jira;
    IssueSource& source;
    UserDirectory& users;
    const deciding::Rules& rules;
    ProjectSight& sight;
    base::Clock& clock;
    telemetry::Logger& log;
    Instruments& instruments;
    // Called when a page made contacts dirty or filled the outbox.
    std::function<void()> wake_writers;
    // True when the worker is being drained, or what is more urgent waits: the sync stops between two pages,
    // and goes on elsewhere or later.
    std::function<bool()> stopping;
    // Before each part of a page of history is applied: waits, if need be, for what is more urgent.
    std::function<base::Task<void>()> let_live_go_first;
    // When the oldest entry of our backlog came in, in ms; 0: nothing waits.
    std::function<int64_t()> oldest_waiting_ms;
  };
  explicit SyncRunner(Parts parts) : parts_(std::move(parts)) {}

  // Until the job has ended, or stopping. A passing fault is returned: the job stays as it is, and
  // the next Run goes on from its checkpoint.
  base::Task<absl::Status> Run(store::Job job);

 private:
  // Pages, once more without a project that turned out to be invisible.
  base::Task<absl::Status> VisiblePages(store::Job& job, Checkpoint* checkpoint, int64_t* issues_read);
  base::Task<absl::Status> Pages(store::Job& job, Checkpoint* checkpoint, int64_t* issues_read);
  base::Task<absl::Status> ApplyPage(const store::Job& job, const jira::IssuePage& page, Checkpoint* after,
                                     int64_t issues_read);
  base::Task<absl::Status> CountMissed(int64_t missed);
  base::Task<absl::Status> Expect(store::Job& job);
  base::Task<absl::Status> Finish(const store::Job& job, const Checkpoint& checkpoint);
  base::Task<absl::Status> End(const store::Job& job, const absl::Status& status);
  // Another walk from what was reached; an error where it wouldn't reach further.
  base::Task<absl::Status> PagesAnew(store::Job& job, Checkpoint* checkpoint, int64_t* issues_read);
  base::Task<absl::StatusOr<std::string>> JqlFor(const store::Job& job, const Checkpoint& checkpoint);

  Parts parts_;
  Cursors cursors_;                          // as the run began
  std::optional<int64_t> walked_anew_from_;  // what was reached when a walk of this run last began anew
};

}  // namespace tajo::worker
