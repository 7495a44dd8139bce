#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "simulators/jira/jql_query.h"

namespace tajo::jira_sim::jql {

inline constexpr int64_t kEmptyValue = std::numeric_limits<int64_t>::min();

std::optional<Field> FieldByName(std::string_view name);
bool IsTime(Field field);
bool IsWords(Field field);

// What an operand stands for: the numbers that an issue's field is compared with.
absl::StatusOr<std::vector<int64_t>> Resolve(Field field, std::string_view field_name, const Operand& operand,
                                             const Context& context);

}  // namespace tajo::jira_sim::jql
