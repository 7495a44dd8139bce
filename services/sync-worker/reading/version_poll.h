#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/base/clock.h"
#include "common/deciding/rules.h"
#include "common/jira/client.h"
#include "common/store/poll_store.h"

namespace tajo::worker {

// What a look at Jira came to.
struct Look {
  int64_t found = 0;  // events put into the stream
  int64_t cost = 0;   // Jira's points, about
};

// Finds releases that no webhook told of, by what was seen released at the look before.
class VersionPoll {
 public:
  VersionPoll(jira::Client& jira, store::PollStore& polls, const deciding::Rules& rules, const base::Clock& clock)
      : jira_(jira), polls_(polls), rules_(rules), clock_(clock) {}

  base::Task<absl::StatusOr<Look>> Run();

 private:
  base::Task<absl::StatusOr<std::vector<std::string>>> ProjectKeys();

  jira::Client& jira_;
  store::PollStore& polls_;
  const deciding::Rules& rules_;
  const base::Clock& clock_;
};

}  // namespace tajo::worker
