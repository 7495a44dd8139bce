#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>

#include "common/base/clock.h"
#include "common/base/task.h"

namespace tajo::worker {

// "There may be work": wakes the one task that waits, or the next that comes to wait.
// Used from one loop.
class Signal {
 public:
  Signal(boost::asio::any_io_executor executor, base::Clock& clock);

  void Notify();
  // Returns when notified since the last Wait, or after `at_most`.
  base::Task<void> Wait(base::Duration at_most);

 private:
  base::Task<void> Notified();

  base::Clock& clock_;
  boost::asio::steady_timer bell_;  // never expires by itself; cancelled to ring
  bool pending_ = false;
};

}  // namespace tajo::worker
