#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "common/access/quota_observer.h"
#include "common/base/clock.h"
#include "common/base/task.h"
#include "common/retry/line.h"
#include "common/store/grant.h"

namespace tajo::access {

// The waits for quotas of one holder of an access. Used from one loop.
class QuotaWaits {
 public:
  // `observer` may be null.
  QuotaWaits(base::Clock& clock, QuotaObserver* observer) : clock_(clock), observer_(observer) {}

  // Whoever waits for long, now or later, gets LEASE_LOST instead.
  void Close() { closed_ = true; }
  // The quota that backfill has been waiting for, for some seconds now; empty: none.
  std::string_view BackfillWaitsFor() const;

  // One wait, for as long as it lives.
  class Wait {
   public:
    Wait(QuotaWaits& of, std::string_view quota, retry::Lane lane);
    ~Wait();
    Wait(const Wait&) = delete;
    Wait& operator=(const Wait&) = delete;
    // Not for long at once: what is waited for may change, and the observer is told.
    base::Task<void> Sleep(base::Duration duration);
    base::Task<void> SleepUntil(base::MonotonicTime time);
    // Whether it ends here: the access was closed, and so much more isn't worth waiting for.
    bool IsOver(base::Duration more) const;

   private:
    friend class QuotaWaits;
    void Tell();

    QuotaWaits& of_;
    std::string_view quota_;
    retry::Lane lane_;
    base::MonotonicTime begin_;
    base::MonotonicTime told_;
  };

 private:
  base::Clock& clock_;
  QuotaObserver* observer_;
  bool closed_ = false;
  std::vector<const Wait*> backfill_;  // oldest first
};

// Those of a loop who wait for one quota: the first in line asks for it, live work before backfill.
class QuotaQueue {
 public:
  // `quota`: its name for the observer.
  explicit QuotaQueue(std::string quota) : quota_(std::move(quota)) {}

  // Asked with the length of the line.
  using Ask = std::function<base::Task<absl::StatusOr<store::Grant>>(std::size_t waiting)>;
  // Whether a grant that began `at` may still be used.
  using Check = std::function<base::Task<bool>(base::MonotonicTime at)>;
  // Returns when a grant may be used. `waits` and this outlive the task.
  base::Task<absl::Status> Pass(retry::Lane lane, QuotaWaits& waits, Ask ask, Check good);

 private:
  std::string quota_;
  retry::Line line_;
};

}  // namespace tajo::access
