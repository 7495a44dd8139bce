#include "common/telemetry/log_line.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <iterator>

#include "common/telemetry/redact.h"

namespace tajo::telemetry {
namespace {

constexpr std::array<std::string_view, 5> kLevelNames = {"trace", "debug", "info", "warn", "error"};
constexpr std::array<std::string_view, 4> kReserved = {"time", "level", "service", "message"};
constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

// Length of the well-formed UTF-8 sequence at the start of `text`; 0 if there is none.
std::size_t Utf8Length(std::string_view text) {
  const auto byte = [text](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u; };
  const auto follows = [&byte](std::size_t i) { return (byte(i) & 0xC0u) == 0x80u; };
  const unsigned first = byte(0);
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF) return follows(1) ? 2 : 0;
  if (first >= 0xE0 && first <= 0xEF) {
    const bool overlong = first == 0xE0 && byte(1) < 0xA0;
    const bool surrogate = first == 0xED && byte(1) > 0x9F;
    return follows(1) && follows(2) && !overlong && !surrogate ? 3 : 0;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    const bool overlong = first == 0xF0 && byte(1) < 0x90;
    const bool too_high = first == 0xF4 && byte(1) > 0x8F;
    return follows(1) && follows(2) && follows(3) && !overlong && !too_high ? 4 : 0;
  }
  return 0;
}

// As the inside of a JSON string.
void AppendEscaped(std::string& out, std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = Utf8Length(text);
    const char c = text.front();
    if (length == 0) {
      out += kReplacement;
    } else if (length > 1) {
      out += text.substr(0, length);
    } else if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (c == '\r') {
      out += "\\r";
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned>(c));
    } else {
      out += c;
    }
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
}

void AppendQuoted(std::string& out, std::string_view text) {
  out += '"';
  AppendEscaped(out, text);
  out += '"';
}

bool IsMeasure(std::string_view name) {
  constexpr std::array<std::string_view, 5> kUnits = {"count", "bytes", "seconds", "_ms", "_left"};
  return std::ranges::any_of(kUnits, [name](std::string_view unit) { return name.ends_with(unit); });
}

bool NeedsQuotes(std::string_view text) {
  return text.empty() || std::ranges::any_of(text, [](char c) {
           return c == ' ' || c == '"' || c == '\\' || c == '=' || static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
         });
}

void AppendText(std::string& out, std::string_view text, LogFormat format) {
  if (format == LogFormat::kJson || NeedsQuotes(text)) {
    AppendQuoted(out, text);
  } else {
    AppendEscaped(out, text);
  }
}

void AppendValue(std::string& out, const LogField& field, LogFormat format) {
  const auto& value = field.value.Get();
  const auto* text = std::get_if<std::string_view>(&value);
  if (IsSensitiveName(field.name) && (text != nullptr || !IsMeasure(field.name))) {
    AppendText(out, "[redacted]", format);
  } else if (text != nullptr) {
    AppendText(out, Redact(*text), format);
  } else if (const auto* truth = std::get_if<bool>(&value)) {
    out += *truth ? "true" : "false";
  } else if (const auto* number = std::get_if<int64_t>(&value)) {
    out += std::to_string(*number);
  } else if (const auto* natural = std::get_if<uint64_t>(&value)) {
    out += std::to_string(*natural);
  } else if (const double real = std::get<double>(value); std::isfinite(real)) {
    fmt::format_to(std::back_inserter(out), "{}", real);
  } else {
    AppendText(out, fmt::format("{}", real), format);
  }
}

std::string FormatTime(base::WallTime time) {
  const auto millis = std::chrono::floor<std::chrono::milliseconds>(time);
  const auto day = std::chrono::floor<std::chrono::days>(millis);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(millis - day);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), clock.hours().count(),
                     clock.minutes().count(), clock.seconds().count(), clock.subseconds().count());
}

std::string FormatJson(const LogLine& line) {
  std::string out =
      fmt::format(R"({{"time":"{}","level":"{}","service":)", FormatTime(line.time), LevelName(line.level));
  AppendQuoted(out, line.service);
  out += R"(,"message":)";
  AppendQuoted(out, Redact(line.message));
  for (const LogField& field : line.fields) {
    out += ",\"";
    if (std::ranges::find(kReserved, field.name) != kReserved.end()) out += "field_";
    AppendEscaped(out, field.name);
    out += "\":";
    AppendValue(out, field, LogFormat::kJson);
  }
  out += '}';
  return out;
}

std::string FormatText(const LogLine& line) {
  std::string out = fmt::format("{} {:<5} ", FormatTime(line.time), LevelName(line.level));
  AppendEscaped(out, line.service);
  out += ' ';
  AppendEscaped(out, Redact(line.message));
  for (const LogField& field : line.fields) {
    out += ' ';
    AppendEscaped(out, field.name);
    out += '=';
    AppendValue(out, field, LogFormat::kText);
  }
  return out;
}

}  // namespace

std::optional<LogLevel> ParseLogLevel(std::string_view word) {
  if (word == "verbose") return LogLevel::kDebug;
  if (word == "warning") return LogLevel::kWarn;
  const auto found = std::ranges::find(kLevelNames, word);
  if (found == kLevelNames.end()) return std::nullopt;
  return static_cast<LogLevel>(found - kLevelNames.begin());
}

std::optional<LogFormat> ParseLogFormat(std::string_view word) {
  if (word == "json") return LogFormat::kJson;
  if (word == "text") return LogFormat::kText;
  return std::nullopt;
}

std::string_view LevelName(LogLevel level) {
  return kLevelNames.at(static_cast<std::size_t>(level));
}

std::string FormatLine(const LogLine& line, LogFormat format) {
  return format == LogFormat::kJson ? FormatJson(line) : FormatText(line);
}

}  // namespace tajo::telemetry
