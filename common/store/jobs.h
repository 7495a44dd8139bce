#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/base/clock.h"
#include "common/base/random.h"
#include "common/base/task.h"
#include "common/redis/client.h"
#include "common/store/ids.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::store {

enum class JobState { kQueued, kRunning, kSucceeded, kFailed, kCancelled };

// A sync: what was asked for, how far it is. Stands in `job:<id>` for 7 days after its end.
struct Job {
  std::string id;    // "s_" + 20 hex
  bool full = true;  // false: incremental
  std::vector<std::string> resources;
  std::string jql;
  int batch_size = 0;
  bool scheduled = false;  // by the worker's own timer, not by a caller
  // An incremental one of an older window: issues that changed within it; 0: since the cursor.
  int64_t from_ms = 0, until_ms = 0;
  JobState state = JobState::kQueued;
  std::string checkpoint;  // the reader's own JSON
  int64_t issues_read = 0;
  int64_t issues_expected = 0;
  std::string waiting_for;
  bool cancel_requested = false;
  jira::v1::ErrorReason error_reason = jira::v1::ERROR_REASON_UNSPECIFIED;
  std::string error_message;
  int64_t created_ms = 0, started_ms = 0, ended_ms = 0;
};

// Field names of `job:<id>` that JobProgress (owner_store.h) may set.
inline constexpr char kJobCheckpoint[] = "checkpoint";
inline constexpr char kJobIssuesRead[] = "issues_read";
inline constexpr char kJobIssuesExpected[] = "issues_expected";
inline constexpr char kJobWaitingFor[] = "waiting_for";

class Jobs {
 public:
  Jobs(redis::Client& redis, const base::Clock& clock, base::Random& random);

  // Queues it; SYNC_ALREADY_RUNNING (naming it) if one of the same type without jql is queued or running.
  base::Task<absl::StatusOr<Job>> Start(std::string connection_id, Job job);
  base::Task<absl::StatusOr<Job>> Get(std::string connection_id, std::string job_id);
  base::Task<absl::StatusOr<std::optional<Job>>> Next(std::string connection_id);  // oldest not ended
  base::Task<absl::StatusOr<Job>> Cancel(std::string connection_id, std::string job_id);
  // By the owner; SYNC_CANCELLED if it was cancelled before. kRunning sets started_ms (once); an end removes it from
  // `jobs` and sets the expiry.
  base::Task<absl::Status> Move(std::string connection_id, LeaseToken lease, std::string job_id, JobState state,
                                jira::v1::ErrorReason reason, std::string message);
  // SYNC_CANCELLED once somebody asked for that.
  base::Task<absl::Status> Progress(std::string connection_id, LeaseToken lease, std::string job_id,
                                    std::map<std::string, std::string> fields);

 private:
  redis::Client& redis_;
  const base::Clock& clock_;
  base::Random& random_;
};

}  // namespace tajo::store
