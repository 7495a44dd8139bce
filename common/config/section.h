#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "common/base/clock.h"
#include "common/config/yaml.h"

namespace tajo::config {

// What is wrong with a document, all of it: "line 3: connectors.jira.jql: ...; line 7: ...".
class Problems {
 public:
  void Add(int line, std::string_view path, std::string_view message);
  bool Empty() const { return count_ == 0; }
  // 20 are told, what comes after is only counted.
  bool IsFull() const;
  // CONFIG_INVALID with the path of the first as its field.
  absl::Status ToStatus() const;

 private:
  std::vector<std::string> texts_;
  std::size_t count_ = 0;
  std::string first_path_;
};

// Reads one map of a YAML document, key by key, and reports into Problems. Each reading returns nothing
// when the key is missing or null (its default stays) or wrong (a problem). Finish reports the keys
// that nobody asked for.
class Section {
 public:
  // `node` null: an absent map. Both outlive the section.
  Section(const YamlNode* node, std::string path, Problems& problems);

  std::optional<bool> Bool(std::string_view key);
  std::optional<std::string> String(std::string_view key);
  std::optional<int64_t> Int(std::string_view key, int64_t min, int64_t max);
  std::optional<base::Duration> Duration(std::string_view key, base::Duration min, base::Duration max);
  // The place of the word in `words`.
  std::optional<std::size_t> Choice(std::string_view key, const std::vector<std::string>& words);
  // Each item with its line and path; a single value where a list is expected is a problem.
  struct Item {
    const YamlNode* node;
    std::string path;
  };
  std::optional<std::vector<Item>> List(std::string_view key);
  std::optional<std::vector<Item>> Scalars(std::string_view key);
  Section Child(std::string_view key);
  // The map itself, for keys that are free to choose; null when missing or wrong.
  const YamlNode* Map(std::string_view key);

  // A map that is there and has no such key, or null for it.
  bool Lacks(std::string_view key) const;
  // A problem with what stands at `key`.
  void Refuse(std::string_view key, std::string_view message);
  void Finish();

  int Line() const { return node_ == nullptr ? 1 : node_->line; }
  const std::string& Path() const { return path_; }

 private:
  std::string PathOf(std::string_view key) const;
  // Marks the key as known; null when missing or null.
  const YamlNode* Take(std::string_view key);
  // The same for a scalar; a problem when it is anything else.
  const YamlNode* TakeScalar(std::string_view key, std::string_view expected);
  void Refuse(const YamlNode& node, std::string_view key, std::string_view message);

  const YamlNode* node_;
  std::string path_;
  Problems& problems_;
  std::vector<std::string> known_;
};

// What of a config's text may be repeated in an error: short, and without control characters.
std::string Shown(std::string_view text);
std::string Quoted(std::string_view text);  // the same in quotes

}  // namespace tajo::config
