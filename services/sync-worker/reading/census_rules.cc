#include "services/sync-worker/reading/census_rules.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace tajo::worker {

bool NeedsLoneRead(const Evidence& evidence) {
  return !evidence.read && evidence.project_visible && evidence.neighbour_read && evidence.levels_unused;
}

Fate FateOf(const Evidence& evidence) {
  if (evidence.read) return Fate::kThere;
  if (!NeedsLoneRead(evidence)) return Fate::kHidden;
  return evidence.not_found ? Fate::kDeleted : Fate::kUnknown;
}

bool ProjectIsGone(int64_t first_missed_ms, int64_t now_ms, int64_t census_every_ms) {
  return first_missed_ms != 0 && now_ms - first_missed_ms >= census_every_ms;
}

bool DeletionIsDated(int64_t last_change_ms, int64_t last_census_ms, int64_t now_ms, int64_t census_every_ms) {
  return now_ms - std::max(last_change_ms, last_census_ms) <= 2 * census_every_ms;
}

std::string KeyShownBy(const jira::v1::DesiredContact& desired, const jira::v1::ConnectionConfig& config) {
  for (const auto& mapping : config.field_mapping()) {
    if (mapping.source() != "issue_key") continue;
    const auto shown = desired.attributes().find(mapping.attribute());
    if (shown == desired.attributes().end()) continue;
    const auto value = nlohmann::json::parse(shown->second, nullptr, /*allow_exceptions=*/false);
    if (value.is_string()) return value.get<std::string>();
  }
  return {};
}

}  // namespace tajo::worker
