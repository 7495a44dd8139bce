#pragma once

#include <array>
#include <chrono>
#include <memory>
#include <optional>

#include "common/base/clock.h"
#include "common/brevo/families.h"

namespace tajo::brevo {

// A token bucket per family in this process alone; starts at the General plan and follows what
// Brevo's headers say. Used from one loop; must outlive the calls that wait in it.
class LocalGovernor final : public Governor {
 public:
  explicit LocalGovernor(base::Clock& clock);
  ~LocalGovernor() override;

  base::Task<absl::Status> Acquire(Family family, Lane lane) override;
  void Observe(Family family, double limit, double remaining, double reset_seconds) override;
  void Pause(Family family, std::chrono::milliseconds duration) override;
  std::optional<Limit> Measured(Family family) const override;

 private:
  struct Bucket;
  Bucket& Of(Family family) const;
  // Event batches count as events until Brevo shows another limit for them: whether they share a
  // bucket isn't documented, and sharing never sends too much.
  Bucket& DrawnFrom(Family family) const;

  base::Clock& clock_;
  std::array<std::unique_ptr<Bucket>, kFamilies> buckets_;
};

}  // namespace tajo::brevo
