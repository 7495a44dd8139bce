#pragma once

#include <google/protobuf/timestamp.pb.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tajo::cli {

// What others wrote (a ticket's summary) must not move the reader's cursor: control characters become
// blanks, in one line.
std::string Printable(std::string_view text);
// Columns that it takes, a character each.
std::size_t Width(std::string_view text);
// At most `columns`, the last of them an ellipsis where something is missing.
std::string Cut(std::string_view text, std::size_t columns);
// "NEEDS_REAUTHORIZATION" -> "needs reauthorization"
std::string Words(std::string_view enum_name);
// "1,234,567"
std::string Count(int64_t number);
// "3 h 20 min", "4 min 05 s", "12 s"
std::string Span(int64_t seconds);

bool IsSet(const google::protobuf::Timestamp& time);
int64_t Millis(const google::protobuf::Timestamp& time);
// "2026-11-23T22:54:00.000Z"; empty if it isn't set.
std::string Iso(const google::protobuf::Timestamp& time);
// "2026-11-23 22:54:00 UTC"; "never" if it isn't set.
std::string When(const google::protobuf::Timestamp& time);

// Left-aligned columns. `width` 0: as wide as it takes; else the last column is cut to fit.
class Table {
 public:
  explicit Table(std::vector<std::string> headings) : rows_{std::move(headings)} {}
  void Add(std::vector<std::string> row);
  bool Empty() const { return rows_.size() == 1; }
  std::string Text(std::size_t width) const;

 private:
  std::vector<std::vector<std::string>> rows_;  // the first: headings
};

// "  Connection  c_1\n  State       active\n"; lines without a value are left out.
std::string Labelled(const std::vector<std::pair<std::string, std::string>>& lines);

}  // namespace tajo::cli
