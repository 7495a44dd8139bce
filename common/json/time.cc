#include "common/json/time.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>

namespace tajo::json {
namespace {

namespace chrono = std::chrono;

constexpr int64_t kFirstMillis = -62167219200000;  // 0000-01-01T00:00:00.000Z
constexpr int64_t kLastMillis = 253402300799999;   // 9999-12-31T23:59:59.999Z
constexpr std::size_t kEpochDigits = 11;           // fewer would be seconds, or a year

bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}

// Takes a text from its beginning, piece by piece.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  bool AtEnd() const { return text_.empty(); }
  bool Take(char expected) {
    if (text_.empty() || text_.front() != expected) return false;
    text_.remove_prefix(1);
    return true;
  }
  // Exactly `count` digits, at most `max`.
  std::optional<int> Number(std::size_t count, int max) {
    if (text_.size() < count) return std::nullopt;
    int value = 0;
    for (const char c : text_.substr(0, count)) {
      if (!IsDigit(c)) return std::nullopt;
      value = value * 10 + (c - '0');
    }
    if (value > max) return std::nullopt;
    text_.remove_prefix(count);
    return value;
  }
  // One or more digits of a fraction, as milliseconds.
  std::optional<int> Fraction() {
    int millis = 0;
    int weight = 100;
    std::size_t count = 0;
    for (; count < text_.size() && IsDigit(text_[count]); ++count) {
      millis += (text_[count] - '0') * weight;
      weight /= 10;
    }
    if (count == 0) return std::nullopt;
    text_.remove_prefix(count);
    return millis;
  }

 private:
  std::string_view text_;
};

std::optional<chrono::milliseconds> TakeTimeOfDay(Scanner& scanner) {
  const auto hours = scanner.Number(2, 23);
  if (!hours || !scanner.Take(':')) return std::nullopt;
  const auto minutes = scanner.Number(2, 59);
  if (!minutes) return std::nullopt;
  chrono::milliseconds time = chrono::hours(*hours) + chrono::minutes(*minutes);
  if (!scanner.Take(':')) return time;
  const auto seconds = scanner.Number(2, 60);  // 60: a leap second, taken as the next one
  if (!seconds) return std::nullopt;
  time += chrono::seconds(*seconds);
  if (!scanner.Take('.') && !scanner.Take(',')) return time;
  const auto millis = scanner.Fraction();
  if (!millis) return std::nullopt;
  return time + chrono::milliseconds(*millis);
}

// How far the zone is ahead of UTC: Z, +01:00, +0100, +01.
std::optional<chrono::minutes> TakeZone(Scanner& scanner) {
  if (scanner.Take('Z') || scanner.Take('z')) return chrono::minutes(0);
  const bool ahead = scanner.Take('+');
  if (!ahead && !scanner.Take('-')) return std::nullopt;
  const auto hours = scanner.Number(2, 23);
  if (!hours) return std::nullopt;
  chrono::minutes offset = chrono::hours(*hours);
  if (scanner.Take(':') || !scanner.AtEnd()) {
    const auto minutes = scanner.Number(2, 59);
    if (!minutes) return std::nullopt;
    offset += chrono::minutes(*minutes);
  }
  return ahead ? offset : -offset;
}

std::optional<int64_t> ParseDigits(std::string_view text) {
  int64_t millis = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), millis);
  if (result.ec != std::errc() || result.ptr != text.data() + text.size()) return std::nullopt;
  return ParseJiraTime(millis);
}

// Of a time within the years above.
std::string FormatDay(chrono::sys_days day) {
  const chrono::year_month_day date(day);
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                     static_cast<unsigned>(date.day()));
}

chrono::sys_time<chrono::milliseconds> Clamp(int64_t millis) {
  return chrono::sys_time<chrono::milliseconds>(chrono::milliseconds(std::clamp(millis, kFirstMillis, kLastMillis)));
}

}  // namespace

std::optional<int64_t> ParseJiraTime(std::string_view text) {
  if (text.size() >= kEpochDigits && std::ranges::all_of(text, IsDigit)) return ParseDigits(text);
  Scanner scanner(text);
  const auto year = scanner.Number(4, 9999);
  if (!year || !scanner.Take('-')) return std::nullopt;
  const auto month = scanner.Number(2, 12);
  if (!month || !scanner.Take('-')) return std::nullopt;
  const auto day = scanner.Number(2, 31);
  if (!day) return std::nullopt;
  const chrono::year_month_day date(chrono::year(*year), chrono::month(static_cast<unsigned>(*month)),
                                    chrono::day(static_cast<unsigned>(*day)));
  if (!date.ok()) return std::nullopt;
  chrono::sys_time<chrono::milliseconds> time = chrono::sys_days(date);
  if (!scanner.AtEnd()) {
    if (!scanner.Take('T') && !scanner.Take('t') && !scanner.Take(' ')) return std::nullopt;
    const auto time_of_day = TakeTimeOfDay(scanner);
    if (!time_of_day) return std::nullopt;
    const auto zone = TakeZone(scanner);
    if (!zone || !scanner.AtEnd()) return std::nullopt;
    time += *time_of_day - *zone;
  }
  return ParseJiraTime(static_cast<int64_t>(time.time_since_epoch().count()));
}

std::optional<int64_t> ParseJiraTime(int64_t millis) {
  if (millis < kFirstMillis || millis > kLastMillis) return std::nullopt;
  return millis;
}

std::string FormatIso8601(int64_t millis) {
  const auto time = Clamp(millis);
  const auto day = chrono::floor<chrono::days>(time);
  const chrono::hh_mm_ss clock(time - day);
  return fmt::format("{}T{:02}:{:02}:{:02}.{:03}Z", FormatDay(day), clock.hours().count(), clock.minutes().count(),
                     clock.seconds().count(), clock.subseconds().count());
}

std::string FormatDate(int64_t millis) {
  return FormatDay(chrono::floor<chrono::days>(Clamp(millis)));
}

}  // namespace tajo::json
