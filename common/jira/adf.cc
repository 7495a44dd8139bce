#include "common/jira/adf.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <nlohmann/json.hpp>
#include <optional>

#include "common/jira/body.h"
#include "common/jira/plain_text.h"
#include "common/jira/text.h"
#include "common/jira/walk.h"
#include "common/json/time.h"

namespace tajo::jira {
namespace {

namespace dom = simdjson::dom;

constexpr int kMaxDepth = 100;

std::string_view StringAt(const dom::element& object, std::string_view key) {
  std::string_view text;
  return object[key].get(text) == simdjson::SUCCESS ? text : std::string_view();
}

dom::element Attributes(const dom::element& node) {
  dom::element attributes;
  if (node["attrs"].get(attributes) == simdjson::SUCCESS && attributes.is_object()) return attributes;
  return node;
}

// What a card or link may point to.
bool IsSafeLink(std::string_view url) {
  for (const std::string_view scheme : {"https://", "http://", "mailto:"}) {
    if (url.substr(0, scheme.size()) == scheme) return true;
  }
  return false;
}

std::string_view CardUrl(const dom::element& attributes) {
  std::string_view url = StringAt(attributes, "url");
  dom::element inner;
  if (url.empty() && attributes["data"].get(inner) == simdjson::SUCCESS) {
    url = StringAt(inner, "url");
    if (url.empty()) url = StringAt(inner, "@id");
  }
  return IsSafeLink(url) ? url : std::string_view();
}

class AdfRenderer {
 public:
  explicit AdfRenderer(std::size_t max_bytes) : text_(max_bytes) {}

  std::string Take() && { return std::move(text_).Take(); }

  void Node(const dom::element& node, int depth) {
    if (depth > kMaxDepth || text_.Full() || !node.is_object()) return;
    const std::string_view type = StringAt(node, "type");
    if (Inline(node, type) || List(node, type, depth) || Block(node, type, depth)) return;
    Children(node, depth);  // a newer node than we know
  }

 private:
  void Children(const dom::element& node, int depth) {
    dom::array content;
    if (node["content"].get(content) != simdjson::SUCCESS) return;
    for (const dom::element child : content) Node(child, depth + 1);
  }

  void Paragraph(const dom::element& node, int depth) {
    text_.StartBlock();
    Children(node, depth);
    text_.EndBlock();
  }

  bool Inline(const dom::element& node, std::string_view type) {
    const dom::element attributes = Attributes(node);
    if (type == "text") {
      Text(node);
    } else if (type == "hardBreak") {
      text_.BreakLine();
    } else if (type == "mention") {
      const std::string_view name = StringAt(attributes, "text");
      text_.Add(name.empty() ? "@user" : name);
    } else if (type == "emoji") {
      const std::string_view emoji = StringAt(attributes, "text");
      text_.Add(emoji.empty() ? StringAt(attributes, "shortName") : emoji);
    } else if (type == "date") {
      Date(attributes);
    } else if (type == "status") {
      text_.Add(StringAt(attributes, "text"));
    } else if (type == "inlineCard") {
      text_.Add(CardUrl(attributes));
    } else if (type == "mediaInline") {
      Media(attributes);
    } else if (type == "inlineExtension") {
      text_.Add(StringAt(attributes, "text"));
    } else {
      return type == "placeholder";  // a prompt that nobody filled in
    }
    return true;
  }

  bool List(const dom::element& node, std::string_view type, int depth) {
    if (type == "bulletList" || type == "taskList" || type == "decisionList") {
      text_.BeginList(std::nullopt);
    } else if (type == "orderedList") {
      int64_t first = 1;
      if (Attributes(node)["order"].get(first) != simdjson::SUCCESS) first = 1;
      text_.BeginList(first);
    } else if (type == "listItem" || type == "decisionItem") {
      Item("", node, depth);
      return true;
    } else if (type == "taskItem" || type == "blockTaskItem") {
      Item(StringAt(Attributes(node), "state") == "DONE" ? "[x] " : "[ ] ", node, depth);
      return true;
    } else {
      return false;
    }
    Children(node, depth);
    text_.EndList();
    return true;
  }

  void Item(std::string_view mark, const dom::element& node, int depth) {
    text_.BeginItem(mark);
    Children(node, depth);
    text_.EndItem();
  }

  bool Block(const dom::element& node, std::string_view type, int depth) {
    if (type == "paragraph" || type == "heading" || type == "codeBlock" || type == "caption") {
      Paragraph(node, depth);
    } else if (type == "rule") {
      text_.Line("---");
    } else if (type == "tableRow") {
      text_.BeginRow();
      Children(node, depth);
      text_.EndRow();
    } else if (type == "tableCell" || type == "tableHeader") {
      text_.BeginCell();
      Children(node, depth);
      text_.EndCell();
    } else if (type == "media") {
      text_.StartBlock();
      Media(Attributes(node));
      text_.EndBlock();
    } else if (type == "blockCard" || type == "embedCard") {
      text_.Line(CardUrl(Attributes(node)));
    } else if (type == "expand" || type == "nestedExpand") {
      text_.Line(StringAt(Attributes(node), "title"));
      Children(node, depth);
    } else if (type == "extension") {
      text_.Line(StringAt(Attributes(node), "text"));
    } else {
      return false;
    }
    return true;
  }

  void Text(const dom::element& node) {
    const std::string_view text = StringAt(node, "text");
    text_.Add(text);
    dom::array marks;
    if (node["marks"].get(marks) != simdjson::SUCCESS) return;
    for (const dom::element mark : marks) {
      if (StringAt(mark, "type") != "link") continue;
      const std::string_view href = StringAt(Attributes(mark), "href");
      const bool is_said = href.empty() || href == text || href == fmt::format("mailto:{}", text);
      if (!is_said && IsSafeLink(href)) text_.Add(fmt::format(" ({})", href));
    }
  }

  void Date(const dom::element& attributes) {
    std::string_view text = StringAt(attributes, "timestamp");
    int64_t number = 0;
    std::optional<int64_t> millis;
    if (attributes["timestamp"].get(number) == simdjson::SUCCESS) {
      millis = json::ParseJiraTime(number);
    } else {
      millis = json::ParseJiraTime(text);
    }
    text_.Add(millis ? json::FormatDate(*millis) : std::string(text));
  }

  // `id` is of the media service, not the attachment's; people know the file by its alternative text.
  void Media(const dom::element& attributes) {
    const std::string_view url = StringAt(attributes, "url");
    if (IsSafeLink(url)) {
      text_.Add(url);
      return;
    }
    const std::string_view alt = StringAt(attributes, "alt");
    const std::string_view name = alt.empty() ? StringAt(attributes, "id") : alt;
    text_.Add(name.empty() ? "[attachment]" : fmt::format("[attachment: {}]", name));
  }

  PlainText text_;
};

bool IsHighSurrogate(std::string_view hex) {
  return (hex[0] == 'd' || hex[0] == 'D') && std::string_view("89abAB").find(hex[1]) != std::string_view::npos;
}
bool IsLowSurrogate(std::string_view hex) {
  return (hex[0] == 'd' || hex[0] == 'D') && std::string_view("cdefCDEF").find(hex[1]) != std::string_view::npos;
}

// Java cuts texts between the halves of a pair; a parser refuses the whole for it.
std::string WithoutLoneSurrogates(std::string_view json) {
  std::string out(json);
  for (std::size_t i = 0; i + 6 <= out.size(); ++i) {
    if (out[i] != '\\') continue;
    if (out[i + 1] != 'u') {
      ++i;
      continue;
    }
    const std::string_view rest(out);
    const std::string_view hex = rest.substr(i + 2, 4);
    const bool is_pair = IsHighSurrogate(hex) && rest.substr(i + 6, 2) == "\\u" && rest.size() >= i + 12 &&
                         IsLowSurrogate(rest.substr(i + 8, 4));
    if (is_pair) {
      i += 11;
      continue;
    }
    if (IsHighSurrogate(hex) || IsLowSurrogate(hex)) out.replace(i + 2, 4, "fffd");
    i += 5;
  }
  return out;
}

}  // namespace

std::string AdfToText(std::string_view json, std::size_t max_bytes) {
  dom::parser parser;
  dom::element root;
  auto error = parser.parse(json.data(), json.size()).get(root);
  if (error == simdjson::STRING_ERROR) {
    const std::string mended = WithoutLoneSurrogates(json);
    error = parser.parse(mended).get(root);
  }
  if (error != simdjson::SUCCESS) return {};
  AdfRenderer renderer(max_bytes);
  renderer.Node(root, 0);
  return std::move(renderer).Take();
}

std::string RichToText(std::string_view json, std::size_t max_bytes) {
  if (json.empty()) return {};
  if (json.front() == '{') return AdfToText(json, max_bytes);
  if (json.front() == '"' && json.size() >= 2 && json.back() == '"') return WikiToText(Unescape(json), max_bytes);
  return {};
}

std::string TextToAdf(std::string_view text) {
  nlohmann::json content = nlohmann::json::array();
  nlohmann::json inlines = nlohmann::json::array();
  const auto end_paragraph = [&] {
    if (inlines.empty()) return;
    content.push_back({{"type", "paragraph"}, {"content", std::exchange(inlines, nlohmann::json::array())}});
  };
  while (!text.empty()) {
    const std::size_t newline = text.find('\n');
    std::string_view line = text.substr(0, newline);
    text = newline == std::string_view::npos ? std::string_view() : text.substr(newline + 1);
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    if (line.find_first_not_of(" \t") == std::string_view::npos) {
      end_paragraph();
      continue;
    }
    if (!inlines.empty()) inlines.push_back({{"type", "hardBreak"}});
    inlines.push_back({{"type", "text"}, {"text", std::string(line)}});
  }
  end_paragraph();
  const nlohmann::json document{{"type", "doc"}, {"version", 1}, {"content", std::move(content)}};
  return Dump(document);
}

}  // namespace tajo::jira
