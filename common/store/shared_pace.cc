#include "common/store/shared_pace.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "common/store/lua_scripts.h"

namespace tajo::store {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

// How much of a second's slots one process reserves for those who wait.
constexpr double kReservedLive = 0.5;
constexpr double kReservedBackfill = 0.25;
// And beyond them, but at least a few: fewer calls, and little is lost.
constexpr double kSurplusSeconds = 0.1;
constexpr double kLeastSurplus = 2;
constexpr std::chrono::seconds kRecent{1};
// Another process' 429 is known after so long, or so many slots if that is longer.
constexpr milliseconds kHeardFor{100};
constexpr int kHeardForSlots = 6;
// A slot that is good for no longer isn't put at risk by a question.
constexpr milliseconds kTimeToAsk{100};
constexpr microseconds kLongestPause = std::chrono::hours(24);
// Backfill takes slots that nobody has booked up to now; live work books ahead of it.
constexpr milliseconds kAheadLive{2'000};
constexpr milliseconds kAheadBackfill{250};
// Clocks drift by less; a larger step is another clock (a fail-over).
constexpr milliseconds kClockStep{1'000};
constexpr microseconds kClockDrift{100};

constexpr char kLifeSeconds[] = "3600";

const redis::Script& DrawPaceScript() {
  static const redis::Script script(lua::kDrawSlots);
  return script;
}

}  // namespace

SharedPace::SharedPace(redis::Client& redis, base::Clock& clock, std::string key, Pace pace)
    : redis_(redis), clock_(clock), key_(std::move(key)), pace_(pace) {}

base::Task<absl::StatusOr<Grant>> SharedPace::Draw(std::size_t waiting, retry::Lane lane) {
  const base::Duration paused = paused_until_ - clock_.Monotonic();
  if (paused > base::Duration::zero()) co_return Grant{false, paused, {}};
  if (const auto at = TakeReserved()) {
    co_return Grant{true, std::max(*at - clock_.Monotonic(), base::Duration::zero()), *at};
  }
  const double part = lane == retry::Lane::kLive ? kReservedLive : kReservedBackfill;
  const double most = std::max(1.0, std::floor(pace_.per_second * part));
  const double want = std::min(most, static_cast<double>(std::max<std::size_t>(waiting, 1))) + Surplus();
  const auto reply = co_await Ask(want, lane);
  if (!reply.ok() && IsAway(reply.status())) co_return DrawAlone();
  if (!reply.ok()) co_return reply.status();
  alone_.reset();
  if (reply->Elements()[0].Integer() <= 0) {
    co_return Grant{false, microseconds(std::max<int64_t>(reply->Elements()[1].Integer(), 1000)), {}};
  }
  const auto at = TakeReserved();
  if (!at) co_return Grant{false, {}, {}};
  co_return Grant{true, std::max(*at - clock_.Monotonic(), base::Duration::zero()), *at};
}

base::Task<absl::StatusOr<redis::Reply>> SharedPace::Ask(double want, retry::Lane lane) {
  const bool live = lane == retry::Lane::kLive;
  const double between_us = 1e6 / pace_.per_second;
  const double ahead_ms = static_cast<double>((live ? kAheadLive : kAheadBackfill).count());
  const double ahead_us = std::max(1000 * ahead_ms, (live ? 4 : 2) * between_us);
  redis::Args keys = {key_};
  redis::Args args = {fmt::format("{:.3f}", between_us), fmt::format("{:.0f}", want),
                      std::to_string(std::chrono::duration_cast<microseconds>(pace_.credit).count()),
                      fmt::format("{:.0f}", ahead_us), kLifeSeconds};
  auto reply = co_await redis_.Run(DrawPaceScript(), std::move(keys), std::move(args));
  if (!reply.ok()) co_return reply;
  if (reply->Elements().size() != 4) co_return base::Error(jira::v1::INTERNAL, "the quota script gave no answer");
  Hear(reply->Elements()[2].Integer(), reply->Elements()[3].Integer());
  if (const int64_t given = reply->Elements()[0].Integer(); given > 0) Reserve(given, reply->Elements()[1].Integer());
  co_return reply;
}

double SharedPace::Surplus() const {
  if (wasted_ || clock_.Monotonic() - heard_ > kRecent) return 0;
  const double most = std::max(kLeastSurplus, std::floor(pace_.per_second * kSurplusSeconds));
  return std::min(most, static_cast<double>(used_));
}

void SharedPace::Reserve(int64_t count, int64_t first_us) {
  used_ = 0;
  wasted_ = false;
  const double between_us = 1e6 / pace_.per_second;
  for (int64_t i = 0; i < count; ++i) {
    reserved_.push_back(LocalTime(first_us + static_cast<int64_t>(static_cast<double>(i) * between_us)));
  }
  // Others of this loop may have reserved at the same time.
  std::sort(reserved_.begin(), reserved_.end());
}

std::optional<base::MonotonicTime> SharedPace::TakeReserved() {
  const base::MonotonicTime now = clock_.Monotonic();
  while (!reserved_.empty()) {
    const base::MonotonicTime at = reserved_.front();
    reserved_.erase(reserved_.begin());
    // Slots that came out of the credit began in the past.
    if (at + pace_.lateness + pace_.credit >= now) {
      ++used_;
      return at;
    }
    wasted_ = true;
  }
  return std::nullopt;
}

base::Task<bool> SharedPace::Confirm(base::MonotonicTime at, retry::Lane lane) {
  const base::Duration slots(static_cast<int64_t>(kHeardForSlots * 1e9 / pace_.per_second));
  const base::MonotonicTime now = clock_.Monotonic();
  const bool has_time = at + pace_.lateness + pace_.credit - now > kTimeToAsk;
  // Where it will be too late to ask when the slot has come, what is old by then is asked for ahead of it.
  const bool asks_late = pace_.lateness + pace_.credit > kTimeToAsk;
  const base::Duration age = (asks_late ? now : std::max(now, at)) - heard_;
  if (!alone_ && age > std::max<base::Duration>(kHeardFor, slots)) {
    // So late that there's no time to ask: a slot lost is better than one in somebody's pause.
    if (!has_time) co_return false;
    // Without an answer the slot is as good as before, unless it took too long to have none.
    const double ahead = reserved_.empty() ? Surplus() : 0;
    (void)co_await Ask(ahead, lane);
  }
  co_return StillGood(at);
}

bool SharedPace::StillGood(base::MonotonicTime at) const {
  return at >= paused_until_ && clock_.Monotonic() <= at + pace_.lateness + pace_.credit;
}

void SharedPace::Hear(int64_t redis_us, int64_t pause_us) {
  SetClock(redis_us);
  heard_ = clock_.Monotonic();
  if (pause_us > 0) PauseUntil(LocalTime(redis_us) + std::min(microseconds(pause_us), kLongestPause));
}

void SharedPace::PauseUntil(base::MonotonicTime until) {
  paused_until_ = std::max(paused_until_, until);
  std::erase_if(reserved_, [this](base::MonotonicTime at) { return at < paused_until_; });
}

base::MonotonicTime SharedPace::LocalTime(int64_t redis_us) const {
  return {microseconds(redis_us) + ahead_.value_or(base::Duration::zero())};
}

void SharedPace::SetClock(int64_t redis_us) {
  const base::Duration seen = clock_.Monotonic().since_boot - microseconds(redis_us);
  if (!ahead_ || seen < *ahead_ || seen > *ahead_ + kClockStep) {
    ahead_ = seen;
  } else {
    *ahead_ = std::min(seen, *ahead_ + kClockDrift);
  }
}

Grant SharedPace::DrawAlone() {
  const base::MonotonicTime now = clock_.Monotonic();
  // Begins with nothing saved up: the slots may just have been used.
  if (!alone_) alone_.emplace(pace_.per_second * kAloneShare, 1, now);
  const base::Duration wait = alone_->TryTake(1, now);
  if (wait > base::Duration::zero()) return {false, wait, {}};
  return {true, {}, now};
}

base::Task<absl::Status> SharedPace::Pause(milliseconds duration) {
  PauseUntil(clock_.Monotonic() + duration);
  std::string key = key_;
  std::string field = "p";
  co_return co_await PauseQuota(redis_, std::move(key), std::move(field), duration);
}

void SharedPace::Set(Pace pace) {
  if (pace.per_second != pace_.per_second) {
    reserved_.clear();
    alone_.reset();
  }
  pace_ = pace;
}

}  // namespace tajo::store
