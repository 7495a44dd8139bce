#pragma once

#include <atomic>
#include <initializer_list>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>

#include "common/base/clock.h"
#include "common/telemetry/log_line.h"
#include "common/telemetry/log_sink.h"
#include "common/telemetry/repeat_limit.h"

namespace tajo::telemetry {

struct LogOptions {
  std::string service = {};  // "tajo-gateway"
  LogLevel level = LogLevel::kInfo;
  LogFormat format = LogFormat::kJson;
  RepeatLimit::Options repeat_limit = {};
};

// Structured lines:
//   logger.Info("sync finished", {{"connection", id}, {"issues", 42}});
// `message` is constant text, since repeats are limited by it; what varies goes into fields.
// Thread-safe; one a process, handed to whoever logs.
class Logger {
 public:
  using Fields = std::initializer_list<LogField>;

  // `clock` outlives the logger.
  Logger(LogOptions options, const base::Clock& clock, std::unique_ptr<LogSink> sink);
  ~Logger();  // tells of repeats that were dropped, then flushes
  Logger(const Logger&) = delete;
  Logger& operator=(const Logger&) = delete;

  void Log(LogLevel level, std::string_view message, std::span<const LogField> fields);

  void Trace(std::string_view message, Fields fields = {}) {
    Log(LogLevel::kTrace, message, {fields.begin(), fields.size()});
  }
  void Debug(std::string_view message, Fields fields = {}) {
    Log(LogLevel::kDebug, message, {fields.begin(), fields.size()});
  }
  void Info(std::string_view message, Fields fields = {}) {
    Log(LogLevel::kInfo, message, {fields.begin(), fields.size()});
  }
  void Warn(std::string_view message, Fields fields = {}) {
    Log(LogLevel::kWarn, message, {fields.begin(), fields.size()});
  }
  void Error(std::string_view message, Fields fields = {}) {
    Log(LogLevel::kError, message, {fields.begin(), fields.size()});
  }

  bool Enabled(LogLevel level) const { return level >= level_.load(std::memory_order_relaxed); }
  void SetLevel(LogLevel level) { level_.store(level, std::memory_order_relaxed); }
  LogLevel Level() const { return level_.load(std::memory_order_relaxed); }

  void Flush(std::chrono::milliseconds timeout = std::chrono::milliseconds(1000));

 private:
  void WriteDropped(base::MonotonicTime now);
  void Write(LogLevel level, std::string_view message, std::span<const LogField> fields);

  const std::string service_;
  const LogFormat format_;
  std::atomic<LogLevel> level_;
  const base::Clock& clock_;
  const std::unique_ptr<LogSink> sink_;
  std::mutex mutex_;
  RepeatLimit repeats_;  // under mutex_
};

// To stderr.
std::unique_ptr<Logger> MakeStderrLogger(LogOptions options, const base::Clock& clock);

}  // namespace tajo::telemetry
