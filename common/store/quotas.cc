#include "common/store/quotas.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "common/base/error.h"
#include "common/store/lua_scripts.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::store {
namespace {

using std::chrono::milliseconds;

constexpr std::chrono::seconds kHandLife{1};
// Of a second's share, drawn beyond the need where there are plenty: fewer calls, little lost.
constexpr double kSurplusSeconds = 0.1;
constexpr double kAloneShare = 0.25;
constexpr milliseconds kLongestWait{1'000};  // a pause may be corrected meanwhile

const redis::Script& DrawScript() {
  static const redis::Script script(lua::kDrawTokens);
  return script;
}
const redis::Script& CorrectScript() {
  static const redis::Script script(lua::kCorrectTokens);
  return script;
}
const redis::Script& PauseScript() {
  static const redis::Script script(lua::kPauseTokens);
  return script;
}

std::string Text(double number) {
  return fmt::format("{:.6f}", number);
}

bool IsAway(const absl::Status& status) {
  const base::Reason reason = base::ReasonOf(status);
  return reason == jira::v1::REDIS_UNAVAILABLE || reason == jira::v1::REDIS_AMBIGUOUS;
}

}  // namespace

SharedBucket::SharedBucket(redis::Client& redis, base::Clock& clock, std::string key, double rate_per_second,
                           double burst)
    : redis_(redis), clock_(clock), key_(std::move(key)), rate_per_second_(rate_per_second), burst_(burst) {}

// A bucket that nobody touched for longer than it takes to fill is full: it needn't be kept. A day at
// least, for pauses until a quota's reset.
std::string SharedBucket::LifeSeconds() const {
  const double fills = rate_per_second_ > 0 ? burst_ / rate_per_second_ : 0;
  return fmt::format("{}", static_cast<int64_t>(std::max(86'400.0, fills * 2)));
}

bool SharedBucket::DrawFromHand(double tokens) {
  if (clock_.Monotonic() >= in_hand_until_) in_hand_ = 0;
  if (in_hand_ < tokens) return false;
  in_hand_ -= tokens;
  return true;
}

milliseconds SharedBucket::DrawAlone(double tokens) {
  const base::MonotonicTime now = clock_.Monotonic();
  if (now < paused_until_) return std::chrono::ceil<milliseconds>(paused_until_ - now);
  const double rate = std::max(rate_per_second_ * kAloneShare, 1e-6);
  const double seconds = std::chrono::duration<double>(now - std::max(alone_since_, paused_until_)).count();
  // Begins with one call's worth, not with the burst: the shared bucket may just have been emptied.
  const double most = std::max(tokens, rate);
  alone_ = alone_since_ == base::MonotonicTime{} ? tokens : std::min(most, alone_ + seconds * rate);
  alone_since_ = now;
  if (alone_ >= tokens) {
    alone_ -= tokens;
    return milliseconds(0);
  }
  return milliseconds(static_cast<int64_t>(std::ceil((tokens - alone_) * 1000 / rate)));
}

base::Task<absl::Status> SharedBucket::Acquire(double tokens) {
  if (tokens > burst_) {
    co_return base::Error(jira::v1::INTERNAL,
                          fmt::format("{} tokens are more than the bucket ever holds ({})", tokens, burst_));
  }
  while (!DrawFromHand(tokens)) {
    const double want = tokens + std::floor(rate_per_second_ * kSurplusSeconds);
    redis::Args keys = {key_};
    redis::Args args = {Text(rate_per_second_), Text(burst_), Text(tokens), Text(std::min(want, burst_)),
                        LifeSeconds()};
    const absl::StatusOr<redis::Reply> reply = co_await redis_.Run(DrawScript(), std::move(keys), std::move(args));
    milliseconds wait{0};
    if (reply.ok() && reply->Elements().size() == 2) {
      const double drawn = static_cast<double>(reply->Elements()[0].Integer()) / 1000;
      if (drawn > 0) {
        DrawFromHand(0);  // forgets what is too old
        in_hand_ += std::max(0.0, drawn - tokens);
        in_hand_until_ = clock_.Monotonic() + kHandLife;
        co_return absl::OkStatus();
      }
      wait = milliseconds(std::max<int64_t>(1, reply->Elements()[1].Integer()));
    } else if (!reply.ok() && IsAway(reply.status())) {
      wait = DrawAlone(tokens);
      if (wait.count() == 0) co_return absl::OkStatus();
    } else {
      co_return reply.ok() ? base::Error(jira::v1::INTERNAL, "the quota script gave no answer") : reply.status();
    }
    co_await clock_.Sleep(std::min(wait, kLongestWait));
  }
  co_return absl::OkStatus();
}

base::Task<absl::Status> SharedBucket::Correct(double limit_per_second, double remaining, milliseconds resets_in) {
  in_hand_ = std::min(in_hand_, std::max(0.0, remaining));
  redis::Args keys = {key_};
  redis::Args args = {Text(limit_per_second),
                      Text(std::max(0.0, remaining)),
                      std::to_string(resets_in.count()),
                      Text(rate_per_second_),
                      Text(burst_),
                      LifeSeconds()};
  const absl::StatusOr<redis::Reply> reply = co_await redis_.Run(CorrectScript(), std::move(keys), std::move(args));
  co_return reply.status();
}

base::Task<absl::Status> SharedBucket::Pause(milliseconds duration) {
  in_hand_ = 0;
  paused_until_ = std::max(paused_until_, clock_.Monotonic() + duration);
  redis::Args keys = {key_};
  redis::Args args = {std::to_string(duration.count()), LifeSeconds()};
  const absl::StatusOr<redis::Reply> reply = co_await redis_.Run(PauseScript(), std::move(keys), std::move(args));
  co_return reply.status();
}

}  // namespace tajo::store
