#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "common/base/clock.h"

namespace tajo::telemetry {

enum class LogLevel { kTrace, kDebug, kInfo, kWarn, kError };
enum class LogFormat { kJson, kText };

// The words of --log-level ("verbose" is debug, "warning" is warn) and --log-format.
std::optional<LogLevel> ParseLogLevel(std::string_view word);
std::optional<LogFormat> ParseLogFormat(std::string_view word);
std::string_view LevelName(LogLevel level);

// One value of a log line; a view of the caller's text.
class LogValue {
 public:
  LogValue(bool value) : value_(value) {}  // NOLINT: implicit by intent
  template <std::signed_integral T>
  LogValue(T value) : value_(static_cast<int64_t>(value)) {}  // NOLINT
  template <std::unsigned_integral T>
    requires(!std::same_as<T, bool>)
  LogValue(T value) : value_(static_cast<uint64_t>(value)) {}              // NOLINT
  LogValue(double value) : value_(value) {}                                // NOLINT
  LogValue(std::string_view value) : value_(value) {}                      // NOLINT
  LogValue(const std::string& value) : value_(std::string_view(value)) {}  // NOLINT
  LogValue(const char* value) : value_(std::string_view(value)) {}         // NOLINT

  const std::variant<bool, int64_t, uint64_t, double, std::string_view>& Get() const { return value_; }

 private:
  std::variant<bool, int64_t, uint64_t, double, std::string_view> value_;
};

struct LogField {
  std::string_view name;
  LogValue value;
};

struct LogLine {
  base::WallTime time;
  LogLevel level = LogLevel::kInfo;
  std::string_view service;
  std::string_view message;
  std::span<const LogField> fields;
};

// One line without its end. Message and values are redacted; what isn't UTF-8 becomes U+FFFD; control
// characters are escaped, so that no value can forge a line. JSON keys: time, level, service, message,
// then the fields; one that is named like those gets the prefix "field_".
std::string FormatLine(const LogLine& line, LogFormat format);

}  // namespace tajo::telemetry
