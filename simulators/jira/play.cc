#include "simulators/jira/play.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

namespace tajo::jira_sim {
namespace {

constexpr std::chrono::milliseconds kTick{5};
// Requests must be served in between.
constexpr int64_t kMostPerTick = 200;

}  // namespace

base::Task<void> Play::Run(RandomChanges changes, Plan plan) {
  running_ = true;
  stopping_ = false;
  done_ = 0;
  target_ = plan.count;
  began_ = clock_.Monotonic();
  struct Ending {
    bool& running;
    ~Ending() { running = false; }
  } const ending{running_};
  while (done_ < target_ && !stopping_) {
    const double seconds = std::chrono::duration<double>(clock_.Monotonic() - began_).count();
    const auto due = std::min(target_, static_cast<int64_t>(seconds * plan.rate) + 1);
    for (int64_t i = 0; i < kMostPerTick && done_ < due; ++i) {
      if (changes.Act().empty()) {
        stopping_ = true;
        break;
      }
      ++done_;
    }
    elapsed_ = clock_.Monotonic() - began_;
    co_await clock_.Sleep(kTick);
  }
}

std::string Play::Json() const {
  return fmt::format(R"({{"running":{},"done":{},"target":{},"elapsed_ms":{}}})", running_, done_, target_,
                     std::chrono::duration_cast<std::chrono::milliseconds>(elapsed_).count());
}

}  // namespace tajo::jira_sim
