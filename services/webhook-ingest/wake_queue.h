#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstddef>
#include <set>
#include <string>
#include <utility>

#include "common/base/task.h"
#include "common/store/event_intake.h"

namespace tajo::ingest {

// Tells owners that their connection has something new, apart from the answer to who brought it. A hint
// only: what is lost, or dropped because the queue is full, the owner's sweep finds. A connection that
// waits in the queue waits there once. Used from one loop.
class WakeQueue {
 public:
  // `intake` outlives it.
  WakeQueue(boost::asio::io_context& loop, store::EventIntake& intake);

  void Push(std::string worker_id, std::string connection_id);
  // Sends, one after the other, until cancelled. May run several times side by side.
  base::Task<void> Run();

  std::size_t Size() const { return waiting_.size(); }

 private:
  store::EventIntake& intake_;
  std::set<std::pair<std::string, std::string>> waiting_;
  boost::asio::steady_timer bell_;
};

}  // namespace tajo::ingest
