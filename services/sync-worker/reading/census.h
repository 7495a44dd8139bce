#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "common/base/clock.h"
#include "common/base/task.h"
#include "common/deciding/decide.h"
#include "common/deciding/rules.h"
#include "common/jira/client.h"
#include "common/store/jobs.h"
#include "common/store/owner_store.h"
#include "common/telemetry/log.h"
#include "services/sync-worker/instruments.h"
#include "services/sync-worker/reading/census_rules.h"
#include "services/sync-worker/reading/cursors.h"
#include "services/sync-worker/reading/issue_source.h"
#include "services/sync-worker/reading/user_directory.h"

namespace tajo::worker {

inline constexpr std::chrono::hours kCensusEvery{24};

// A day after the last one; the first a day after the first sync.
base::Task<absl::StatusOr<bool>> CensusIsDue(store::OwnerStore& store, const base::Clock& clock);

// Finds what no webhook and no JQL tells: issues that were deleted, that left the account's sight, or
// that were never heard of. It compares, project by project, Jira's count with ours, and lists
// ids only where they differ: a point a project while nothing is amiss, a point an issue elsewhere.
// Each project is made right by itself, so one that is broken off is begun again from the first.
class Census {
 public:
  struct Parts {
    store::OwnerStore& store;
    store::Jobs& jobs;
    jira::Client& jira;
    IssueSource& source;
    UserDirectory& users;
    const deciding::Rules& rules;
    const base::Clock& clock;
    telemetry::Logger& log;
    Instruments& instruments;
    std::function<void()> wake_writers;  // contacts became dirty, or the outbox was filled
    std::function<bool()> stopping;
  };
  explicit Census(Parts parts) : parts_(std::move(parts)) {}

  // Returns what passes, and a refused login; what else fails is logged, and tried again a day later.
  base::Task<absl::Status> Run();

 private:
  using Counts = std::map<int64_t, int64_t>;  // by project id
  using Ids = std::set<int64_t>;
  struct Project {
    jira::ProjectInfo jira;
    bool visible = false;
    int64_t last_census_ms = 0;
    std::vector<int64_t> neighbours;  // some that Jira lists
    bool neighbour_read = false;
    bool levels_unused = false;
  };

  base::Task<absl::Status> Projects(Cursors cursors);
  base::Task<absl::StatusOr<Counts>> CountOurs();
  base::Task<absl::StatusOr<Ids>> ListOurs(int64_t project_id);
  base::Task<absl::StatusOr<Ids>> ListJiras(int64_t project_id);
  base::Task<absl::Status> Compare(Project project, int64_t ours);
  base::Task<absl::Status> Missing(int64_t project_id, Cursors cursors);
  // What shows that we'd see the project's issues if they were there.
  base::Task<absl::Status> AddEvidence(const Ids& listed, Project* project);
  base::Task<absl::StatusOr<bool>> ReadsNeighbour(const Project& project);
  // Issues that we hold and Jira doesn't list.
  base::Task<absl::Status> Settle(std::vector<int64_t> ids, const Project& project);
  base::Task<absl::StatusOr<Fate>> FateOfIssue(int64_t id, bool read, const Project& project);
  base::Task<absl::Status> Delete(const Project& project, store::IssueWrite gone, store::Application* application);
  // Issues that Jira lists and we don't hold: no webhook and no pass had told of them.
  base::Task<absl::Status> Adopt(std::vector<int64_t> ids, const Project& project);
  void Count(std::string_view found, int64_t count, int64_t project_id);
  // Direct reads, their reporters made known.
  base::Task<absl::StatusOr<std::map<int64_t, deciding::Facts>>> Read(std::vector<int64_t> ids,
                                                                      deciding::Reading reading);
  base::Task<absl::Status> Apply(store::Application application);
  int64_t NowMs() const { return base::ToMillis(parts_.clock.Now()); }

  Parts parts_;
};

}  // namespace tajo::worker
