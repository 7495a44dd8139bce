#include "tests/integration/webhook_ingest/process.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <stdexcept>
#include <utility>

namespace tajo::ingest {

Process::Process(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), TAJO_INGEST_BINARY);
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  std::array<int, 2> ends{};
  if (pipe(ends.data()) != 0) throw std::runtime_error("no pipe");
  pid_ = fork();
  if (pid_ < 0) throw std::runtime_error("no process");
  if (pid_ == 0) {
    dup2(ends[1], STDERR_FILENO);
    close(ends[0]);
    close(ends[1]);
    execv(argv[0], argv.data());
    _exit(127);
  }
  close(ends[1]);
  log_fd_ = ends[0];
  reader_ = std::jthread([this] { ReadLog(); });
}

Process::~Process() {
  if (pid_ > 0) {
    kill(pid_, SIGKILL);
    Wait();
  }
  reader_.join();
  close(log_fd_);
}

void Process::ReadLog() {
  std::array<char, 4096> chunk{};
  while (true) {
    const ssize_t size = read(log_fd_, chunk.data(), chunk.size());
    const std::lock_guard lock(mutex_);
    if (size <= 0) {
      log_ended_ = true;
      more_.notify_all();
      return;
    }
    log_.append(chunk.data(), static_cast<std::size_t>(size));
    more_.notify_all();
  }
}

uint16_t Process::Port(const std::string& field) {
  const std::string begin = "\"" + field + "\":\"127.0.0.1:";
  std::unique_lock lock(mutex_);
  const bool found = more_.wait_for(lock, std::chrono::seconds(20),
                                    [&] { return log_ended_ || log_.find(begin) != std::string::npos; });
  const std::size_t at = log_.find(begin);
  if (!found || at == std::string::npos) throw std::runtime_error("it doesn't listen: " + log_);
  return static_cast<uint16_t>(std::stoi(log_.substr(at + begin.size())));
}

void Process::Signal(int signal) {
  kill(pid_, signal);
}

int Process::Wait() {
  int status = 0;
  waitpid(pid_, &status, 0);
  pid_ = -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

std::string Process::Log() {
  const std::lock_guard lock(mutex_);
  return log_;
}

}  // namespace tajo::ingest
