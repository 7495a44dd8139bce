#include "common/telemetry/log_sink.h"

#include <fmt/format.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace tajo::telemetry {
namespace {

constexpr std::chrono::milliseconds kFarewell{1000};
constexpr int kPollMillis = 100;

}  // namespace

FdSink::FdSink(int fd, std::size_t max_pending_bytes) : fd_(fd), max_pending_bytes_(max_pending_bytes) {
  // Signals are for the threads that expect them.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  thread_ = std::thread([this] { Run(); });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

FdSink::~FdSink() {
  Flush(kFarewell);
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    abandon_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void FdSink::Write(std::string line) {
  {
    const std::lock_guard lock(mutex_);
    if (pending_.size() + line.size() + 1 > max_pending_bytes_) {
      ++dropped_;
      return;
    }
    pending_ += line;
    pending_ += '\n';
  }
  changed_.notify_all();
}

void FdSink::Flush(std::chrono::milliseconds timeout) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, timeout, [this] { return pending_.empty() && !writing_; });
}

void FdSink::Run() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return stopping_ || !pending_.empty(); });
    if (pending_.empty() || abandon_) return;
    std::string text = std::exchange(pending_, {});
    const uint64_t dropped = std::exchange(dropped_, 0);
    writing_ = true;
    lock.unlock();
    if (dropped > 0) {
      text += fmt::format(R"({{"level":"warn","message":"log lines dropped: the reader is too slow","count":{}}})",
                          dropped);
      text += '\n';
    }
    WriteOut(text);
    lock.lock();
    writing_ = false;
    changed_.notify_all();
  }
}

void FdSink::WriteOut(const std::string& text) const {
  std::size_t done = 0;
  while (done < text.size()) {
    if (!WaitForRoom()) return;
    // A pipe that polls as writable takes PIPE_BUF bytes without blocking.
    constexpr std::size_t kChunk = 4096;
    const ssize_t written = ::write(fd_, text.data() + done, std::min(kChunk, text.size() - done));
    if (written >= 0) {
      done += static_cast<std::size_t>(written);
    } else if (errno != EINTR && errno != EAGAIN) {
      return;  // nobody reads any more
    }
  }
}

bool FdSink::WaitForRoom() const {
  while (!abandon_) {
    pollfd room{fd_, POLLOUT, 0};
    const int ready = ::poll(&room, 1, kPollMillis);
    if (ready > 0) return (room.revents & POLLOUT) != 0;
    if (ready < 0 && errno != EINTR) return false;
  }
  return false;
}

}  // namespace tajo::telemetry
