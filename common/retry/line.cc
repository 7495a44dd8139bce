#include "common/retry/line.h"

#include <algorithm>
#include <array>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <utility>
#include <vector>

namespace tajo::retry {

struct Line::Place::Waiter {
  Waiter(const boost::asio::any_io_executor& executor, Lane its_lane)
      : turn(executor, boost::asio::steady_timer::time_point::max()), lane(its_lane) {}
  boost::asio::steady_timer turn;  // never expires; cancelled when `called`
  Lane lane;
  bool called = false;
};

struct Line::Place::Queue {
  const Waiter* First() const {
    for (const auto& lane : lanes) {
      if (!lane.empty()) return lane.front();
    }
    return nullptr;
  }
  void CallFirst() {
    for (const auto& lane : lanes) {
      if (lane.empty()) continue;
      lane.front()->called = true;
      lane.front()->turn.cancel();
      return;
    }
  }
  // Vectors, since an empty deque holds 600 bytes: thousands of lines have nobody in them.
  std::array<std::vector<Waiter*>, 2> lanes;
};

Line::Line() : queue_(std::make_shared<Place::Queue>()) {}
Line::~Line() = default;

std::size_t Line::Length() const {
  return queue_->lanes[0].size() + queue_->lanes[1].size();
}

Line::Place::Place(Line& line, const boost::asio::any_io_executor& executor, Lane lane)
    : queue_(line.queue_), waiter_(std::make_unique<Waiter>(executor, lane)) {
  queue_->lanes.at(static_cast<std::size_t>(lane)).push_back(waiter_.get());
}

Line::Place::~Place() {
  Leave();
}

void Line::Place::Leave() {
  if (!waiter_) return;
  std::erase(queue_->lanes.at(static_cast<std::size_t>(waiter_->lane)), waiter_.get());
  waiter_.reset();
  queue_->CallFirst();
}

base::Task<void> Line::Place::First() {
  while (queue_->First() != waiter_.get()) {
    waiter_->called = false;
    boost::system::error_code error;
    co_await waiter_->turn.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, error));
    if (!waiter_->called) throw boost::system::system_error(error);
  }
}

}  // namespace tajo::retry
