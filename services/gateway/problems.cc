#include "services/gateway/problems.h"

#include <fmt/format.h>

#include <string>
#include <utility>

#include "common/base/error.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::gateway {

absl::Status Invalid(std::string_view field, std::string_view message) {
  return base::FieldError(jira::v1::REQUEST_INVALID, field, message);
}

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
