#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "common/base/clock.h"
#include "common/base/task.h"
#include "simulators/jira/random_changes.h"

namespace tajo::jira_sim {

// A day of changes in the background, at an even rate.
class Play {
 public:
  struct Plan {
    double rate = 100;  // changes a second
    int64_t count = 0;
  };

  explicit Play(base::Clock& clock) : clock_(clock) {}

  bool IsRunning() const { return running_; }
  // One at a time.
  base::Task<void> Run(RandomChanges changes, Plan plan);
  void Stop() { stopping_ = true; }
  // {"running","done","target","elapsed_ms"}
  std::string Json() const;

 private:
  base::Clock& clock_;
  bool running_ = false;
  bool stopping_ = false;
  int64_t done_ = 0;
  int64_t target_ = 0;
  base::MonotonicTime began_;
  base::Duration elapsed_{};
};

}  // namespace tajo::jira_sim
