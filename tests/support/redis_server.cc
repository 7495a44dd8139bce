#include "tests/support/redis_server.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <utility>

namespace tajo::testing {
namespace {

constexpr auto kPatience = std::chrono::seconds(20);
constexpr int kPollMillis = 5;

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int Get() const { return fd_; }

 private:
  int fd_;
};

std::string MakeFolder() {
  // Short: a unix socket's path may have 107 bytes.
  std::string path = "/tmp/tajo-redis-XXXXXX";
  if (mkdtemp(path.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
  return path;
}

std::string ReadFile(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

uint16_t FreePort() {
  const Descriptor probe(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  if (bind(probe.Get(), reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      getsockname(probe.Get(), reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    throw std::runtime_error("no free port on 127.0.0.1");
  }
  return ntohs(address.sin_port);
}

RedisServer::RedisServer(std::vector<std::string> args, Listen listen, const std::string& config)
    : args_(std::move(args)), folder_(MakeFolder()), socket_path_(folder_ + "/s") {
  if (listen == Listen::kSocketAndPort) port_ = FreePort();
  std::ofstream(folder_ + "/conf") << config;
  try {
    Start();
  } catch (...) {
    Kill();
    std::filesystem::remove_all(folder_);
    throw;
  }
}

RedisServer::~RedisServer() {
  Kill();
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

void RedisServer::Start() {
  std::vector<std::string> line = {"redis-server", folder_ + "/conf",
                                   "--dir",        folder_,
                                   "--unixsocket", socket_path_,
                                   "--port",       std::to_string(port_),
                                   "--bind",       "127.0.0.1",
                                   "--save",       "",
                                   "--daemonize",  "no",
                                   "--logfile",    folder_ + "/log"};
  // While a fsync is under way, `everysec` holds back for up to 2 s what it has answered already: it would go with
  // Kill(). The kernel keeps what was written to it.
  line.insert(line.end(), {"--appendfsync", "no"});
  line.insert(line.end(), args_.begin(), args_.end());
  std::vector<char*> argv;
  for (std::string& word : line) argv.push_back(word.data());
  argv.push_back(nullptr);

  const pid_t parent = getpid();
  pid_ = fork();
  if (pid_ < 0) throw std::runtime_error("fork failed");
  if (pid_ == 0) {
    // A test that crashes leaves no server behind.
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(127);
    const int null = open("/dev/null", O_RDWR);
    for (const int fd : {0, 1, 2}) dup2(null, fd);
    execvp(argv[0], argv.data());
    _exit(127);
  }

  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (true) {
    int state = 0;
    if (waitpid(pid_, &state, WNOHANG) == pid_) {
      pid_ = -1;
      throw std::runtime_error("redis-server ended at once: " + ReadFile(folder_ + "/log"));
    }
    // An error about a missing login is an answer too; one about loading isn't.
    const std::string answer = Ask({"PING"});
    if (!answer.empty() && !answer.starts_with("-LOADING")) return;
    if (std::chrono::steady_clock::now() > deadline) {
      throw std::runtime_error("redis-server doesn't answer: " + ReadFile(folder_ + "/log"));
    }
    poll(nullptr, 0, kPollMillis);
  }
}

std::string RedisServer::Ask(const std::vector<std::string>& command) const {
  const Descriptor connection(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, socket_path_.c_str(), sizeof(address.sun_path) - 1);
  if (connect(connection.Get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) return "";
  std::string request = fmt::format("*{}\r\n", command.size());
  for (const std::string& word : command) request += fmt::format("${}\r\n{}\r\n", word.size(), word);
  if (send(connection.Get(), request.data(), request.size(), MSG_NOSIGNAL) < 0) return "";
  pollfd readable{connection.Get(), POLLIN, 0};
  if (poll(&readable, 1, 2'000) <= 0) return "";
  std::string answer(64 * 1024, '\0');
  const ssize_t size = recv(connection.Get(), answer.data(), answer.size(), 0);
  answer.resize(size < 0 ? 0 : static_cast<std::size_t>(size));
  return answer;
}

void RedisServer::Signal(int signal) {
  if (pid_ > 0) kill(pid_, signal);
}

void RedisServer::Reap() {
  if (pid_ > 0) waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

void RedisServer::Kill() {
  Signal(SIGKILL);
  Reap();
}

void RedisServer::Stop() {
  Signal(SIGTERM);
  Reap();
}

void RedisServer::Restart() {
  if (pid_ > 0) Stop();
  Start();
}

void RedisServer::Freeze() {
  Signal(SIGSTOP);
}
void RedisServer::Thaw() {
  Signal(SIGCONT);
}

}  // namespace tajo::testing
