#pragma once

#include <sys/types.h>

#include <chrono>
#include <string>
#include <vector>

namespace tajo::e2e {

// A process of the test's own; its output goes to a file. Ended by pid when the test lets go of it.
class Child {
 public:
  Child(std::string name, std::vector<std::string> command, std::string log_file);
  ~Child();
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  void Start();
  void Kill();  // SIGKILL
  int Stop();   // SIGTERM, waits; the exit code, or 128 + the signal
  // What stands behind `"key":"` in the last start's output; waits for it. Throws with the output if
  // the process ends or half a minute passes first.
  std::string AwaitValue(const std::string& key);
  std::string Output() const;  // since the last start
  pid_t Pid() const { return pid_; }

 private:
  int Reap();

  std::string name_;
  std::vector<std::string> command_;
  std::string log_file_;
  pid_t pid_ = -1;
};

struct Finished {
  int exit_code = 0;
  std::string out;
  std::string err;
};
// Runs a command to its end, with these variables added to the environment.
Finished Run(const std::vector<std::string>& command, const std::vector<std::string>& environment = {});

}  // namespace tajo::e2e
