#include "cli/output/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <utility>

#include "common/json/time.h"

namespace tajo::cli {
namespace {

constexpr std::size_t kGap = 2;
constexpr std::size_t kNarrowest = 8;

bool Continues(char byte) {
  return (static_cast<unsigned char>(byte) & 0xC0) == 0x80;
}

std::string Padded(const std::string& text, std::size_t width) {
  const std::size_t columns = Width(text);
  return columns >= width ? text : text + std::string(width - columns, ' ');
}

}  // namespace

std::string Printable(std::string_view text) {
  std::string line;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte < 0x20 || byte == 0x7F) {
      line += ' ';
    } else if (byte == 0xC2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xA0) {
      line += ' ';  // U+0080 to U+009F: a terminal may take them for the beginning of a command
      ++i;
    } else {
      line += text[i];
    }
  }
  return line;
}

std::size_t Width(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(text, [](char byte) { return !Continues(byte); }));
}

std::string Cut(std::string_view text, std::size_t columns) {
  if (Width(text) <= columns) return std::string(text);
  if (columns == 0) return "";
  std::size_t end = 0;
  for (std::size_t shown = 0; end < text.size(); ++end) {
    if (!Continues(text[end]) && ++shown == columns) break;
  }
  return std::string(text.substr(0, end)) + "…";
}

std::string Words(std::string_view enum_name) {
  std::string words(enum_name);
  for (char& c : words) c = c == '_' ? ' ' : static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return words;
}

std::string Count(int64_t number) {
  std::string digits = std::to_string(number);
  const int first = number < 0 ? 1 : 0;
  for (int at = static_cast<int>(digits.size()) - 3; at > first; at -= 3) {
    digits.insert(static_cast<std::size_t>(at), ",");
  }
  return digits;
}

std::string Span(int64_t seconds) {
  if (seconds >= 3600) return fmt::format("{} h {:02} min", seconds / 3600, seconds % 3600 / 60);
  if (seconds >= 60) return fmt::format("{} min {:02} s", seconds / 60, seconds % 60);
  return fmt::format("{} s", std::max<int64_t>(seconds, 0));
}

bool IsSet(const google::protobuf::Timestamp& time) {
  return time.seconds() > 0;
}

int64_t Millis(const google::protobuf::Timestamp& time) {
  return time.seconds() * 1000 + time.nanos() / 1'000'000;
}

std::string Iso(const google::protobuf::Timestamp& time) {
  return IsSet(time) ? json::FormatIso8601(Millis(time)) : "";
}

std::string When(const google::protobuf::Timestamp& time) {
  if (!IsSet(time)) return "never";
  std::string text = json::FormatIso8601(Millis(time)).substr(0, 19);
  text[10] = ' ';
  return text + " UTC";
}

void Table::Add(std::vector<std::string> row) {
  for (std::string& cell : row) cell = Printable(cell);
  row.resize(rows_.front().size());
  rows_.push_back(std::move(row));
}

std::string Table::Text(std::size_t width) const {
  const std::size_t columns = rows_.front().size();
  std::vector<std::size_t> widths(columns, 0);
  for (const auto& row : rows_) {
    for (std::size_t i = 0; i < columns; ++i) widths[i] = std::max(widths[i], Width(row[i]));
  }
  std::size_t before_last = 0;
  for (std::size_t i = 0; i + 1 < columns; ++i) before_last += widths[i] + kGap;
  const std::size_t room = width > before_last ? width - before_last : 0;
  std::string text;
  for (const auto& row : rows_) {
    std::string line;
    for (std::size_t i = 0; i + 1 < columns; ++i) line += Padded(row[i], widths[i] + kGap);
    line += width == 0 ? row.back() : Cut(row.back(), std::max(room, kNarrowest));
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + '\n';
  }
  return text;
}

std::string Labelled(const std::vector<std::pair<std::string, std::string>>& lines) {
  std::size_t width = 0;
  for (const auto& [label, value] : lines) {
    if (!value.empty()) width = std::max(width, Width(label));
  }
  std::string text;
  for (const auto& [label, value] : lines) {
    if (!value.empty()) text += fmt::format("  {}{}\n", Padded(label, width + kGap), Printable(value));
  }
  return text;
}

}  // namespace tajo::cli
