#include "simulators/brevo/limits.h"

#include <algorithm>

namespace tajo::brevo_sim {
namespace {

int64_t PerSecond(Plan plan) {
  return plan == Plan::kExtended ? 60 : plan == Plan::kAdvanced ? 20 : 10;
}
int64_t OthersPerHour(Plan plan) {
  return plan == Plan::kExtended ? 600 : plan == Plan::kAdvanced ? 200 : 100;
}

}  // namespace

Limits::Limits(const Options& options) : off_(options.plan == Plan::kOff) {
  const int64_t rps = PerSecond(options.plan);
  const int64_t rph = OthersPerHour(options.plan);
  windows_[0] = {options.contacts_rps > 0 ? options.contacts_rps : rps, std::chrono::seconds(1), {}, 0};
  windows_[1] = {options.events_rps > 0 ? options.events_rps : rps, std::chrono::seconds(1), {}, 0};
  windows_[2] = {options.other_rph > 0 ? options.other_rph : rph, std::chrono::hours(1), {}, 0};
}

std::optional<Limits::Count> Limits::Take(Bucket bucket, base::MonotonicTime now) {
  if (off_) return std::nullopt;
  Window& window = windows_.at(static_cast<std::size_t>(bucket));
  if (window.taken == 0 || now - window.begin >= window.period) {
    window.begin = now;
    window.taken = 0;
  }
  ++window.taken;
  const auto left = std::chrono::ceil<std::chrono::seconds>(window.begin + window.period - now);
  return Count{window.limit, std::max<int64_t>(0, window.limit - window.taken), left.count(),
               window.taken > window.limit};
}

}  // namespace tajo::brevo_sim
