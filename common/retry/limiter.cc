#include "common/retry/limiter.h"

#include <array>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <list>
#include <utility>

namespace tajo::retry {
namespace {

struct Waiter {
  explicit Waiter(const boost::asio::any_io_executor& executor)
      : turn(executor, boost::asio::steady_timer::time_point::max()) {}
  boost::asio::steady_timer turn;  // never expires; cancelled when `first` becomes true
  bool first = false;
};

}  // namespace

struct Limiter::State {
  explicit State(TokenBucket b) : bucket(std::move(b)) {}

  const Waiter* First() const {
    for (const auto& lane : lanes) {
      if (!lane.empty()) return lane.front();
    }
    return nullptr;
  }

  // Only the first waiter watches the bucket. One that was overtaken while it did wakes by itself
  // and no later than it should: tokens only got fewer.
  void CallFirst() {
    for (auto& lane : lanes) {
      if (lane.empty()) continue;
      lane.front()->first = true;
      lane.front()->turn.cancel();
      return;
    }
  }

  TokenBucket bucket;
  std::array<std::list<Waiter*>, 2> lanes;
};

class Limiter::Place {
 public:
  Place(std::shared_ptr<State> state, Waiter& waiter, Lane lane)
      : state_(std::move(state)), lane_(state_->lanes.at(static_cast<std::size_t>(lane))) {
    place_ = lane_.insert(lane_.end(), &waiter);
  }
  ~Place() {
    lane_.erase(place_);
    state_->CallFirst();
  }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;

 private:
  std::shared_ptr<State> state_;
  std::list<Waiter*>& lane_;
  std::list<Waiter*>::iterator place_;
};

Limiter::Limiter(base::Clock& clock, double rate_per_second, double burst)
    : clock_(clock), state_(std::make_shared<State>(TokenBucket(rate_per_second, burst, clock.Monotonic()))) {}

Limiter::~Limiter() = default;

base::Task<void> Limiter::Acquire(double n, Lane lane) {
  const std::shared_ptr<State> state = state_;
  Waiter waiter(co_await boost::asio::this_coro::executor);
  const Place place(state, waiter, lane);
  while (true) {
    if (state->First() == &waiter) {
      const base::Duration wait = state->bucket.TryTake(n, clock_.Monotonic());
      if (wait == base::Duration::zero()) co_return;
      co_await clock_.Sleep(wait);
      continue;
    }
    waiter.first = false;
    boost::system::error_code error;
    co_await waiter.turn.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, error));
    if (!waiter.first) throw boost::system::system_error(error);
  }
}

void Limiter::Return(double n) {
  state_->bucket.Return(n, clock_.Monotonic());
}

void Limiter::Correct(double remaining, base::Duration resets_in) {
  state_->bucket.Correct(remaining, resets_in, clock_.Monotonic());
}

void Limiter::PauseFor(base::Duration duration) {
  state_->bucket.PauseUntil(clock_.Monotonic() + duration);
}

std::size_t Limiter::Waiting(Lane lane) const {
  return state_->lanes.at(static_cast<std::size_t>(lane)).size();
}

}  // namespace tajo::retry
