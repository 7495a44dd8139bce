#include <fmt/format.h>

#include <array>
#include <cctype>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/jira/adf.h"
#include "common/jira/text.h"

namespace tajo::jira {
namespace {

// How far the closing mark may be.
constexpr std::size_t kEmphasisReach = 200;
constexpr std::size_t kBracketReach = 2400;

std::string_view TrimView(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

bool StartsWith(std::string_view text, std::string_view prefix) {
  return text.substr(0, prefix.size()) == prefix;
}

bool IsWord(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || static_cast<unsigned char>(c) >= 0x80;
}

bool IsUrl(std::string_view text) {
  return StartsWith(text, "http://") || StartsWith(text, "https://") || StartsWith(text, "mailto:");
}

// The inline part of one line: links, mentions, images, emphasis, escapes.
class LineRenderer {
 public:
  LineRenderer(std::string_view line, std::string& out) : line_(line), dropped_(line.size(), false), out_(out) {}

  void Run() {
    while (at_ < line_.size()) {
      const char c = line_[at_];
      if (dropped_[at_]) {
        ++at_;
      } else if (c == '\\') {
        Escape();
      } else if (c == '[') {
        if (!Bracket()) Copy();
      } else if (c == '!') {
        if (!Image()) Copy();
      } else if (c == '{') {
        if (!Braces()) Copy();
      } else if (c == '?' && StartsWith(line_.substr(at_), "??")) {
        at_ += 2;
      } else if (std::string_view("*_+-^~").find(c) != std::string_view::npos) {
        if (!Opens(c)) Copy();
      } else {
        Copy();
      }
    }
  }

 private:
  void Copy() { out_.push_back(line_[at_++]); }

  void Escape() {
    const char next = at_ + 1 < line_.size() ? line_[at_ + 1] : '\0';
    if (next == '\\') {
      out_.push_back('\n');  // a forced line break
      at_ += 2;
    } else if (next != '\0' && std::ispunct(static_cast<unsigned char>(next)) != 0) {
      out_.push_back(next);
      at_ += 2;
    } else {
      Copy();
    }
  }

  // Emphasis: a mark at a word's edge with its like at a later edge; both go, what is between stays.
  bool Opens(char mark) {
    const char before = at_ == 0 ? ' ' : line_[at_ - 1];
    const char after = at_ + 1 < line_.size() ? line_[at_ + 1] : ' ';
    if (IsWord(before) || after == ' ' || after == mark) return false;
    const std::size_t limit = std::min(line_.size(), at_ + kEmphasisReach);
    for (std::size_t end = at_ + 2; end < limit; ++end) {
      if (line_[end] != mark || dropped_[end]) continue;
      const char next = end + 1 < line_.size() ? line_[end + 1] : ' ';
      if (line_[end - 1] == ' ' || line_[end - 1] == '\\' || IsWord(next) || next == mark) continue;
      dropped_[end] = true;
      ++at_;
      return true;
    }
    return false;
  }

  std::optional<std::string_view> Until(std::size_t from, char close) const {
    const std::string_view rest = line_.substr(from, kBracketReach);
    const std::size_t end = rest.find(close);
    if (end == std::string_view::npos) return std::nullopt;
    return rest.substr(0, end);
  }

  // [text|url], [url], [~accountid:...], [^attachment], [#anchor]
  bool Bracket() {
    const auto inner = Until(at_ + 1, ']');
    if (!inner || inner->empty()) return false;
    if (inner->front() == '~') {
      const bool is_account = StartsWith(*inner, "~accountid:");
      out_ += is_account ? std::string("@user") : fmt::format("@{}", inner->substr(1));
    } else if (inner->front() == '^') {
      out_ += fmt::format("[attachment: {}]", inner->substr(1));
    } else if (!Link(*inner)) {
      return false;
    }
    at_ += inner->size() + 2;
    return true;
  }

  bool Link(std::string_view inner) {
    const std::size_t bar = inner.find('|');
    if (bar == std::string_view::npos) {
      if (inner.front() == '#') return true;  // an anchor of this page
      if (!IsUrl(inner)) return false;
      out_ += inner;
      return true;
    }
    const std::string_view text = TrimView(inner.substr(0, bar));
    std::string_view url = inner.substr(bar + 1);
    url = TrimView(url.substr(0, url.find('|')));  // "|smart-link" may follow
    if (text.empty() || text == url || url == fmt::format("mailto:{}", text)) {
      out_ += text.empty() ? url : text;
    } else if (IsUrl(url)) {
      out_ += fmt::format("{} ({})", text, url);
    } else {
      out_ += text;
    }
    return true;
  }

  // !image.png|thumbnail!
  bool Image() {
    const auto inner = Until(at_ + 1, '!');
    if (!inner || inner->empty() || inner->front() == ' ' || inner->back() == ' ') return false;
    const std::string_view name = inner->substr(0, inner->find('|'));
    if (name.find('.') == std::string_view::npos || name.find(' ') == 0) return false;
    const bool is_long = name.size() > 200;
    if (is_long) return false;
    out_ += IsUrl(name) ? std::string(name) : fmt::format("[attachment: {}]", name);
    at_ += inner->size() + 2;
    return true;
  }

  // {{monospaced}}, {color:red}, {color}, {anchor:x}
  bool Braces() {
    if (StartsWith(line_.substr(at_), "{{")) {
      const std::size_t end = line_.substr(at_, kBracketReach).find("}}");
      if (end == std::string_view::npos) return false;
      out_ += line_.substr(at_ + 2, end - 2);
      at_ += end + 2;
      return true;
    }
    const auto inner = Until(at_ + 1, '}');
    if (!inner) return false;
    const std::string_view name = inner->substr(0, inner->find(':'));
    constexpr std::array<std::string_view, 8> kMacros{"color", "anchor",   "quote", "panel",
                                                      "code",  "noformat", "adf",   "info"};
    for (const std::string_view macro : kMacros) {
      if (name != macro) continue;
      at_ += inner->size() + 2;
      return true;
    }
    return false;
  }

  std::string_view line_;
  std::vector<bool> dropped_;
  std::string& out_;
  std::size_t at_ = 0;
};

class WikiRenderer {
 public:
  explicit WikiRenderer(std::size_t max_bytes) : max_bytes_(max_bytes) {}

  std::string Run(std::string_view markup) {
    while (!markup.empty() && out_.size() < max_bytes_) {
      const std::size_t newline = markup.find('\n');
      std::string_view line = markup.substr(0, newline);
      markup = newline == std::string_view::npos ? std::string_view() : markup.substr(newline + 1);
      if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
      Line(line);
    }
    return std::string(TrimBlock(CutUtf8(out_, max_bytes_)));
  }

 private:
  static std::string_view TrimBlock(std::string_view text) {
    const std::size_t first = text.find_first_not_of(" \t\n");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t\n") - first + 1);
  }

  // {code:java}...{code}: as written. The marks may stand in the middle of a line, more than once.
  void Line(std::string_view line) {
    do {
      line = verbatim_.empty() ? UntilCode(line) : UntilCodeEnds(line);
    } while (!TrimView(line).empty());
  }

  // Renders up to where code begins, and returns what stands behind that mark.
  std::string_view UntilCode(std::string_view line) {
    const std::size_t open = FindCode(line);
    if (open == std::string_view::npos) {
      Marked(line);
      return {};
    }
    if (const std::string_view before = line.substr(0, open); !TrimView(before).empty()) Marked(before);
    verbatim_ = line.substr(open, 5) == "{code" ? "{code}" : "{noformat}";
    return line.substr(line.find('}', open) + 1);
  }

  std::string_view UntilCodeEnds(std::string_view line) {
    const std::size_t close = line.find(verbatim_);
    if (close == std::string_view::npos) {
      out_.append(line).push_back('\n');
      return {};
    }
    if (close > 0) out_.append(line.substr(0, close)).push_back('\n');
    line.remove_prefix(close + verbatim_.size());
    verbatim_ = {};
    return line;
  }

  // Where "{code}", "{code:...}" or the same of noformat begins.
  static std::size_t FindCode(std::string_view line) {
    const std::size_t last = line.rfind('}');
    if (last == std::string_view::npos) return last;
    for (std::size_t at = line.find('{'); at < last; at = line.find('{', at + 1)) {
      for (const std::string_view name : {"{code", "{noformat"}) {
        const std::size_t end = at + name.size();
        if (StartsWith(line.substr(at), name) && end <= last && (line[end] == '}' || line[end] == ':')) return at;
      }
    }
    return std::string_view::npos;
  }

  void Marked(std::string_view line) {
    const std::string_view text = TrimView(line);
    if (text.empty()) {
      numbers_.clear();
      out_.push_back('\n');
    } else if (text == "{quote}" || StartsWith(text, "{panel")) {
      Panel(text);
    } else if (text.size() >= 4 && text.find_first_not_of('-') == std::string_view::npos) {
      out_ += "---\n";
    } else if (StartsWith(text, "|")) {
      Row(text);
    } else if (!ListItem(text)) {
      numbers_.clear();
      Inline(WithoutHeading(text));
      out_.push_back('\n');
    }
  }

  void Panel(std::string_view text) {
    const std::size_t title = text.find("title=");
    const std::size_t close = text.find('}');
    if (title != std::string_view::npos && title < close) {
      const std::string_view rest = text.substr(title + 6, close - title - 6);
      out_.append(rest.substr(0, rest.find('|'))).push_back('\n');
    }
    if (close == std::string_view::npos) return;
    const std::string_view rest = TrimView(text.substr(close + 1));
    if (rest.empty()) return;
    Inline(rest);
    out_.push_back('\n');
  }

  static std::string_view WithoutHeading(std::string_view text) {
    if (text.size() > 4 && text[0] == 'h' && text[1] >= '1' && text[1] <= '6' && StartsWith(text.substr(2), ". ")) {
      return text.substr(4);
    }
    return StartsWith(text, "bq. ") ? text.substr(4) : text;
  }

  // "** item", "# item", "- item"; the last mark says which kind, their count how deep.
  bool ListItem(std::string_view text) {
    const std::size_t depth = text.find_first_not_of("*#-");
    if (depth == 0 || depth == std::string_view::npos || depth > 10 || text[depth] != ' ') return false;
    out_.append(2 * (depth - 1), ' ');
    numbers_.resize(depth, 0);
    if (text[depth - 1] == '#') {
      out_ += fmt::format("{}. ", ++numbers_.back());
    } else {
      out_ += "- ";
    }
    Inline(TrimView(text.substr(depth)));
    out_.push_back('\n');
    return true;
  }

  // "||head||head||" or "|cell|cell|", but not the bar inside a link.
  void Row(std::string_view text) {
    std::vector<std::string> cells;
    std::size_t begin = 0;
    int brackets = 0;
    for (std::size_t i = 0; i <= text.size(); ++i) {
      const char c = i < text.size() ? text[i] : '|';
      if (c == '[') ++brackets;
      if (c == ']' && brackets > 0) --brackets;
      if (c != '|' || (brackets > 0 && i < text.size())) continue;
      const std::string_view cell = TrimView(text.substr(begin, i - begin));
      if (!cell.empty()) {
        std::string rendered;
        LineRenderer(cell, rendered).Run();
        cells.push_back(std::move(rendered));
      }
      begin = i + 1;
    }
    out_ += fmt::format("{}\n", fmt::join(cells, "\t"));
  }

  void Inline(std::string_view text) { LineRenderer(text, out_).Run(); }

  std::size_t max_bytes_;
  std::string out_;
  std::string_view verbatim_;  // the mark that ends it
  std::vector<int> numbers_;
};

}  // namespace

std::string WikiToText(std::string_view markup, std::size_t max_bytes) {
  // Marks take room that the text doesn't: four times as much is looked at, and no more.
  return WikiRenderer(max_bytes).Run(CutUtf8(markup, max_bytes * 4));
}

}  // namespace tajo::jira
