#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tajo::jira {

// Lays blocks, lists and tables out as plain text: a blank line between blocks, none inside lists;
// list items as "- " or "1. " under each other; a row's cells parted by tabs. Bounded.
class PlainText {
 public:
  explicit PlainText(std::size_t max_bytes) : max_bytes_(max_bytes) {}

  bool Full() const { return out_.size() >= max_bytes_; }
  void Add(std::string_view text);
  void BreakLine();
  void StartBlock();
  void EndBlock();
  // A block of one line; none if it is empty.
  void Line(std::string_view text);

  void BeginList(std::optional<int64_t> first_number);  // nothing: bullets
  void EndList();
  void BeginItem(std::string_view mark);
  void EndItem();

  void BeginRow();
  void EndRow();
  void BeginCell();
  void EndCell();

  // The text without blanks at its ends, cut between characters.
  std::string Take() &&;

 private:
  void EnsureNewlines(std::size_t count);
  void Indent();

  struct List {
    std::optional<int64_t> number;
  };

  std::size_t max_bytes_;
  std::string out_;
  std::vector<List> lists_;
  int cells_ = 0;      // depth inside table cells: newlines become blanks there
  bool fresh_ = true;  // nothing yet in this block, item or cell
  bool first_cell_ = true;
  bool after_row_ = false;
};

}  // namespace tajo::jira
