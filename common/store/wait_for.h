#pragma once

#include <boost/asio/error.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <memory>

#include "common/base/task.h"

// Only for .cc files of this folder.
namespace tajo::store {

// Until whoever leads has settled what is shared: it sets `result` and cancels the timer `done`.
template <class Shared>
base::Task<void> WaitFor(std::shared_ptr<Shared> shared) {
  while (!shared->result) {
    boost::system::error_code woken;
    co_await shared->done.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, woken));
    const auto state = co_await boost::asio::this_coro::cancellation_state;
    if (state.cancelled() != boost::asio::cancellation_type::none) {
      throw boost::system::system_error(boost::asio::error::operation_aborted);
    }
  }
}

}  // namespace tajo::store
