#include "common/store/shared_points.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "common/store/lua_scripts.h"

namespace tajo::store {
namespace {

constexpr int64_t kLongestWaitMs = 60ll * 60 * 1000;  // a period: then there are points again

using std::chrono::milliseconds;

// Also how long another process' 429 stays unknown here.
constexpr milliseconds kHandLife{250};
// Of an hour's points, drawn beyond the need where there are plenty: a second's share.
constexpr double kSurplus = 1.0 / 3600;

const redis::Script& DrawPointsScript() {
  static const redis::Script script(lua::kDrawPoints);
  return script;
}

const char* LaneName(retry::Lane lane) {
  return lane == retry::Lane::kLive ? "live" : "backfill";
}

}  // namespace

SharedPoints::SharedPoints(redis::Client& redis, base::Clock& clock, const std::string& app, Options options)
    : redis_(redis),
      clock_(clock),
      prefix_("tajo:{app:" + app + "}:points"),
      options_(options),
      quota_(options.points) {}

int64_t SharedPoints::Period() const {
  return base::ToMillis(clock_.Now()) / options_.period.count();
}

base::Duration SharedPoints::PausedFor(const std::string& site) const {
  base::Duration wait{};
  for (const std::string& scope : {std::string(), site}) {
    const auto found = paused_until_.find(scope);
    if (found != paused_until_.end()) wait = std::max(wait, found->second - clock_.Monotonic());
  }
  return wait;
}

// What was drawn for nobody goes back, unless its period is over.
void SharedPoints::PutBackOldHand() {
  if (in_hand_ <= 0) return;
  const bool over = Period() != period_;
  if (!over && clock_.Monotonic() - in_hand_since_ < kHandLife) return;
  if (!over) unsettled_ -= in_hand_;
  in_hand_ = 0;
}

redis::Args SharedPoints::DrawArgs(const Wish& wish) const {
  return {std::to_string(options_.period.count()),
          fmt::format("{:.0f}", options_.points),
          wish.connection,
          wish.site,
          LaneName(wish.lane),
          std::to_string(wish.cost),
          fmt::format("{:.0f}", wish.cost + std::floor(quota_ * kSurplus)),
          fmt::format("{:.0f}", unsettled_),
          std::to_string(period_),
          fmt::format("{:.0f}", told_used_),
          std::to_string(told_period_),
          fmt::format("{:.0f}", told_quota_),
          std::to_string(options_.keeps_place.count())};
}

base::Task<absl::StatusOr<Grant>> SharedPoints::Draw(Wish wish) {
  if (const base::Duration paused = PausedFor(wish.site); paused > base::Duration::zero()) {
    co_return Grant{false, paused, {}};
  }
  PutBackOldHand();
  if (in_hand_ >= wish.cost) {
    in_hand_ -= wish.cost;
    co_return Grant{true, {}, clock_.Monotonic()};
  }
  redis::Args keys = {prefix_, prefix_ + ":" + LaneName(wish.lane), prefix_ + ":asked"};
  redis::Args args = DrawArgs(wish);
  // Told once: what comes meanwhile is for the next.
  const double settled = std::exchange(unsettled_, 0);
  told_used_ = -1;
  const double told_quota = std::exchange(told_quota_, 0);
  const auto reply = co_await redis_.Run(DrawPointsScript(), std::move(keys), std::move(args));
  if (!reply.ok()) {
    // An answer that was lost may have counted; then the settlement errs by once.
    unsettled_ += settled;
    if (told_quota_ == 0) told_quota_ = told_quota;
    if (IsAway(reply.status())) co_return DrawAlone(wish.cost);
    co_return reply.status();
  }
  const redis::Reply::Array& answer = reply->Elements();
  if (answer.size() != 4) co_return base::Error(jira::v1::INTERNAL, "the quota script gave no answer");
  alone_.reset();
  const auto given = static_cast<double>(answer[0].Integer());
  left_ = static_cast<double>(answer[2].Integer());
  if (period_ != answer[3].Integer()) in_hand_ = 0;
  period_ = answer[3].Integer();
  if (given <= 0)
    co_return Grant{false, milliseconds(std::clamp<int64_t>(answer[1].Integer(), 10, kLongestWaitMs)), {}};
  // A call dearer than a quota allows at once goes all the same, and is paid for afterwards.
  const double beyond = given - wish.cost;
  if (beyond < 0) unsettled_ -= beyond;
  if (beyond > 0) {
    in_hand_ += beyond;
    in_hand_since_ = clock_.Monotonic();
  }
  co_return Grant{true, {}, clock_.Monotonic()};
}

void SharedPoints::Settle(double more) {
  unsettled_ += more;
}

void SharedPoints::Tell(std::optional<double> remaining, std::optional<double> quota) {
  if (quota && *quota > 0 && *quota != quota_) {
    quota_ = *quota;
    told_quota_ = *quota;
  }
  if (!remaining) return;
  const double used = quota_ - *remaining;
  // Ours counts calls that Jira hasn't seen yet.
  if (left_ && used <= quota_ - *left_) return;
  const int64_t period = Period();
  told_used_ = told_period_ == period ? std::max(told_used_, used) : used;
  told_period_ = period;
}

Grant SharedPoints::DrawAlone(double cost) {
  const base::MonotonicTime now = clock_.Monotonic();
  if (!alone_) {
    const double rate = quota_ * kAloneShare / base::InSeconds(options_.period);
    alone_.emplace(rate, std::max(1.0, rate), now);
  }
  const base::Duration wait = alone_->TryTake(cost, now);
  if (wait > base::Duration::zero()) return {false, wait, {}};
  return {true, {}, now};
}

base::Task<absl::Status> SharedPoints::Pause(std::string site, milliseconds duration) {
  in_hand_ = 0;
  base::MonotonicTime& until = paused_until_[site];
  until = std::max(until, clock_.Monotonic() + duration);
  std::string field = site.empty() ? std::string("p") : "s:" + site;
  std::string key = prefix_;
  co_return co_await PauseQuota(redis_, std::move(key), std::move(field), duration);
}

}  // namespace tajo::store
