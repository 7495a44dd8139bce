#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <utility>
#include <vector>

#include "common/base/task.h"

namespace tajo::base {

// Runs the tasks side by side on the caller's executor until all have ended. The first exception cancels
// the others and is thrown again once they have ended. A chain of && does the same with a group, and two
// more tasks, for each pair.
inline Task<void> AllOf(std::vector<Task<void>> tasks) {
  if (tasks.empty()) co_return;
  const auto executor = co_await boost::asio::this_coro::executor;
  using Operation = decltype(boost::asio::co_spawn(executor, std::declval<Task<void>>(), boost::asio::deferred));
  std::vector<Operation> operations;
  operations.reserve(tasks.size());
  for (Task<void>& task : tasks) {
    operations.push_back(boost::asio::co_spawn(executor, std::move(task), boost::asio::deferred));
  }
  tasks.clear();
  auto group = boost::asio::experimental::make_parallel_group(std::move(operations));
  const auto [order, errors] =
      co_await group.async_wait(boost::asio::experimental::wait_for_one_error(), boost::asio::use_awaitable);
  for (const std::size_t i : order) {
    if (errors[i]) std::rethrow_exception(errors[i]);
  }
}

}  // namespace tajo::base
