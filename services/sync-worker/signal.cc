#include "services/sync-worker/signal.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace tajo::worker {

using boost::asio::experimental::awaitable_operators::operator||;

Signal::Signal(boost::asio::any_io_executor executor, base::Clock& clock)
    : clock_(clock), bell_(executor, boost::asio::steady_timer::time_point::max()) {}

void Signal::Notify() {
  pending_ = true;
  bell_.cancel();
}

base::Task<void> Signal::Wait(base::Duration at_most) {
  if (!pending_) co_await (Notified() || clock_.Sleep(at_most));
  pending_ = false;
}

base::Task<void> Signal::Notified() {
  // This task begins a turn of the loop later than Wait: the bell may have rung meanwhile.
  if (pending_) co_return;
  // Cancelled either by Notify or because the other branch won: both end the wait.
  (void)co_await bell_.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
}

}  // namespace tajo::worker
