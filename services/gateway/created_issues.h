#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "common/base/clock.h"
#include "common/base/task.h"
#include "common/jira/client.h"

namespace tajo::gateway {

// The mark that an issue of ours carries from its first moment, by the name of its creation.
std::pair<std::string, std::string> CreationProperty(const std::string& name);

// Finds an issue that a call created without our hearing of it. A property can't be searched for without an
// app that indexes it, so the project's recent issues are read with it.
class CreatedIssues {
 public:
  // `settle`: how long after it was sent a call may still create it. What it is given outlives it.
  CreatedIssues(jira::Client& jira, base::Clock& clock, std::chrono::milliseconds settle)
      : jira_(jira), clock_(clock), settle_(settle) {}

  // The issue that a call sent at that time created; nothing once it can't appear any more: until then it
  // looks again.
  base::Task<absl::StatusOr<std::optional<jira::CreatedIssue>>> Find(std::string project_key, std::string name,
                                                                     int64_t sent_ms);

 private:
  using Found = absl::StatusOr<std::optional<jira::CreatedIssue>>;

  // By search, which lags by seconds; and by reading the keys around the newest one, which doesn't.
  base::Task<Found> Searched(std::string project_key, std::string name, int64_t sent_ms);
  base::Task<Found> Probed(std::string project_key, std::string name);

  jira::Client& jira_;
  base::Clock& clock_;
  std::chrono::milliseconds settle_;
};

}  // namespace tajo::gateway
