#include "services/webhook-ingest/wake_queue.h"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace tajo::ingest {
namespace {

namespace asio = boost::asio;

constexpr std::size_t kMaxWaiting = 16'384;

}  // namespace

WakeQueue::WakeQueue(asio::io_context& loop, store::EventIntake& intake)
    : intake_(intake), bell_(loop, asio::steady_timer::time_point::max()) {}

void WakeQueue::Push(std::string worker_id, std::string connection_id) {
  if (waiting_.size() >= kMaxWaiting) return;
  const bool is_new = waiting_.emplace(std::move(worker_id), std::move(connection_id)).second;
  if (is_new) bell_.cancel_one();
}

base::Task<void> WakeQueue::Run() {
  while (true) {
    if (waiting_.empty()) {
      boost::system::error_code rung;
      co_await bell_.async_wait(asio::redirect_error(asio::use_awaitable, rung));
      const auto state = co_await asio::this_coro::cancellation_state;
      if (state.cancelled() != asio::cancellation_type::none) co_return;
      continue;
    }
    auto next = waiting_.extract(waiting_.begin());
    // An error is that of Redis, which the stores report.
    (void)co_await intake_.Wake(std::move(next.value().first), std::move(next.value().second));
  }
}

}  // namespace tajo::ingest
