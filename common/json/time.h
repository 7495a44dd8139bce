#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tajo::json {

// Times as the vendors write them, in milliseconds since 1970-01-01 UTC, from the year 0 to 9999:
//   2026-03-26T16:00:00.000+0000   Jira's REST and webhooks
//   2026-03-26T16:00Z              rate-limit headers, without seconds
//   2026-03-26T17:00:00+01:00      and any fraction of a second (cut to milliseconds)
//   2026-03-26                     a release date: midnight UTC
//   1790000000000                  epoch milliseconds as text (ADF), at least 11 digits
// Nothing for any other text; a time of day without a zone isn't a time.
std::optional<int64_t> ParseJiraTime(std::string_view text);
// Epoch milliseconds as Jira's webhooks have them; nothing outside of these years.
std::optional<int64_t> ParseJiraTime(int64_t millis);

// "2026-03-26T16:00:00.000Z". Times outside of the years above are moved to their edge.
std::string FormatIso8601(int64_t millis);
// "2026-03-26", the day in UTC.
std::string FormatDate(int64_t millis);

}  // namespace tajo::json
