#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <exception>
#include <future>
#include <memory>
#include <optional>
#include <stdexcept>
#include <type_traits>
#include <utility>

#include "common/base/task.h"
#include "common/net/loop.h"

namespace tajo::testing {

inline constexpr std::chrono::seconds kTaskDeadline{60};

namespace internal {

template <class T>
using Stored = std::conditional_t<std::is_void_v<T>, bool, T>;

// Shared with the completion handler, which may come after a deadline was missed.
template <class T>
struct TaskResult {
  bool done = false;
  std::exception_ptr error;
  std::optional<Stored<T>> value;
};

template <class T>
base::Task<void> Store(base::Task<T> task, std::shared_ptr<TaskResult<T>> result) {
  if constexpr (std::is_void_v<T>) {
    co_await std::move(task);
    result->value.emplace(true);
  } else {
    T value = co_await std::move(task);
    result->value.emplace(std::move(value));
  }
}

}  // namespace internal

// Runs `context`, on this thread, until `task` is done; gives its value or throws its exception.
// Other work of the context goes on meanwhile. Throws where `deadline` passes first.
// The context must not be run by another thread: for a Loop there is the overload below.
template <class T>
T RunTask(boost::asio::io_context& context, base::Task<T> task, std::chrono::milliseconds deadline = kTaskDeadline) {
  auto result = std::make_shared<internal::TaskResult<T>>();
  boost::asio::co_spawn(context, internal::Store<T>(std::move(task), result), [result](std::exception_ptr error) {
    result->error = std::move(error);
    result->done = true;
  });
  const auto end = std::chrono::steady_clock::now() + deadline;
  while (!result->done) {
    if (context.stopped()) context.restart();
    if (context.run_one_until(end) == 0 && !result->done) {
      throw std::runtime_error("RunTask: the task isn't done, and its deadline is over or nothing can wake it");
    }
  }
  if (result->error) std::rethrow_exception(result->error);
  if constexpr (!std::is_void_v<T>) return *std::move(result->value);
}

// The same on a loop that runs by itself; from any other thread.
template <class T>
T RunTask(net::Loop& loop, base::Task<T> task, std::chrono::milliseconds deadline = kTaskDeadline) {
  auto result = std::make_shared<internal::TaskResult<T>>();
  auto promise = std::make_shared<std::promise<void>>();
  std::future<void> done = promise->get_future();
  boost::asio::co_spawn(loop.Context(), internal::Store<T>(std::move(task), result),
                        [promise](std::exception_ptr error) {
                          if (error) {
                            promise->set_exception(std::move(error));
                          } else {
                            promise->set_value();
                          }
                        });
  if (done.wait_for(deadline) != std::future_status::ready) {
    throw std::runtime_error("RunTask: the task isn't done, and its deadline is over");
  }
  done.get();
  if constexpr (!std::is_void_v<T>) return *std::move(result->value);
}

}  // namespace tajo::testing
