#include "common/config/section.h"

#include <fmt/format.h>

#include <algorithm>

#include "common/base/error.h"
#include "common/config/values.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::config {
namespace {

constexpr std::size_t kMaxProblems = 20;
constexpr std::size_t kMaxShown = 60;

std::string Found(const YamlNode& node) {
  return node.IsScalar() && !node.quoted ? Quoted(node.text) : std::string(node.KindName());
}

}  // namespace

std::string Shown(std::string_view text) {
  const bool cut = text.size() > kMaxShown;
  std::size_t size = std::min(text.size(), kMaxShown);
  // Not in the middle of a character.
  while (cut && size > 0 && (static_cast<unsigned char>(text[size]) & 0xc0) == 0x80) --size;
  std::string shown(text.substr(0, size));
  std::ranges::replace_if(
      shown, [](unsigned char c) { return c < 0x20 || c == 0x7f; }, '?');
  return shown + (cut ? "..." : "");
}

std::string Quoted(std::string_view text) {
  return fmt::format("'{}'", Shown(text));
}

void Problems::Add(int line, std::string_view path, std::string_view message) {
  if (++count_ == 1) first_path_ = path;
  if (IsFull()) return;
  texts_.push_back(path.empty() ? fmt::format("line {}: {}", line, message)
                                : fmt::format("line {}: {}: {}", line, path, message));
}

bool Problems::IsFull() const {
  return count_ > kMaxProblems;
}

absl::Status Problems::ToStatus() const {
  if (Empty()) return absl::OkStatus();
  std::string message = fmt::format("{}", fmt::join(texts_, "; "));
  if (IsFull()) message += fmt::format("; and {} more", count_ - kMaxProblems);
  return base::FieldError(jira::v1::CONFIG_INVALID, first_path_, message);
}

Section::Section(const YamlNode* node, std::string path, Problems& problems)
    : node_(node), path_(std::move(path)), problems_(problems) {
  if (node_ == nullptr || node_->kind == YamlNode::Kind::kMap) return;
  if (!node_->IsNull()) {
    problems_.Add(node_->line, path_, fmt::format("expected keys and values, found {}", Found(*node_)));
  }
  node_ = nullptr;
}

std::string Section::PathOf(std::string_view key) const {
  return path_.empty() ? Shown(key) : fmt::format("{}.{}", path_, Shown(key));
}

const YamlNode* Section::Take(std::string_view key) {
  known_.emplace_back(key);
  const YamlNode* found = node_ == nullptr ? nullptr : node_->Find(key);
  return found == nullptr || found->IsNull() ? nullptr : found;
}

const YamlNode* Section::TakeScalar(std::string_view key, std::string_view expected) {
  const YamlNode* found = Take(key);
  if (found == nullptr || found->IsScalar()) return found;
  Refuse(*found, key, fmt::format("expected {}, found {}", expected, found->KindName()));
  return nullptr;
}

void Section::Refuse(const YamlNode& node, std::string_view key, std::string_view message) {
  problems_.Add(node.line, PathOf(key), message);
}

void Section::Refuse(std::string_view key, std::string_view message) {
  const YamlNode* found = node_ == nullptr ? nullptr : node_->Find(key);
  problems_.Add(found == nullptr ? Line() : found->line, PathOf(key), message);
}

std::optional<bool> Section::Bool(std::string_view key) {
  const YamlNode* found = TakeScalar(key, "true or false");
  if (found == nullptr) return std::nullopt;
  // 1 and 0 are numbers here.
  const auto value = found->quoted || ParseInteger(found->text) ? std::nullopt : ParseBool(found->text);
  if (!value) Refuse(*found, key, fmt::format("expected true or false, found {}", Found(*found)));
  return value;
}

std::optional<std::string> Section::String(std::string_view key) {
  const YamlNode* found = TakeScalar(key, "a text");
  if (found == nullptr) return std::nullopt;
  return found->text;
}

std::optional<int64_t> Section::Int(std::string_view key, int64_t min, int64_t max) {
  const YamlNode* found = TakeScalar(key, "a whole number");
  if (found == nullptr) return std::nullopt;
  const auto value = found->quoted ? std::nullopt : ParseInteger(found->text);
  if (!value) {
    Refuse(*found, key, fmt::format("expected a whole number, found {}", Found(*found)));
    return std::nullopt;
  }
  if (*value < min || *value > max) {
    Refuse(*found, key, fmt::format("{} isn't from {} to {}", *value, min, max));
    return std::nullopt;
  }
  return value;
}

std::optional<base::Duration> Section::Duration(std::string_view key, base::Duration min, base::Duration max) {
  const YamlNode* found = TakeScalar(key, "a duration");
  if (found == nullptr) return std::nullopt;
  const auto value = ParseDuration(found->text);
  if (!value) {
    Refuse(*found, key, fmt::format("expected a duration like 90s, 15m or 2h, found {}", Quoted(found->text)));
    return std::nullopt;
  }
  if (*value < min || *value > max) {
    Refuse(*found, key, fmt::format("{} isn't from {} to {}", found->text, FormatDuration(min), FormatDuration(max)));
    return std::nullopt;
  }
  return value;
}

std::optional<std::size_t> Section::Choice(std::string_view key, const std::vector<std::string>& words) {
  const std::string expected = fmt::format("one of {}", fmt::join(words, ", "));
  const YamlNode* found = TakeScalar(key, expected);
  if (found == nullptr) return std::nullopt;
  const auto word = std::ranges::find(words, found->text);
  if (word == words.end()) {
    Refuse(*found, key, fmt::format("expected {}, found {}", expected, Quoted(found->text)));
    return std::nullopt;
  }
  return static_cast<std::size_t>(word - words.begin());
}

std::optional<std::vector<Section::Item>> Section::List(std::string_view key) {
  const YamlNode* found = Take(key);
  if (found == nullptr) return std::nullopt;
  if (found->kind != YamlNode::Kind::kSequence) {
    Refuse(*found, key, fmt::format("expected a list, found {}", Found(*found)));
    return std::nullopt;
  }
  std::vector<Item> items;
  items.reserve(found->items.size());
  for (const YamlNode& item : found->items) items.push_back({&item, fmt::format("{}[{}]", PathOf(key), items.size())});
  return items;
}

std::optional<std::vector<Section::Item>> Section::Scalars(std::string_view key) {
  auto items = List(key);
  if (!items) return std::nullopt;
  std::erase_if(*items, [this](const Item& item) {
    if (item.node->IsScalar()) return false;
    problems_.Add(item.node->line, item.path, fmt::format("expected a text, found {}", item.node->KindName()));
    return true;
  });
  return items;
}

bool Section::Lacks(std::string_view key) const {
  if (node_ == nullptr) return false;
  const YamlNode* found = node_->Find(key);
  return found == nullptr || found->IsNull();
}

Section Section::Child(std::string_view key) {
  return {Take(key), PathOf(key), problems_};
}

const YamlNode* Section::Map(std::string_view key) {
  const YamlNode* found = Take(key);
  if (found == nullptr || found->kind == YamlNode::Kind::kMap) return found;
  Refuse(*found, key, fmt::format("expected keys and values, found {}", Found(*found)));
  return nullptr;
}

void Section::Finish() {
  if (node_ == nullptr) return;
  for (const auto& [key, value] : node_->members) {
    if (std::ranges::find(known_, key) != known_.end()) continue;
    // Finding the nearest key costs, and nobody would see it.
    const std::string hint = problems_.IsFull() ? "" : DidYouMean(key, known_);
    problems_.Add(value.line, PathOf(key), fmt::format("no such key{}", hint));
  }
}

}  // namespace tajo::config
