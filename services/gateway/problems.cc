#include "services/gateway/problems.h"

#include <fmt/format.h>

#include <string>
#include <utility>

#include "common/base/error.h"

namespace tajo::gateway {

void Problems::Add(absl::Status problem) {
  if (!problem.ok()) problems_.push_back(std::move(problem));
}

absl::Status Problems::ToStatus() const {
  if (problems_.empty()) return absl::OkStatus();
  if (problems_.size() == 1) return problems_.front();
  std::string text = fmt::format("{} problems", problems_.size());
  for (std::size_t i = 0; i < problems_.size(); ++i) {
    text += fmt::format("{} ({}) {}", i == 0 ? ":" : ";", i + 1, std::string(problems_[i].message()));
  }
  return base::FieldError(base::ReasonOf(problems_.front()), base::FieldOf(problems_.front()), text);
}

}  // namespace tajo::gateway
