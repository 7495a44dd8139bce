#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>

#include "common/base/task.h"

namespace tajo::ingest {

// A task that runs on a loop for as long as this lives. Destroying it, on any thread but the loop's,
// cancels the task and waits for its end.
class Background {
 public:
  Background(boost::asio::io_context& loop, base::Task<void> task);
  ~Background();
  Background(const Background&) = delete;
  Background& operator=(const Background&) = delete;

 private:
  struct State;
  boost::asio::io_context& loop_;
  const std::shared_ptr<State> state_;  // shared with the task's completion
};

}  // namespace tajo::ingest
