#pragma once

#include "common/base/clock.h"
#include "common/base/task.h"

namespace tajo::worker {

// "There may be work": wakes the one task that waits, or the next that comes to wait.
// Used from one loop.
class Signal {
 public:
  explicit Signal(base::Clock& clock) : clock_(clock) {}

  void Notify();
  // Returns when notified since the last Wait, or after `at_most`.
  base::Task<void> Wait(base::Duration at_most);

 private:
  base::Clock& clock_;
  base::Bell bell_;
  bool pending_ = false;
};

}  // namespace tajo::worker
