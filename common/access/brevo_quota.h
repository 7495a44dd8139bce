#pragma once

#include <array>
#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "common/access/quota_queue.h"
#include "common/base/clock.h"
#include "common/brevo/families.h"
#include "common/redis/client.h"
#include "common/store/shared_pace.h"
#include "common/store/shared_window.h"

namespace tajo::access {

// How close to a limit a second that is paced goes: calls reach Brevo earlier or later than they were
// sent, and a limit of ten must hold in any second.
store::Pace BrevoPace(const brevo::Limit& limit);
// What a lane leaves to those before it, of the calls of an hour.
store::SharedWindow::Share BrevoShare(brevo::Family family, brevo::Lane lane);

// What this loop knows and draws of one Brevo account: a quota per family, shared through Redis in
// "tajo:{brevo:<account>}:<family>", with "...:limits" (family -> "<calls>/<seconds>") as learnt from
// Brevo's headers. Starts with the General plan.
class BrevoQuota {
 public:
  // `observer` may be null.
  BrevoQuota(redis::Client& redis, base::Clock& clock, std::string account, QuotaObserver* observer);
  ~BrevoQuota();

  base::Task<absl::Status> Acquire(brevo::Family family, brevo::Lane lane, QuotaWaits& waits);
  base::Task<void> Observe(brevo::Family family, double limit, double remaining, double reset_seconds);
  base::Task<void> Pause(brevo::Family family, std::chrono::milliseconds duration);
  std::optional<brevo::Limit> Measured(brevo::Family family) const;

 private:
  struct Quota;
  Quota& Of(brevo::Family family) const { return *quotas_.at(static_cast<std::size_t>(family)); }
  // Whether batches share a bucket isn't documented: they draw on the one whose limit they show, and
  // on that of events before they showed any. Sharing never sends too much.
  Quota& DrawnFrom(brevo::Family family) const;
  void Learn(brevo::Family family, const brevo::Limit& limit);
  base::Task<void> ReadLimits();
  base::Task<absl::StatusOr<store::Grant>> Draw(brevo::Family family, brevo::Lane lane, std::size_t waiting);
  base::Task<bool> Confirm(brevo::Family family, brevo::Lane lane, base::MonotonicTime at);

  redis::Client& redis_;
  base::Clock& clock_;
  std::string prefix_;
  QuotaObserver* observer_;
  std::array<std::unique_ptr<Quota>, brevo::kFamilies> quotas_;
  std::optional<base::MonotonicTime> limits_read_;
};

// The limits of one access to an account.
class BrevoGovernor final : public brevo::Governor {
 public:
  BrevoGovernor(base::Clock& clock, std::shared_ptr<BrevoQuota> quota, QuotaObserver* observer)
      : quota_(std::move(quota)), waits_(clock, observer) {}

  base::Task<absl::Status> Acquire(brevo::Family family, brevo::Lane lane) override;
  base::Task<void> Observe(brevo::Family family, double limit, double remaining, double reset_seconds) override;
  base::Task<void> Pause(brevo::Family family, std::chrono::milliseconds duration) override;
  std::optional<brevo::Limit> Measured(brevo::Family family) const override { return quota_->Measured(family); }

  // From the next call on: another account's, once it is known which.
  void Use(std::shared_ptr<BrevoQuota> quota) { quota_ = std::move(quota); }
  void Close() { waits_.Close(); }

 private:
  std::shared_ptr<BrevoQuota> quota_;
  QuotaWaits waits_;
};

}  // namespace tajo::access
