#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "common/deciding/decide.h"
#include "common/deciding/rules.h"
#include "common/jira/client.h"
#include "tajo/jira/v1/event.pb.h"

namespace tajo::worker {

// Issues read from Jira as facts to decide on.
class IssueSource {
 public:
  IssueSource(jira::Client& jira, const base::Clock& clock, const deciding::Rules& rules, jira::IssueFields fields);

  // Direct reads, which see a change at once. Issues that Jira doesn't show are left out. Where the
  // config has a `jql`, each says whether that admits it.
  base::Task<absl::StatusOr<std::map<int64_t, deciding::Facts>>> Read(std::vector<int64_t> ids,
                                                                      deciding::Reading reading);
  // The same for an issue known by its key only; JIRA_NOT_FOUND.
  base::Task<absl::StatusOr<int64_t>> IdOf(std::string key);

  base::Task<absl::StatusOr<jira::IssuePage>> Search(std::string jql, std::string page_token, int max_results);
  // All histories and public comments of these, added to their facts.
  base::Task<absl::Status> AddHistories(std::map<int64_t, deciding::Facts>* facts);

 private:
  base::Task<absl::Status> AddMatches(std::map<int64_t, deciding::Facts>* facts);

  jira::Client& jira_;
  const base::Clock& clock_;
  const deciding::Rules& rules_;
  jira::IssueFields fields_;
};

}  // namespace tajo::worker
