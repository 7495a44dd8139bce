#include "common/telemetry/repeat_limit.h"

#include <algorithm>
#include <utility>

namespace tajo::telemetry {
namespace {

constexpr char kOthers[] = "(other messages)";

}  // namespace

bool RepeatLimit::Admit(std::string_view message, base::MonotonicTime now) {
  std::string key(message);
  if (entries_.size() >= options_.max_messages && !entries_.contains(key)) key = kOthers;
  const auto [place, is_new] = entries_.try_emplace(std::move(key), Entry{now});
  Entry& entry = place->second;
  if (!is_new && now - entry.begin >= options_.window) {
    entry.begin = now;
    entry.admitted = 0;
  }
  if (entry.admitted < options_.lines) {
    ++entry.admitted;
    return true;
  }
  ++entry.dropped;
  return false;
}

std::vector<RepeatLimit::Dropped> RepeatLimit::TakeDropped(base::MonotonicTime now) {
  std::vector<Dropped> dropped;
  if (now - swept_ < options_.window) return dropped;
  swept_ = now;
  for (auto& [message, entry] : entries_) {
    if (entry.dropped > 0) dropped.push_back({message, std::exchange(entry.dropped, 0)});
  }
  std::erase_if(entries_, [&](const auto& item) { return now - item.second.begin >= options_.window; });
  std::ranges::sort(dropped, {}, &Dropped::message);
  return dropped;
}

}  // namespace tajo::telemetry
