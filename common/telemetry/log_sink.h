#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>

namespace tajo::telemetry {

// Where finished lines go. Thread-safe; doesn't block.
class LogSink {
 public:
  virtual ~LogSink() = default;
  virtual void Write(std::string line) = 0;
  // Returns when what was written before is out, or `timeout` is over.
  virtual void Flush(std::chrono::milliseconds /*timeout*/) {}
};

// Writes to a file descriptor (2: stderr) from a thread of its own, so that a reader who is slow never
// holds up a loop. Beyond `max_pending_bytes` further lines are dropped, and a line says how many.
class FdSink final : public LogSink {
 public:
  explicit FdSink(int fd, std::size_t max_pending_bytes = 4u << 20);
  ~FdSink() override;  // flushes for up to a second; the descriptor stays open
  FdSink(const FdSink&) = delete;
  FdSink& operator=(const FdSink&) = delete;

  void Write(std::string line) override;
  void Flush(std::chrono::milliseconds timeout) override;

 private:
  void Run();
  void WriteOut(const std::string& text) const;
  bool WaitForRoom() const;

  const int fd_;
  const std::size_t max_pending_bytes_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::string pending_;  // whole lines
  uint64_t dropped_ = 0;
  bool writing_ = false;
  bool stopping_ = false;
  std::atomic<bool> abandon_ = false;  // don't wait for a reader any longer
  std::thread thread_;
};

}  // namespace tajo::telemetry
