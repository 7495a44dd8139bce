#pragma once

#include <functional>

#include "absl/status/status.h"
#include "common/base/clock.h"
#include "common/base/task.h"
#include "common/telemetry/health.h"
#include "common/telemetry/log.h"

namespace tajo::telemetry {

inline constexpr int kExitDone = 0;
inline constexpr int kExitFailed = 1;
inline constexpr int kExitSecondSignal = 130;

// What a service is made of, as its process sees it. All run on the thread of RunProcess.
struct ProcessTasks {
  // Serves until cancelled. An error, or an end before a signal, ends the process.
  std::function<base::Task<absl::Status>()> main;
  // Finishes what was begun and takes nothing new; main is cancelled after it.
  std::function<base::Task<void>()> drain;
  // SIGHUP: reads again what may change in a running service, such as the gateway's tokens. May be empty.
  std::function<void()> reload;
};

// Runs the life of a process and returns its exit code.
// SIGTERM or SIGINT: "draining" makes it not ready first, then `drain` and the end of `main` have
// `grace` together; 0 if they made it, else 1 with a line in the log. A second such signal ends the
// process at once with 130. SIGPIPE is ignored. Once a process at a time.
int RunProcess(const ProcessTasks& tasks, base::Duration grace, base::Clock& clock, Health& health, Logger& logger);

}  // namespace tajo::telemetry
