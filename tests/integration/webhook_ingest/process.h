#pragma once

#include <sys/types.h>

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace tajo::ingest {

// The real binary, started with flags; its log is read from stderr.
class Process {
 public:
  explicit Process(std::vector<std::string> arguments);
  ~Process();  // kills it
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  // The port of that field ("listen", "metrics") of the log's line "listening"; throws if it ends first.
  uint16_t Port(const std::string& field);
  void Signal(int signal);
  // Waits until it has ended; its exit code, or 128 + the signal that ended it.
  int Wait();
  std::string Log();

 private:
  void ReadLog();

  pid_t pid_ = -1;
  int log_fd_ = -1;
  std::mutex mutex_;
  std::condition_variable more_;
  std::string log_;
  bool log_ended_ = false;
  std::jthread reader_;
};

}  // namespace tajo::ingest
