#include "tests/e2e/cli/program.h"

#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <stdexcept>

namespace tajo::testing {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::seconds kPatience{30};

void Close(int& end) {
  if (end >= 0) close(end);
  end = -1;
}

}  // namespace

Program::Program(const std::vector<std::string>& arguments, const Variables& variables, At at) {
  std::vector<std::string> words{TAJO_PROGRAM};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<std::string> settings;
  for (const auto& [name, value] : variables) settings.push_back(name + "=" + value);
  const char* path = std::getenv("PATH");
  settings.push_back(std::string("PATH=") + (path == nullptr ? "/usr/bin:/bin" : path));
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  std::vector<char*> envp;
  for (std::string& setting : settings) envp.push_back(setting.data());
  envp.push_back(nullptr);

  std::array<int, 2> out{-1, -1};
  std::array<int, 2> err{-1, -1};
  if (at == At::kTerminal) {
    winsize size{24, 100, 0, 0};
    pid_ = forkpty(&out_end_, nullptr, nullptr, &size);
  } else {
    if (pipe2(out.data(), O_CLOEXEC) != 0 || pipe2(err.data(), O_CLOEXEC) != 0) throw std::runtime_error("pipe2");
    pid_ = fork();
  }
  if (pid_ < 0) throw std::runtime_error("fork");
  if (pid_ == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (at == At::kPipes) {
      const int null = open("/dev/null", O_RDONLY);
      dup2(null, STDIN_FILENO);
      dup2(out[1], STDOUT_FILENO);
      dup2(err[1], STDERR_FILENO);
    }
    execve(argv.front(), argv.data(), envp.data());
    _exit(127);
  }
  if (at == At::kPipes) {
    out_end_ = out[0];
    err_end_ = err[0];
    Close(out[1]);
    Close(err[1]);
  }
}

Program::~Program() {
  if (pid_ > 0) {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  Close(out_end_);
  Close(err_end_);
}

bool Program::ReadSome(int timeout_ms) {
  std::array<pollfd, 2> polled{{{out_end_, POLLIN, 0}, {err_end_, POLLIN, 0}}};
  poll(polled.data(), polled.size(), timeout_ms);
  for (const auto& [end, text] : {std::pair{&out_end_, &out_}, std::pair{&err_end_, &err_}}) {
    const auto& seen = polled[end == &out_end_ ? 0 : 1];
    if (*end < 0 || seen.revents == 0) continue;
    std::array<char, 4096> chunk{};
    const ssize_t got = read(*end, chunk.data(), chunk.size());
    if (got > 0) text->append(chunk.data(), static_cast<std::size_t>(got));
    if (got <= 0) Close(*end);
  }
  return out_end_ >= 0 || err_end_ >= 0;
}

void Program::ReadUntil(const std::function<bool()>& done) {
  const auto end = Clock::now() + kPatience;
  while (!done()) {
    const bool open = ReadSome(20);
    if (!done() && (!open || Clock::now() > end)) {
      throw std::runtime_error("it never came to that; said: " + out_ + "\nand: " + err_);
    }
  }
}

void Program::Expect(const std::string& text) {
  ReadUntil([this, &text] { return out_.find(text) != std::string::npos; });
}

void Program::Type(const std::string& text) const {
  if (write(out_end_, text.data(), text.size()) != static_cast<ssize_t>(text.size())) throw std::runtime_error("write");
}

void Program::Signal(int signal) const {
  kill(pid_, signal);
}

int Program::Wait() {
  const auto end = Clock::now() + kPatience;
  while (ReadSome(20)) {
    if (Clock::now() > end) throw std::runtime_error("it never ended; said: " + out_ + "\nand: " + err_);
  }
  int status = 0;
  waitpid(pid_, &status, 0);
  pid_ = -1;
  return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

Result RunProgram(const std::vector<std::string>& arguments, const Variables& variables) {
  Program program(arguments, variables);
  const int code = program.Wait();
  return {code, program.Out(), program.Err()};
}

}  // namespace tajo::testing
