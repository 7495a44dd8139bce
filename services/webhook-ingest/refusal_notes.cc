#include "services/webhook-ingest/refusal_notes.h"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <utility>

namespace tajo::ingest {
namespace {

constexpr std::size_t kMaxNotes = 1'024;
constexpr std::chrono::seconds kBetweenNotes{1};

}  // namespace

RefusalNotes::RefusalNotes(boost::asio::io_context& loop, redis::Client& redis, base::Clock& clock)
    : redis_(redis), clock_(clock), bell_(loop, boost::asio::steady_timer::time_point::max()) {}

void RefusalNotes::Add(const KnownConnection& connection, WhyRefused why) {
  if (waiting_.size() >= kMaxNotes && !waiting_.contains(connection.id)) return;
  const bool was_empty = waiting_.empty();
  waiting_.insert_or_assign(
      connection.id, store::RefusalNote{connection.generation, base::ToMillis(clock_.Now()), std::string(NameOf(why))});
  if (was_empty) bell_.cancel_one();
}

base::Task<void> RefusalNotes::Run() {
  while (true) {
    if (waiting_.empty()) {
      boost::system::error_code rung;
      co_await bell_.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, rung));
      const auto state = co_await boost::asio::this_coro::cancellation_state;
      if (state.cancelled() != boost::asio::cancellation_type::none) co_return;
      continue;
    }
    co_await clock_.Sleep(kBetweenNotes);
    auto notes = std::exchange(waiting_, {});
    for (auto& [connection_id, note] : notes) {
      // An error is that of Redis, which the stores report.
      (void)co_await store::NoteRefusal(redis_, connection_id, std::move(note));
    }
  }
}

}  // namespace tajo::ingest
