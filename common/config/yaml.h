#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

namespace tajo::config {

// A YAML value that remembers its line. Plain and quoted scalars are told apart, so that "22" in quotes
// isn't taken for a number.
struct YamlNode {
  enum class Kind { kNull, kScalar, kSequence, kMap };
  using Member = std::pair<std::string, YamlNode>;

  Kind kind = Kind::kNull;
  int line = 0;        // from 1; of a map's member, the line of its key
  std::string text{};  // a scalar's
  bool quoted = false;
  std::vector<YamlNode> items{};  // a sequence's
  std::vector<Member> members{};  // a map's, as written; no key twice

  const YamlNode* Find(std::string_view key) const;
  bool IsNull() const { return kind == Kind::kNull; }
  bool IsScalar() const { return kind == Kind::kScalar; }
  // "a list", for errors.
  std::string_view KindName() const;
};

constexpr std::size_t kMaxYamlBytes = 256 * 1024;
constexpr int kMaxYamlDepth = 20;

// One document of at most 256 KB and 20 levels, in UTF-8. Refused with CONFIG_INVALID and the line:
// what isn't YAML, anchors, aliases and tags (nobody needs them here, and they make small texts large),
// keys that aren't scalars or stand twice. An empty text is a null.
absl::StatusOr<YamlNode> ParseYaml(std::string_view text);

}  // namespace tajo::config
