#include "cli/up/child.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

#include "common/base/error.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::cli {
namespace {

constexpr std::size_t kLongestLine = 64 * 1024;

class Descriptor {
 public:
  explicit Descriptor(int value = -1) : value_(value) {}
  ~Descriptor() { Close(); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  int Get() const { return value_; }
  int Release() { return std::exchange(value_, -1); }
  void Take(int value) {
    Close();
    value_ = value;
  }
  void Close() {
    if (value_ >= 0) close(value_);
    value_ = -1;
  }

 private:
  int value_;
};

struct Ends {
  Descriptor read;
  Descriptor write;
  bool Open() {
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) return false;
    read.Take(ends[0]);
    write.Take(ends[1]);
    return true;
  }
};

absl::Status Failure(const std::string& program, int error) {
  return base::Error(jira::v1::INTERNAL, fmt::format("can't start {}: {}", program, std::strerror(error)));
}

// In the child, between fork and exec: only what is safe there. Returns only with an error.
int Become(const std::vector<char*>& arguments, pid_t parent, int null, int out, int err) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(1);  // it died before we asked to be told
  setpgid(0, 0);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  std::signal(SIGPIPE, SIG_DFL);
  if (dup2(null, STDIN_FILENO) >= 0 && dup2(out, STDOUT_FILENO) >= 0 && dup2(err, STDERR_FILENO) >= 0) {
    execv(arguments.front(), arguments.data());
  }
  return errno;
}

}  // namespace

absl::StatusOr<Child> Child::Start(const std::vector<std::string>& arguments) {
  std::vector<char*> pointers;
  pointers.reserve(arguments.size() + 1);
  for (const std::string& argument : arguments) pointers.push_back(const_cast<char*>(argument.c_str()));
  pointers.push_back(nullptr);
  Ends out;
  Ends err;
  Ends failure;  // carries errno of a failed exec; closed by a good one
  const Descriptor null(open("/dev/null", O_RDONLY | O_CLOEXEC));
  if (null.Get() < 0 || !out.Open() || !err.Open() || !failure.Open()) return Failure(arguments.front(), errno);
  const pid_t parent = getpid();
  const pid_t pid = fork();
  if (pid < 0) return Failure(arguments.front(), errno);
  if (pid == 0) {
    const int error = Become(pointers, parent, null.Get(), out.write.Get(), err.write.Get());
    if (write(failure.write.Get(), &error, sizeof(error)) < 0) _exit(126);
    _exit(127);
  }
  failure.write.Close();
  int error = 0;
  ssize_t got = 0;
  do {
    got = read(failure.read.Get(), &error, sizeof(error));
  } while (got < 0 && errno == EINTR);
  if (got > 0) {
    waitpid(pid, nullptr, 0);
    return Failure(arguments.front(), error);
  }
  const int handle = static_cast<int>(syscall(SYS_pidfd_open, pid, 0));
  if (handle < 0) {
    const int why = errno;
    kill(pid, SIGKILL);
    waitpid(pid, nullptr, 0);
    return Failure(arguments.front(), why);
  }
  fcntl(out.read.Get(), F_SETFL, O_NONBLOCK);
  fcntl(err.read.Get(), F_SETFL, O_NONBLOCK);
  return Child(pid, handle, out.read.Release(), err.read.Release());
}

Child::Child(Child&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      handle_(std::exchange(other.handle_, -1)),
      out_(std::exchange(other.out_, {})),
      err_(std::exchange(other.err_, {})) {}

Child::~Child() {
  if (pid_ > 0) {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  for (const int descriptor : {handle_, out_.descriptor, err_.descriptor}) {
    if (descriptor >= 0) close(descriptor);
  }
}

void Child::Read(Pipe& pipe, Stream stream, const OnLine& on_line) {
  std::array<char, 16 * 1024> chunk{};
  while (pipe.descriptor >= 0) {
    const ssize_t got = read(pipe.descriptor, chunk.data(), chunk.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && errno == EAGAIN) return;
    if (got <= 0) {
      close(pipe.descriptor);
      pipe.descriptor = -1;
      Flush(pipe, stream, on_line);
      return;
    }
    pipe.partial.append(chunk.data(), static_cast<std::size_t>(got));
    std::size_t begin = 0;
    for (std::size_t end = 0; (end = pipe.partial.find('\n', begin)) != std::string::npos; begin = end + 1) {
      on_line(stream, std::string_view(pipe.partial).substr(begin, end - begin));
    }
    pipe.partial.erase(0, begin);
    if (pipe.partial.size() > kLongestLine) Flush(pipe, stream, on_line);
  }
}

void Child::Flush(Pipe& pipe, Stream stream, const OnLine& on_line) {
  const std::string line = std::exchange(pipe.partial, {});
  if (!line.empty()) on_line(stream, line);
}

void Child::ReadLines(const OnLine& on_line) {
  Read(out_, Stream::kOut, on_line);
  Read(err_, Stream::kErr, on_line);
}

std::optional<std::string> Child::Ended(const OnLine& on_line) {
  int status = 0;
  if (pid_ < 0 || waitpid(pid_, &status, WNOHANG) != pid_) return std::nullopt;
  pid_ = -1;
  ReadLines(on_line);
  Flush(out_, Stream::kOut, on_line);
  Flush(err_, Stream::kErr, on_line);
  if (WIFSIGNALED(status)) {
    return fmt::format("signal {} ({})", WTERMSIG(status), strsignal(WTERMSIG(status)));
  }
  return fmt::format("exit code {}", WEXITSTATUS(status));
}

void Child::Signal(int signal) const {
  if (pid_ > 0) kill(pid_, signal);
}

}  // namespace tajo::cli
