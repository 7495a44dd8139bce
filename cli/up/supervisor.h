#pragma once

#include <poll.h>

#include <chrono>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "cli/up/child.h"
#include "common/base/clock.h"

namespace tajo::cli {

struct Program {
  std::string name;  // "gateway"
  std::vector<std::string> arguments;
};

// Runs programs side by side, on the thread that calls it. A program that ends before it is ready ends
// the start; one that ends later is started again, after a pause that doubles while it keeps failing.
class Supervisor {
 public:
  struct Options {
    base::Duration first_pause = std::chrono::milliseconds(500);
    base::Duration longest_pause = std::chrono::seconds(30);
    base::Duration settled_after = std::chrono::seconds(60);  // having run so long, the pause begins anew
  };
  struct Listener {
    std::function<void(const std::string& name, Stream stream, std::string_view line)> line;
    // "gateway ended with exit code 1; it is started again in 500 ms"
    std::function<void(const std::string& text)> note;
  };
  enum class Outcome { kDone, kStopAsked, kProgramEnded, kTimedOut };

  // `stop` becomes readable when the programs shall stop: a signalfd. Each asking is read from it.
  Supervisor(base::Clock& clock, int stop, Options options, Listener listener);
  ~Supervisor();
  Supervisor(const Supervisor&) = delete;
  Supervisor& operator=(const Supervisor&) = delete;

  absl::Status Start(Program program);
  // From now on it is started again when it ends, with these arguments.
  void MarkReady(const std::string& name, std::vector<std::string> arguments);
  // Until `done` (looked at after each thing that happens, and every 50 ms), a stop, or the time is over.
  Outcome RunUntil(const std::function<bool()>& done, base::Duration patience);
  // Until a stop is asked for.
  void Run();
  // Ends these together: SIGTERM, and SIGKILL for what is left after the grace, or at once if a stop is
  // asked for again.
  void Stop(const std::vector<std::string>& names, base::Duration grace);

  // What the last program that ended before it was ready ended with; for kProgramEnded.
  const std::string& FirstEnd() const { return first_end_; }

 private:
  struct Entry {
    Program program;
    std::optional<Child> child;
    base::MonotonicTime started;
    base::Duration pause{};
    std::optional<base::MonotonicTime> restart_at;
    bool ready = false;
    bool stopping = false;
  };

  // Waits for something to happen, at most so long (nothing: for ever), and takes it in.
  void Step(std::optional<base::Duration> at_most);
  void TakeEnd(Entry& entry, const std::string& how);
  void StartAgain(Entry& entry);
  absl::Status Launch(Entry& entry);
  Child::OnLine LinesOf(const Entry& entry) const;
  std::optional<base::Duration> UntilRestart() const;
  Entry* Find(const std::string& name);

  base::Clock& clock_;
  const int stop_;
  const Options options_;
  const Listener listener_;
  std::list<Entry> entries_;
  bool stop_asked_ = false;
  bool ended_early_ = false;
  std::string first_end_;
};

}  // namespace tajo::cli
