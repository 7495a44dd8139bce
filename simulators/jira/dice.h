#pragma once

#include <cstdint>

namespace tajo::jira_sim {

// splitmix64: a good stream from any 64-bit start, so that issue n's words are found without making
// those before it.
class Dice {
 public:
  explicit constexpr Dice(uint64_t start) : state_(start) {}
  constexpr Dice(uint64_t seed, uint64_t item, uint64_t purpose)
      : state_(seed * 0x9e3779b97f4a7c15ull ^ item * 0xbf58476d1ce4e5b9ull ^ purpose * 0x94d049bb133111ebull) {
    Next();
  }

  constexpr uint64_t Next() {
    uint64_t z = (state_ += 0x9e3779b97f4a7c15ull);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
    return z ^ (z >> 31);
  }
  // In [0, below); 0 for 0.
  constexpr uint64_t Below(uint64_t below) { return below == 0 ? 0 : Next() % below; }
  constexpr bool Percent(uint64_t percent) { return Below(100) < percent; }

 private:
  uint64_t state_;
};

}  // namespace tajo::jira_sim
