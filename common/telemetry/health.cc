#include "common/telemetry/health.h"

namespace tajo::telemetry {

Health::Health() : unmet_count_(0) {
  NotReady("starting");
}

void Health::NotReady(std::string_view condition, std::string_view detail) {
  const std::lock_guard lock(mutex_);
  unmet_.insert_or_assign(std::string(condition), std::string(detail));
  unmet_count_.store(unmet_.size(), std::memory_order_release);
}

void Health::Ready(std::string_view condition) {
  const std::lock_guard lock(mutex_);
  if (const auto found = unmet_.find(condition); found != unmet_.end()) unmet_.erase(found);
  unmet_count_.store(unmet_.size(), std::memory_order_release);
}

std::vector<std::string> Health::Reasons() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> reasons;
  reasons.reserve(unmet_.size());
  for (const auto& [condition, detail] : unmet_) {
    std::string& reason = reasons.emplace_back(condition);
    if (!detail.empty()) reason.append(": ").append(detail);
  }
  return reasons;
}

}  // namespace tajo::telemetry
