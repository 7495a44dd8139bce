#include "common/jira/plain_text.h"

#include <fmt/format.h>

#include <algorithm>

#include "common/jira/text.h"

namespace tajo::jira {
namespace {

constexpr std::size_t kDeepestIndent = 10;

}  // namespace

void PlainText::Add(std::string_view text) {
  if (text.empty() || Full()) return;
  fresh_ = false;
  if (cells_ == 0) after_row_ = false;
  const std::size_t begin = out_.size();
  // A little more than the limit, so that the cut falls between characters.
  out_.append(text.substr(0, max_bytes_ - out_.size() + 4));
  if (cells_ > 0) std::replace(out_.begin() + static_cast<std::ptrdiff_t>(begin), out_.end(), '\n', ' ');
}

void PlainText::EnsureNewlines(std::size_t count) {
  if (out_.empty() || Full()) return;
  std::size_t there = 0;
  while (there < out_.size() && out_[out_.size() - 1 - there] == '\n') ++there;
  if (there < count) out_.append(count - there, '\n');
}

void PlainText::Indent() {
  if (lists_.size() > 1) out_.append(2 * std::min(lists_.size() - 1, kDeepestIndent), ' ');
}

void PlainText::BreakLine() {
  if (cells_ > 0) {
    Add(" ");
  } else if (!Full()) {
    out_.push_back('\n');
    if (!lists_.empty()) out_.append(2 * std::min(lists_.size(), kDeepestIndent), ' ');
  }
}

void PlainText::StartBlock() {
  if (fresh_) return;
  if (cells_ > 0) {
    Add(" ");
  } else if (!lists_.empty()) {
    EnsureNewlines(1);
    out_.append(2 * std::min(lists_.size(), kDeepestIndent), ' ');
  } else {
    EnsureNewlines(2);
  }
  fresh_ = true;
}

void PlainText::EndBlock() {
  fresh_ = false;
}

void PlainText::Line(std::string_view text) {
  if (text.empty()) return;
  StartBlock();
  Add(text);
  EndBlock();
}

void PlainText::BeginList(std::optional<int64_t> first_number) {
  if (cells_ == 0 && lists_.empty() && !fresh_) EnsureNewlines(2);
  lists_.push_back({first_number});
}

void PlainText::EndList() {
  if (!lists_.empty()) lists_.pop_back();
  fresh_ = false;
}

void PlainText::BeginItem(std::string_view mark) {
  if (cells_ > 0) {
    if (!fresh_) Add(" ");
  } else {
    EnsureNewlines(1);
    Indent();
  }
  std::string bullet = "- ";
  if (!lists_.empty() && lists_.back().number) bullet = fmt::format("{}. ", (*lists_.back().number)++);
  Add(bullet);
  Add(mark);
  fresh_ = true;
}

void PlainText::EndItem() {
  fresh_ = false;
}

void PlainText::BeginRow() {
  if (cells_ > 0) return;  // a table in a cell runs on
  EnsureNewlines(after_row_ || !lists_.empty() ? 1 : 2);
  after_row_ = false;
  first_cell_ = true;
}

void PlainText::EndRow() {
  if (cells_ > 0) return;
  after_row_ = true;
  fresh_ = false;
}

void PlainText::BeginCell() {
  if (cells_++ == 0) {
    if (!first_cell_ && !Full()) out_.push_back('\t');
    first_cell_ = false;
  }
  fresh_ = true;
}

void PlainText::EndCell() {
  if (cells_ > 0) --cells_;
  fresh_ = false;
}

std::string PlainText::Take() && {
  std::string_view text = CutUtf8(out_, max_bytes_);
  constexpr std::string_view kBlank = " \t\r\n";
  const std::size_t first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  text = text.substr(first, text.find_last_not_of(kBlank) - first + 1);
  return std::string(text);
}

}  // namespace tajo::jira
