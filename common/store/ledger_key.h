#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/base/clock.h"

namespace tajo::store {

inline constexpr std::size_t kLedgerUidBytes = 16;

// The ledger's hashes: "sent:<yyyymmdd>:<first byte of the uid>", by the day (UTC) of the change.
std::string LedgerDay(int64_t event_ms);  // "20260326"
std::string LedgerKey(std::string_view day, std::string_view uid);
// How long the hash of that day still lives, in seconds, at least a minute: two days more than
// events are accepted, since the neighbouring days are looked at too.
int64_t LedgerLifeSeconds(int64_t event_ms, int64_t now_ms, int ledger_days);

inline constexpr int64_t kDayMs = 86'400'000;
inline constexpr int64_t kUserAgeMs = 7 * kDayMs;  // a user is looked up again after

}  // namespace tajo::store
