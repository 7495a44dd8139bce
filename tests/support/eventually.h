#pragma once

#include <chrono>
#include <functional>
#include <thread>

namespace tajo::testing {

// Looks at `condition`, every few milliseconds, until it holds (true) or the deadline passes (false).
inline bool Eventually(const std::function<bool()>& condition,
                       std::chrono::milliseconds deadline = std::chrono::seconds(10)) {
  const auto end = std::chrono::steady_clock::now() + deadline;
  while (!condition()) {
    if (std::chrono::steady_clock::now() >= end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return true;
}

}  // namespace tajo::testing
