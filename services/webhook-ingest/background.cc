#include "services/webhook-ingest/background.h"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <exception>
#include <future>
#include <utility>

namespace tajo::ingest {

namespace asio = boost::asio;

struct Background::State {
  asio::cancellation_signal cancel;
  std::promise<void> ended;
};

Background::Background(asio::io_context& loop, base::Task<void> task) : loop_(loop), state_(std::make_shared<State>()) {
  asio::co_spawn(
      loop_, std::move(task),
      asio::bind_cancellation_slot(state_->cancel.slot(), [&loop, state = state_](const std::exception_ptr&) {
        // Not at once: the task still hangs on the signal.
        asio::post(loop, [state] { state->ended.set_value(); });
      }));
}

Background::~Background() {
  asio::post(loop_, [state = state_] { state->cancel.emit(asio::cancellation_type::terminal); });
  state_->ended.get_future().wait();
}

}  // namespace tajo::ingest
