#include "simulators/jira/json_writer.h"

#include <charconv>
#include <chrono>
#include <cstdlib>

#include "simulators/jira/zone.h"

namespace tajo::jira_sim {
namespace {

void AppendNumber(std::string& out, int64_t number) {
  char buffer[24];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, number);
  out.append(buffer, end.ptr);
}

void AppendPadded(std::string& out, int64_t number, int width) {
  char buffer[8];
  for (int i = width - 1; i >= 0; --i) {
    buffer[i] = static_cast<char>('0' + number % 10);
    number /= 10;
  }
  out.append(buffer, static_cast<std::size_t>(width));
}

void AppendDate(std::string& out, int64_t days) {
  const std::chrono::year_month_day date{std::chrono::sys_days{std::chrono::days{days}}};
  AppendPadded(out, static_cast<int>(date.year()), 4);
  out += '-';
  AppendPadded(out, static_cast<unsigned>(date.month()), 2);
  out += '-';
  AppendPadded(out, static_cast<unsigned>(date.day()), 2);
}

constexpr Millis kDay = 86'400'000;

void AppendTime(std::string& out, Millis time, const Zone& zone) {
  const int offset = zone.OffsetSeconds(time);
  const Millis local = time + offset * 1000LL;
  const int64_t days = local >= 0 ? local / kDay : (local - kDay + 1) / kDay;
  const Millis rest = local - days * kDay;
  AppendDate(out, days);
  out += 'T';
  AppendPadded(out, rest / 3'600'000, 2);
  out += ':';
  AppendPadded(out, rest / 60'000 % 60, 2);
  out += ':';
  AppendPadded(out, rest / 1000 % 60, 2);
  out += '.';
  AppendPadded(out, rest % 1000, 3);
  out += offset < 0 ? '-' : '+';
  AppendPadded(out, std::abs(offset) / 3600, 2);
  AppendPadded(out, std::abs(offset) / 60 % 60, 2);
}

void AppendEscaped(std::string& out, std::string_view text) {
  std::size_t plain = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c >= 0x20 && c != '"' && c != '\\') continue;
    out.append(text.substr(plain, i - plain));
    plain = i + 1;
    if (c == '"' || c == '\\') {
      out += '\\';
      out += static_cast<char>(c);
    } else if (c == '\n') {
      out += "\\n";
    } else {
      constexpr std::string_view kHex = "0123456789abcdef";
      out += "\\u00";
      out += kHex[c >> 4];
      out += kHex[c & 15];
    }
  }
  out.append(text.substr(plain));
}

}  // namespace

void JsonWriter::Comma() {
  if (comma_) out_ += ',';
  comma_ = true;
}

JsonWriter& JsonWriter::Open(char bracket) {
  Comma();
  out_ += bracket;
  comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::Close(char bracket) {
  out_ += bracket;
  comma_ = true;
  return *this;
}

JsonWriter& JsonWriter::Key(std::string_view name) {
  Comma();
  out_ += '"';
  out_ += name;
  out_ += "\":";
  comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::String(std::string_view text) {
  BeginString();
  AppendEscaped(out_, text);
  return EndString();
}

JsonWriter& JsonWriter::Int(int64_t number) {
  Comma();
  AppendNumber(out_, number);
  return *this;
}

JsonWriter& JsonWriter::Raw(std::string_view json) {
  Comma();
  out_ += json;
  return *this;
}

JsonWriter& JsonWriter::Id(int64_t id) {
  return BeginString().Piece(id).EndString();
}

JsonWriter& JsonWriter::Time(Millis time, const Zone& zone) {
  if (time == 0) return Null();
  BeginString();
  AppendTime(out_, time, zone);
  return EndString();
}

JsonWriter& JsonWriter::Date(Millis time) {
  BeginString();
  AppendDate(out_, time / kDay);
  return EndString();
}

JsonWriter& JsonWriter::BeginString() {
  Comma();
  out_ += '"';
  return *this;
}

JsonWriter& JsonWriter::Piece(std::string_view text) {
  out_ += text;
  return *this;
}

JsonWriter& JsonWriter::Piece(int64_t number) {
  AppendNumber(out_, number);
  return *this;
}

JsonWriter& JsonWriter::EndString() {
  out_ += '"';
  return *this;
}

std::string FormatTime(Millis time, const Zone& zone) {
  std::string out;
  AppendTime(out, time, zone);
  return out;
}

std::string FormatDate(Millis time) {
  std::string out;
  AppendDate(out, time / kDay);
  return out;
}

}  // namespace tajo::jira_sim
