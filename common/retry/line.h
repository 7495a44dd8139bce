#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <cstddef>
#include <memory>

#include "common/base/task.h"

namespace tajo::retry {

// Whoever waits in kLive goes before all of kBackfill; within a lane, first come, first served.
enum class Lane { kLive, kBackfill };

// A line of tasks before something that is scarce. Used from one loop. May die while somebody still
// stands in it, if that task is destroyed without being resumed (the loop has ended).
class Line {
 public:
  Line();
  ~Line();
  Line(const Line&) = delete;
  Line& operator=(const Line&) = delete;

  // Given up when it dies, or by Leave.
  class Place {
   public:
    Place(Line& line, const boost::asio::any_io_executor& executor, Lane lane);
    ~Place();
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;

    // Returns when nobody stands before this place. Who comes later may still overtake: ask again
    // after each wait.
    base::Task<void> First();
    void Leave();

   private:
    struct Waiter;
    friend class Line;
    struct Queue;
    std::shared_ptr<Queue> queue_;
    std::unique_ptr<Waiter> waiter_;
  };

  std::size_t Length() const;

 private:
  std::shared_ptr<Place::Queue> queue_;
};

}  // namespace tajo::retry
