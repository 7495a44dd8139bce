#include "common/access/brevo_quota.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <utility>

namespace tajo::access {
namespace {

using brevo::Family;
using brevo::Lane;
using brevo::Limit;
using std::chrono::milliseconds;

constexpr double kOfASecond = 0.957;
constexpr milliseconds kBrevoLateness{15};
// Kept back of the hundred calls an hour that are for all else.
constexpr double kKeptForUrgent = 0.1;
constexpr double kKeptFromProbes = 0.25;
constexpr std::chrono::minutes kReadLimitsEvery{1};
constexpr char kLimitsLifeSeconds[] = "172800";

retry::Lane LaneOf(Lane lane) {
  return lane == Lane::kBackfill ? retry::Lane::kBackfill : retry::Lane::kLive;
}

bool Same(const Limit& a, const Limit& b) {
  return a.calls == b.calls && a.period == b.period;
}

// Also what is told by the hour, 36,000 say, holds in each second.
bool IsPaced(const Limit& limit) {
  return limit.PerSecond() >= 1;
}

std::optional<Limit> ParseLimit(const std::string& text) {
  char* end = nullptr;
  Limit limit;
  limit.calls = std::strtod(text.c_str(), &end);
  if (end == nullptr || *end != '/' || !(limit.calls > 0)) return std::nullopt;
  limit.period = std::chrono::seconds(std::strtoll(end + 1, nullptr, 10));
  if (limit.period.count() <= 0) return std::nullopt;
  return limit;
}

}  // namespace

store::Pace BrevoPace(const Limit& limit) {
  return {limit.PerSecond() * kOfASecond, base::Duration::zero(), kBrevoLateness};
}

store::SharedWindow::Share BrevoShare(Family family, Lane lane) {
  if (lane == Lane::kUrgent) return {0, false};
  if (family == Family::kSmtp) return {0, true};
  return {lane == Lane::kLive ? kKeptForUrgent : kKeptFromProbes, true};
}

struct BrevoQuota::Quota {
  Quota(redis::Client& redis, base::Clock& clock, std::string its_key, Family family, const Limit& first)
      : key(std::move(its_key)),
        limit(first),
        pace(redis, clock, key, BrevoPace(first)),
        queue(fmt::format("brevo_{}", brevo::FamilyName(family))),
        urgent(fmt::format("brevo_{}", brevo::FamilyName(family))) {
    MakeWindow(redis, clock);
  }
  void MakeWindow(redis::Client& redis, base::Clock& clock) {
    window = std::make_shared<store::SharedWindow>(redis, clock, key + ":window", limit.calls,
                                                   std::max(limit.period, std::chrono::seconds(60)));
  }

  std::string key;
  Limit limit;
  bool measured = false;
  store::SharedPace pace;
  // Shared with those who wait in it while a new limit makes another.
  std::shared_ptr<store::SharedWindow> window;
  QuotaQueue queue;
  QuotaQueue urgent;
};

BrevoQuota::BrevoQuota(redis::Client& redis, base::Clock& clock, std::string account, QuotaObserver* observer)
    : redis_(redis), clock_(clock), prefix_("tajo:{brevo:" + account + "}:"), observer_(observer) {
  for (std::size_t i = 0; i < brevo::kFamilies; ++i) {
    const auto family = static_cast<Family>(i);
    const std::string key = prefix_ + std::string(brevo::FamilyName(family));
    quotas_[i] = std::make_unique<Quota>(redis, clock, key, family, brevo::GeneralPlan(family));
  }
}

BrevoQuota::~BrevoQuota() = default;

BrevoQuota::Quota& BrevoQuota::DrawnFrom(Family family) const {
  Quota& own = Of(family);
  if (family != Family::kEventBatches) return own;
  for (const Family other : {Family::kEvents, Family::kOther}) {
    if (Same(own.limit, Of(other).limit)) return Of(other);
  }
  return own;
}

base::Task<absl::Status> BrevoQuota::Acquire(Family family, Lane lane, QuotaWaits& waits) {
  if (!limits_read_ || clock_.Monotonic() - *limits_read_ > kReadLimitsEvery) co_await ReadLimits();
  Quota& quota = DrawnFrom(family);
  const QuotaQueue::Ask ask = [this, family, lane](std::size_t waiting) { return Draw(family, lane, waiting); };
  const QuotaQueue::Check good = [this, family, lane](base::MonotonicTime at) { return Confirm(family, lane, at); };
  QuotaQueue& queue = lane == Lane::kUrgent ? quota.urgent : quota.queue;
  co_return co_await queue.Pass(LaneOf(lane), waits, ask, good);
}

base::Task<absl::StatusOr<store::Grant>> BrevoQuota::Draw(Family family, Lane lane, std::size_t waiting) {
  Quota& quota = DrawnFrom(family);
  if (IsPaced(quota.limit)) co_return co_await quota.pace.Draw(waiting, LaneOf(lane));
  const std::shared_ptr<store::SharedWindow> window = quota.window;
  co_return co_await window->Draw(BrevoShare(family, lane));
}

base::Task<bool> BrevoQuota::Confirm(Family family, Lane lane, base::MonotonicTime at) {
  Quota& quota = DrawnFrom(family);
  if (!IsPaced(quota.limit)) co_return quota.window->StillGood();
  co_return co_await quota.pace.Confirm(at, LaneOf(lane));
}

base::Task<void> BrevoQuota::ReadLimits() {
  limits_read_ = clock_.Monotonic();
  redis::Args read = {"HMGET", prefix_ + "limits"};
  for (std::size_t i = 0; i < brevo::kFamilies; ++i) read.emplace_back(brevo::FamilyName(static_cast<Family>(i)));
  const auto reply = co_await redis_.Execute(std::move(read));
  if (!reply.ok()) co_return;
  for (std::size_t i = 0; i < reply->Elements().size() && i < brevo::kFamilies; ++i) {
    if (const auto limit = ParseLimit(reply->Elements()[i].String())) Learn(static_cast<Family>(i), *limit);
  }
}

void BrevoQuota::Learn(Family family, const Limit& limit) {
  Quota& quota = Of(family);
  quota.measured = true;
  if (Same(quota.limit, limit)) return;
  quota.limit = limit;
  quota.pace.Set(BrevoPace(limit));
  quota.MakeWindow(redis_, clock_);
}

base::Task<void> BrevoQuota::Observe(Family family, double limit, double remaining, double reset_seconds) {
  if (limit <= 0) co_return;
  Quota& quota = Of(family);
  const Limit seen = brevo::InferLimit(limit, reset_seconds, quota.limit);
  const bool is_news = !quota.measured || !Same(seen, quota.limit);
  Learn(family, seen);
  if (observer_ != nullptr)
    observer_->BrevoHeadroom(brevo::FamilyName(family), std::clamp(remaining / limit, 0.0, 1.0));
  if (is_news) {
    redis::Args write = {"HSET", prefix_ + "limits", std::string(brevo::FamilyName(family)),
                         fmt::format("{:.0f}/{}", seen.calls, seen.period.count())};
    redis::Args keep = {"EXPIRE", prefix_ + "limits", kLimitsLifeSeconds};
    // What isn't stored now is learnt again.
    (void)co_await redis_.Execute(std::move(write));
    (void)co_await redis_.Execute(std::move(keep));
  }
  // What remains of a second is over before it could be told.
  Quota& drawn = DrawnFrom(family);
  if (IsPaced(drawn.limit)) co_return;
  const std::shared_ptr<store::SharedWindow> window = drawn.window;
  (void)co_await window->Tell(remaining, milliseconds(static_cast<int64_t>(reset_seconds * 1000)));
}

base::Task<void> BrevoQuota::Pause(Family family, milliseconds duration) {
  Quota& drawn = DrawnFrom(family);
  if (IsPaced(drawn.limit)) {
    (void)co_await drawn.pace.Pause(duration);
  } else {
    const std::shared_ptr<store::SharedWindow> window = drawn.window;
    (void)co_await window->Pause(duration);
  }
}

std::optional<Limit> BrevoQuota::Measured(Family family) const {
  const Quota& quota = Of(family);
  if (!quota.measured) return std::nullopt;
  return quota.limit;
}

base::Task<absl::Status> BrevoGovernor::Acquire(Family family, Lane lane) {
  const std::shared_ptr<BrevoQuota> quota = quota_;
  co_return co_await quota->Acquire(family, lane, waits_);
}

base::Task<void> BrevoGovernor::Observe(Family family, double limit, double remaining, double reset_seconds) {
  const std::shared_ptr<BrevoQuota> quota = quota_;
  co_await quota->Observe(family, limit, remaining, reset_seconds);
}

base::Task<void> BrevoGovernor::Pause(Family family, milliseconds duration) {
  const std::shared_ptr<BrevoQuota> quota = quota_;
  co_await quota->Pause(family, duration);
}

}  // namespace tajo::access
