#include "common/store/shared_window.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "common/store/lua_scripts.h"

namespace tajo::store {
namespace {

using std::chrono::milliseconds;

constexpr int kSlices = 60;

const redis::Script& DrawWindowScript() {
  static const redis::Script script(lua::kDrawWindow);
  return script;
}
const redis::Script& TellScript() {
  static const redis::Script script(lua::kTellWindow);
  return script;
}

std::string SliceText(std::chrono::seconds period) {
  return std::to_string(milliseconds(period).count() / kSlices);
}

}  // namespace

SharedWindow::SharedWindow(redis::Client& redis, base::Clock& clock, std::string key, double calls,
                           std::chrono::seconds period)
    : redis_(redis), clock_(clock), key_(std::move(key)), calls_(calls), period_(period) {}

base::Task<absl::StatusOr<Grant>> SharedWindow::Draw(Share share) {
  const base::MonotonicTime now = clock_.Monotonic();
  if (now < paused_until_) co_return Grant{false, paused_until_ - now, {}};
  const double spread_from = share.spread ? calls_ / 2 : calls_;
  redis::Args keys = {key_};
  redis::Args args = {fmt::format("{:.0f}", calls_),
                      SliceText(period_),
                      std::to_string(kSlices),
                      fmt::format("{:.3f}", calls_ * share.left_to_others),
                      fmt::format("{:.0f}", spread_from),
                      fmt::format("{:.0f}", static_cast<double>(milliseconds(period_).count()) / calls_)};
  const auto reply = co_await redis_.Run(DrawWindowScript(), std::move(keys), std::move(args));
  if (!reply.ok() && IsAway(reply.status())) co_return DrawAlone();
  if (!reply.ok()) co_return reply.status();
  if (reply->Elements().size() != 3) co_return base::Error(jira::v1::INTERNAL, "the quota script gave no answer");
  alone_.reset();
  counted_ = static_cast<double>(reply->Elements()[2].Integer());
  if (reply->Elements()[0].Integer() == 1) co_return Grant{true, {}, clock_.Monotonic()};
  co_return Grant{false, milliseconds(std::max<int64_t>(reply->Elements()[1].Integer(), 1)), {}};
}

Grant SharedWindow::DrawAlone() {
  const base::MonotonicTime now = clock_.Monotonic();
  if (!alone_) alone_.emplace(calls_ * kAloneShare / static_cast<double>(period_.count()), 1, now);
  const base::Duration wait = alone_->TryTake(1, now);
  if (wait > base::Duration::zero()) return {false, wait, {}};
  return {true, {}, now};
}

base::Task<absl::Status> SharedWindow::Tell(double remaining, milliseconds resets_in) {
  const double used = calls_ - remaining;
  if (used <= counted_ || resets_in.count() <= 0) co_return absl::OkStatus();
  counted_ = used;
  redis::Args keys = {key_};
  redis::Args args = {fmt::format("{:.0f}", used), std::to_string(resets_in.count()), SliceText(period_),
                      std::to_string(kSlices)};
  const auto reply = co_await redis_.Run(TellScript(), std::move(keys), std::move(args));
  co_return reply.status();
}

base::Task<absl::Status> SharedWindow::Pause(milliseconds duration) {
  paused_until_ = std::max(paused_until_, clock_.Monotonic() + duration);
  std::string key = key_;
  std::string field = "p";
  co_return co_await PauseQuota(redis_, std::move(key), std::move(field), duration);
}

}  // namespace tajo::store
