#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <cstddef>
#include <memory>
#include <thread>
#include <vector>

namespace tajo::net {

// One thread that runs one io_context. Nothing on it may block. The thread never gets SIGPIPE: a
// peer that went away is an error of the write.
class Loop {
 public:
  Loop();
  ~Loop();  // stops and joins
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  boost::asio::io_context& Context() { return context_; }

 private:
  boost::asio::io_context context_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  std::jthread thread_;
};

// A thread a core; whatever belongs together is pinned to one loop by the caller.
class LoopPool {
 public:
  // 0 threads: one for each core that this process may use.
  explicit LoopPool(std::size_t threads);
  ~LoopPool();  // stops all loops, then joins them
  LoopPool(const LoopPool&) = delete;
  LoopPool& operator=(const LoopPool&) = delete;

  std::size_t Size() const { return loops_.size(); }
  Loop& At(std::size_t index) { return *loops_[index]; }

 private:
  std::vector<std::unique_ptr<Loop>> loops_;
};

}  // namespace tajo::net
