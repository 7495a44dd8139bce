#pragma once

#include <cstdint>
#include <cstdlib>
#include <map>
#include <string>

namespace tajo::worker {

// A connection's cursors as OwnerStore::Cursors gives them; their names are in common/store/overview.h.
using Cursors = std::map<std::string, std::string>;

// "" where there is none.
inline std::string CursorText(const Cursors& cursors, const std::string& name) {
  const auto found = cursors.find(name);
  return found == cursors.end() ? std::string() : found->second;
}
// 0 where there is none.
inline int64_t CursorNumber(const Cursors& cursors, const std::string& name) {
  return std::strtoll(CursorText(cursors, name).c_str(), nullptr, 10);
}

}  // namespace tajo::worker
