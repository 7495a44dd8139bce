#include "common/store/ledger_key.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

namespace tajo::store {

std::string LedgerDay(int64_t event_ms) {
  const std::chrono::year_month_day date(std::chrono::floor<std::chrono::days>(base::FromMillis(event_ms)));
  return fmt::format("{:04}{:02}{:02}", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                     static_cast<unsigned>(date.day()));
}

std::string LedgerKey(std::string_view day, std::string_view uid) {
  return fmt::format("sent:{}:{:02x}", day, uid.empty() ? 0u : static_cast<uint8_t>(uid[0]));
}

int64_t LedgerLifeSeconds(int64_t event_ms, int64_t now_ms, int ledger_days) {
  return std::max<int64_t>(60, (event_ms + (ledger_days + 2) * kDayMs - now_ms) / 1000);
}

}  // namespace tajo::store
