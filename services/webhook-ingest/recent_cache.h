#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>

namespace tajo::ingest {

// What was used lately, by name: between `keep` and twice as many entries. Used from one loop.
template <class T>
class RecentCache {
 public:
  explicit RecentCache(std::size_t keep) : keep_(keep) {}

  std::shared_ptr<T> Find(const std::string& name) {
    if (const auto found = young_.find(name); found != young_.end()) return found->second;
    const auto found = old_.find(name);
    if (found == old_.end()) return nullptr;
    std::shared_ptr<T> value = std::move(found->second);
    old_.erase(found);
    Put(name, value);
    return value;
  }

  void Put(const std::string& name, std::shared_ptr<T> value) {
    if (young_.size() >= keep_ && !young_.contains(name)) {
      old_ = std::move(young_);
      young_.clear();
    }
    young_.insert_or_assign(name, std::move(value));
  }

  void Drop(const std::string& name) {
    young_.erase(name);
    old_.erase(name);
  }

  std::size_t Size() const { return young_.size() + old_.size(); }

 private:
  using Entries = std::unordered_map<std::string, std::shared_ptr<T>>;

  const std::size_t keep_;
  Entries young_;
  Entries old_;
};

}  // namespace tajo::ingest
