#include "common/config/yaml.h"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <sstream>

#include "common/base/error.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::config {
namespace {

absl::Status Invalid(int line, std::string_view message) {
  return base::Error(jira::v1::CONFIG_INVALID, fmt::format("line {}: {}", line, message));
}

// Looking for a key that stands twice is quadratic.
constexpr std::size_t kMaxKeys = 1000;

// Leaves the parser from inside of an event.
struct Refused {
  int line;
  std::string message;
};

// Whether the quoted scalar that begins at `at` has an end. yaml-cpp takes the end of the text for one.
bool IsClosed(std::string_view text, std::size_t at) {
  const char quote = text[at];
  for (++at; at < text.size(); ++at) {
    if (quote == '"' && text[at] == '\\') {
      ++at;
    } else if (text[at] == quote) {
      // Twice: a quote inside of single quotes.
      if (quote == '"' || at + 1 == text.size() || text[at + 1] != quote) return true;
      ++at;
    }
  }
  return false;
}

// Builds the tree from the parser's events; what is refused throws Refused.
class TreeBuilder final : public YAML::EventHandler {
 public:
  // `text` is what is parsed, to look up what the events don't tell.
  explicit TreeBuilder(std::string_view text) : text_(text) {}

  YamlNode Take() && { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark& /*mark*/) override {}
  void OnDocumentEnd() override {}
  void OnAnchor(const YAML::Mark& mark, const std::string& /*name*/) override {
    throw Refused{mark.line + 1, "anchors (&) aren't supported: write the value out"};
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t /*anchor*/) override {
    throw Refused{mark.line + 1, "aliases (*) aren't supported: write the value out"};
  }
  void OnNull(const YAML::Mark& mark, YAML::anchor_t /*anchor*/) override {
    Place({.kind = YamlNode::Kind::kNull, .line = mark.line + 1});
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t /*anchor*/,
                const std::string& value) override {
    // "?": plain, "!": in quotes or a block.
    if (!tag.empty() && tag != "?" && tag != "!") RefuseTag(mark);
    const auto at = static_cast<std::size_t>(mark.pos);
    const bool in_quotes = at < text_.size() && (text_[at] == '"' || text_[at] == '\'');
    if (in_quotes && !IsClosed(text_, at)) throw Refused{mark.line + 1, "a quote is never closed"};
    Place({.kind = YamlNode::Kind::kScalar, .line = mark.line + 1, .text = value, .quoted = tag == "!"});
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t /*anchor*/,
                       YAML::EmitterStyle::value /*style*/) override {
    Begin(YamlNode::Kind::kSequence, mark, tag);
  }
  void OnSequenceEnd() override { open_.pop_back(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t /*anchor*/,
                  YAML::EmitterStyle::value /*style*/) override {
    Begin(YamlNode::Kind::kMap, mark, tag);
  }
  void OnMapEnd() override { open_.pop_back(); }

 private:
  // A container that is being filled. The pointer is good while it's open: only the innermost grows.
  struct Open {
    YamlNode* node;
    std::optional<std::pair<std::string, int>> key;  // a map's, when its value comes next
  };

  [[noreturn]] static void RefuseTag(const YAML::Mark& mark) {
    throw Refused{mark.line + 1, "tags (!) aren't supported"};
  }

  void Begin(YamlNode::Kind kind, const YAML::Mark& mark, const std::string& tag) {
    if (!tag.empty() && tag != "?" && tag != "!") RefuseTag(mark);
    const int line = mark.line + 1;
    if (open_.size() >= static_cast<std::size_t>(kMaxYamlDepth)) {
      throw Refused{line, fmt::format("nested deeper than {} levels", kMaxYamlDepth)};
    }
    open_.push_back({Place({.kind = kind, .line = line}), std::nullopt});
  }

  YamlNode* Place(YamlNode node) {
    if (open_.empty()) {
      root_ = std::move(node);
      return &root_;
    }
    Open& parent = open_.back();
    if (parent.node->kind == YamlNode::Kind::kSequence) return &parent.node->items.emplace_back(std::move(node));
    if (!parent.key) {
      TakeKey(parent, node);
      return nullptr;
    }
    auto [name, line] = *std::move(parent.key);
    parent.key.reset();
    node.line = line;
    return &parent.node->members.emplace_back(std::move(name), std::move(node)).second;
  }

  static void TakeKey(Open& map, YamlNode& node) {
    if (!node.IsScalar()) throw Refused{node.line, "a key must be a word"};
    if (map.node->Find(node.text) != nullptr) {
      throw Refused{node.line, fmt::format("the key '{}' stands here twice", node.text)};
    }
    if (map.node->members.size() >= kMaxKeys) throw Refused{node.line, "more than 1,000 keys"};
    map.key.emplace(std::move(node.text), node.line);
  }

  const std::string_view text_;
  YamlNode root_;
  std::vector<Open> open_;
};

// yaml-cpp reads UTF-16 and UTF-32 too and is lax in what it takes for UTF-8.
bool IsUtf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    std::size_t length = 0;
    uint32_t code = 0;
    if (lead < 0x80) {
      length = 1;
      code = lead;
    } else if (lead >= 0xc2 && lead < 0xe0) {
      length = 2;
      code = lead & 0x1f;
    } else if (lead >= 0xe0 && lead < 0xf0) {
      length = 3;
      code = lead & 0x0f;
    } else if (lead >= 0xf0 && lead < 0xf5) {
      length = 4;
      code = lead & 0x07;
    }
    if (length == 0 || length > text.size() - i) return false;
    for (std::size_t k = 1; k < length; ++k) {
      const auto next = static_cast<unsigned char>(text[i + k]);
      if ((next & 0xc0) != 0x80) return false;
      code = code << 6 | (next & 0x3f);
    }
    const bool overlong = (length == 3 && code < 0x800) || (length == 4 && code < 0x10000);
    if (overlong || (code >= 0xd800 && code <= 0xdfff) || code > 0x10ffff) return false;
    i += length;
  }
  return true;
}

}  // namespace

const YamlNode* YamlNode::Find(std::string_view key) const {
  const auto found = std::ranges::find(members, key, &Member::first);
  return found == members.end() ? nullptr : &found->second;
}

std::string_view YamlNode::KindName() const {
  switch (kind) {
    case Kind::kNull:
      return "nothing";
    case Kind::kScalar:
      return quoted ? "a text in quotes" : "a single value";
    case Kind::kSequence:
      return "a list";
    case Kind::kMap:
      return "keys and values";
  }
  return "";
}

absl::StatusOr<YamlNode> ParseYaml(std::string_view text) {
  if (text.size() > kMaxYamlBytes) {
    return base::Error(jira::v1::CONFIG_INVALID, fmt::format("YAML of {} bytes, more than 256 KB", text.size()));
  }
  if (!IsUtf8(text) || text.find('\0') != std::string_view::npos) {
    return base::Error(jira::v1::CONFIG_INVALID, "the YAML isn't text in UTF-8");
  }
  // The parser doesn't count a byte-order mark.
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    TreeBuilder first(text);
    if (!parser.HandleNextDocument(first)) return YamlNode{.line = 1};
    TreeBuilder second(text);
    if (parser.HandleNextDocument(second)) {
      return base::Error(jira::v1::CONFIG_INVALID, "more than one YAML document ('---'): give one");
    }
    return std::move(first).Take();
  } catch (const Refused& refused) {
    return Invalid(refused.line, refused.message);
  } catch (const YAML::Exception& error) {
    return Invalid(std::max(error.mark.line, 0) + 1, fmt::format("not YAML: {}", error.msg));
  }
}

}  // namespace tajo::config
