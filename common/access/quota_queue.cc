#include "common/access/quota_queue.h"

#include <algorithm>
#include <boost/asio/this_coro.hpp>
#include <utility>

#include "common/base/error.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::access {
namespace {

constexpr std::chrono::seconds kSlice{1};
// Shorter waits end by themselves, also when the access is closed.
constexpr std::chrono::seconds kLongWait{2};
constexpr std::chrono::seconds kWorthTelling{2};
// Whether it's still good may be a question to Redis: asked before its time, so that this isn't missed.
constexpr std::chrono::milliseconds kCheckAhead{250};

}  // namespace

std::string_view QuotaWaits::BackfillWaitsFor() const {
  if (backfill_.empty() || clock_.Monotonic() - backfill_.front()->begin_ < kWorthTelling) return {};
  return backfill_.front()->quota_;
}

QuotaWaits::Wait::Wait(QuotaWaits& of, std::string_view quota, retry::Lane lane)
    : of_(of), quota_(quota), lane_(lane), begin_(of.clock_.Monotonic()), told_(begin_) {
  if (lane_ == retry::Lane::kBackfill) of_.backfill_.push_back(this);
}

QuotaWaits::Wait::~Wait() {
  if (lane_ == retry::Lane::kBackfill) std::erase(of_.backfill_, this);
  Tell();
}

base::Task<void> QuotaWaits::Wait::Sleep(base::Duration duration) {
  co_await of_.clock_.Sleep(std::min<base::Duration>(duration, kSlice));
  Tell();
}

base::Task<void> QuotaWaits::Wait::SleepUntil(base::MonotonicTime time) {
  for (base::MonotonicTime now = of_.clock_.Monotonic(); now < time; now = of_.clock_.Monotonic()) {
    co_await Sleep(time - now);
  }
}

bool QuotaWaits::Wait::IsOver(base::Duration more) const {
  return of_.closed_ && of_.clock_.Monotonic() - begin_ + more > kLongWait;
}

void QuotaWaits::Wait::Tell() {
  const base::MonotonicTime now = of_.clock_.Monotonic();
  if (of_.observer_ != nullptr && now > told_) of_.observer_->QuotaWaited(quota_, now - told_);
  told_ = now;
}

base::Task<absl::Status> QuotaQueue::Pass(retry::Lane lane, QuotaWaits& waits, Ask ask, Check good) {
  const auto executor = co_await boost::asio::this_coro::executor;
  QuotaWaits::Wait wait(waits, quota_, lane);
  while (true) {
    retry::Line::Place place(line_, executor, lane);
    store::Grant grant;
    while (!grant.ours) {
      co_await place.First();
      auto asked = co_await ask(line_.Length());
      if (!asked.ok()) co_return asked.status();
      grant = *asked;
      // Redis isn't asked again before there can be another answer, or not for some seconds.
      for (base::Duration left = std::min<base::Duration>(grant.wait, 2 * kSlice);
           !grant.ours && left > base::Duration::zero(); left -= kSlice) {
        if (wait.IsOver(grant.wait)) {
          co_return base::Error(jira::v1::LEASE_LOST, "the work ended while it waited for a quota");
        }
        co_await wait.Sleep(left);
      }
    }
    // Whoever is next can ask while this one waits for its time.
    place.Leave();
    co_await wait.SleepUntil(grant.at + -kCheckAhead);
    bool is_good = co_await good(grant.at);
    if (!is_good) continue;
    co_await wait.SleepUntil(grant.at);
    is_good = co_await good(grant.at);
    if (is_good) co_return absl::OkStatus();
  }
}

}  // namespace tajo::access
