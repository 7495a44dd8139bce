#include "tests/e2e/system/child.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <utility>

#include "tests/support/eventually.h"

namespace tajo::e2e {
namespace {

std::string ReadFile(const std::string& path) {
  std::ifstream stream(path);
  std::ostringstream text;
  text << stream.rdbuf();
  return text.str();
}

std::vector<char*> Pointers(const std::vector<std::string>& words) {
  std::vector<char*> pointers;
  for (const auto& word : words) pointers.push_back(const_cast<char*>(word.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

pid_t Spawn(const std::vector<std::string>& command, const std::vector<std::string>& environment,
            const std::string& out_file, const std::string& err_file) {
  const auto arguments = Pointers(command);
  const pid_t parent = getpid();
  const pid_t pid = fork();
  if (pid < 0) throw std::runtime_error("fork failed");
  if (pid > 0) return pid;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(127);
  const int out = open(out_file.c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_APPEND, 0600);
  const int err = err_file == out_file ? out : open(err_file.c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_APPEND, 0600);
  const int none = open("/dev/null", O_RDONLY);
  dup2(none, 0);
  dup2(out, 1);
  dup2(err, 2);
  for (const auto& variable : environment) putenv(const_cast<char*>(variable.c_str()));
  execv(arguments[0], arguments.data());
  _exit(127);
}

int CodeOf(int status) {
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

Child::Child(std::string name, std::vector<std::string> command, std::string log_file)
    : name_(std::move(name)), command_(std::move(command)), log_file_(std::move(log_file)) {}

Child::~Child() {
  Kill();
}

void Child::Start() {
  // What an earlier start said must not be taken for this one's.
  std::ofstream(log_file_, std::ios::trunc).flush();
  pid_ = Spawn(command_, {}, log_file_, log_file_);
}

void Child::Kill() {
  if (pid_ < 0) return;
  kill(pid_, SIGKILL);
  Reap();
}

int Child::Stop() {
  if (pid_ < 0) return 0;
  kill(pid_, SIGTERM);
  return Reap();
}

int Child::Reap() {
  int status = 0;
  waitpid(pid_, &status, 0);
  pid_ = -1;
  return CodeOf(status);
}

std::string Child::AwaitValue(const std::string& key) {
  const std::string mark = fmt::format("\"{}\":\"", key);
  std::string value;
  const bool found = testing::Eventually(
      [&] {
        const std::string output = Output();
        const auto begin = output.find(mark);
        if (begin == std::string::npos) return waitpid(pid_, nullptr, WNOHANG) != 0;
        const auto end = output.find('"', begin + mark.size());
        if (end == std::string::npos) return false;
        value = output.substr(begin + mark.size(), end - begin - mark.size());
        return true;
      },
      std::chrono::seconds(30));
  if (!found || value.empty()) {
    throw std::runtime_error(fmt::format("{} did not say its {}:\n{}", name_, key, Output()));
  }
  return value;
}

std::string Child::Output() const {
  return ReadFile(log_file_);
}

Finished Run(const std::vector<std::string>& command, const std::vector<std::string>& environment) {
  char folder[] = "/tmp/tajo-run-XXXXXX";
  if (mkdtemp(folder) == nullptr) throw std::runtime_error("mkdtemp failed");
  const std::string out = std::string(folder) + "/out";
  const std::string err = std::string(folder) + "/err";
  const pid_t pid = Spawn(command, environment, out, err);
  int status = 0;
  waitpid(pid, &status, 0);
  Finished finished{CodeOf(status), ReadFile(out), ReadFile(err)};
  unlink(out.c_str());
  unlink(err.c_str());
  rmdir(folder);
  return finished;
}

}  // namespace tajo::e2e
