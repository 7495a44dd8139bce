#include "common/telemetry/log.h"

#include <unistd.h>

#include <array>
#include <utility>
#include <vector>

namespace tajo::telemetry {

Logger::Logger(LogOptions options, const base::Clock& clock, std::unique_ptr<LogSink> sink)
    : service_(std::move(options.service)),
      format_(options.format),
      level_(options.level),
      clock_(clock),
      sink_(std::move(sink)),
      repeats_(options.repeat_limit) {}

Logger::~Logger() {
  WriteDropped(base::MonotonicTime{base::Duration::max()});
  sink_->Flush(std::chrono::milliseconds(1000));
}

void Logger::Log(LogLevel level, std::string_view message, std::span<const LogField> fields) {
  if (!Enabled(level)) return;
  const base::MonotonicTime now = clock_.Monotonic();
  WriteDropped(now);
  bool admitted = false;
  {
    const std::lock_guard lock(mutex_);
    admitted = repeats_.Admit(message, now);
  }
  if (admitted) Write(level, message, fields);
}

void Logger::Flush(std::chrono::milliseconds timeout) {
  WriteDropped(clock_.Monotonic());
  sink_->Flush(timeout);
}

void Logger::WriteDropped(base::MonotonicTime now) {
  std::vector<RepeatLimit::Dropped> dropped;
  {
    const std::lock_guard lock(mutex_);
    dropped = repeats_.TakeDropped(now);
  }
  for (const RepeatLimit::Dropped& repeat : dropped) {
    const std::array<LogField, 2> fields = {{{"repeated", repeat.message}, {"count", repeat.count}}};
    Write(LogLevel::kWarn, "repeated log lines dropped", fields);
  }
}

void Logger::Write(LogLevel level, std::string_view message, std::span<const LogField> fields) {
  sink_->Write(FormatLine({clock_.Now(), level, service_, message, fields}, format_));
}

std::unique_ptr<Logger> MakeStderrLogger(LogOptions options, const base::Clock& clock) {
  return std::make_unique<Logger>(std::move(options), clock, std::make_unique<FdSink>(STDERR_FILENO));
}

}  // namespace tajo::telemetry
