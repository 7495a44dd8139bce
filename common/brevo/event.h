#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "common/brevo/types.h"

namespace tajo::brevo {

inline constexpr std::size_t kMaxNameBytes = 255;
inline constexpr std::size_t kMaxPropertiesBytes = 50'000;  // "50 KB"; KB isn't defined, so the smaller one

// An event on a contact's timeline.
struct TimelineEvent {
  std::string name;  // "jira_issue_created"
  Identifier contact;
  int64_t at_ms = 0;            // 0: when Brevo receives it
  std::string properties_json;  // an object; may be empty
};

// Letters, digits, '_' and '-', 1 to 255 of them: event names and property keys.
bool IsValidName(std::string_view name);
// The same name with whatever isn't allowed as '_': "jira:issue_updated" -> "jira_issue_updated".
std::string SanitizeName(std::string_view name);

// The event as Brevo's JSON. REQUEST_INVALID for a bad name, key or identifier, EVENT_TOO_LARGE
// beyond 50 KB of properties: Brevo would refuse it, or the whole batch with it.
absl::StatusOr<std::string> EncodeEvent(const TimelineEvent& event);

}  // namespace tajo::brevo
