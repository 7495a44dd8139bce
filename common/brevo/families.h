#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string_view>

#include "absl/status/status.h"
#include "common/base/task.h"

namespace tajo::brevo {

// Brevo counts calls in buckets of their own, per account and over all its keys and tools.
enum class Family {
  kContacts,      // /contacts/...: contacts, imports, lists, attributes
  kEvents,        // POST /events
  kEventBatches,  // POST /events/batch: undocumented; the first answer's headers tell
  kSmtp,          // /smtp/...
  kOther,         // all else, also GET /events and /processes: 100 calls an hour
};
inline constexpr std::size_t kFamilies = 5;
std::string_view FamilyName(Family family);  // "contacts", "events", "event_batches", "smtp", "other"

// Live work goes before backfill. kUrgent may use what is kept back of a family: it's for looking after events
// whose answer was lost.
enum class Lane { kUrgent, kLive, kBackfill };

// So many calls in each period.
struct Limit {
  double calls = 0;
  std::chrono::seconds period{1};
  double PerSecond() const { return calls / static_cast<double>(period.count()); }
};

// Where a family starts before Brevo has said anything: the General plan.
Limit GeneralPlan(Family family);

// What `x-sib-ratelimit-limit: calls` and `-reset: seconds` mean. The headers don't name the period:
// a reset beyond a second can only be an hour's; within one, `known` decides if its number fits.
Limit InferLimit(double calls, double reset_seconds, const Limit& known);

// Says when a call may go out. Waiting here spends no attempt.
class Governor {
 public:
  virtual ~Governor() = default;
  // Returns when one call of that family is ours. An error means: don't send.
  virtual base::Task<absl::Status> Acquire(Family family, Lane lane) = 0;
  // Brevo's word after a call; reset_seconds is relative.
  virtual base::Task<void> Observe(Family family, double limit, double remaining, double reset_seconds) = 0;
  // 429: that family, and no other, is silent for so long.
  virtual base::Task<void> Pause(Family family, std::chrono::milliseconds duration) = 0;
  // The limit as known now; nothing while Brevo hasn't said.
  virtual std::optional<Limit> Measured(Family family) const = 0;
};

// Never waits.
class NoLimit final : public Governor {
 public:
  base::Task<absl::Status> Acquire(Family, Lane) override;
  base::Task<void> Observe(Family, double, double, double) override { co_return; }
  base::Task<void> Pause(Family, std::chrono::milliseconds) override { co_return; }
  std::optional<Limit> Measured(Family) const override { return std::nullopt; }
};

}  // namespace tajo::brevo
