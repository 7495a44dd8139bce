#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "cli/terminal.h"
#include "cli/up/data_dir.h"
#include "cli/up/log_file.h"
#include "cli/up/programs.h"
#include "cli/up/readiness.h"
#include "cli/up/supervisor.h"

namespace tajo::cli {

// Everything on one machine: starts the programs in the order in which they need each other, tells
// where they listen, keeps them running, and stops them when asked.
class Machine {
 public:
  // `stop`: see Supervisor.
  Machine(UpOptions options, std::unique_ptr<DataDir> data, Terminal& terminal, base::Clock& clock, int stop);

  // Until a stop is asked for; the exit code.
  int Run();

 private:
  // Each true when it is up. False: it is told why, or a stop was asked for.
  bool StartAll();
  bool StartRedis();
  bool StartSimulators();
  bool StartServices();
  bool Launch(const Program& program);
  bool AwaitListening(const std::vector<Program>& programs);
  bool Await(const std::function<bool()>& done, base::Duration patience, const std::string& whom);
  void StopAll();

  void TakeLine(const std::string& name, Stream stream, std::string_view line);
  void Note(const std::string& text);
  void Announce();
  std::string Where() const;
  std::string HowToConnect() const;

  const UpOptions options_;
  const std::unique_ptr<DataDir> data_;
  Terminal& terminal_;
  std::map<std::string, LogFile> logs_;  // none with --verbose
  std::map<std::string, Listening> listening_;
  std::map<std::string, std::string> last_lines_;
  Places places_;
  int exit_code_ = 0;
  Supervisor supervisor_;
};

}  // namespace tajo::cli
