#include "services/sync-worker/signal.h"

namespace tajo::worker {

void Signal::Notify() {
  pending_ = true;
  bell_.Ring();
}

base::Task<void> Signal::Wait(base::Duration at_most) {
  if (!pending_) co_await clock_.Sleep(at_most, &bell_);
  pending_ = false;
}

}  // namespace tajo::worker
