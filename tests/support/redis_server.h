#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace tajo::testing {

// A real redis-server of the test's own, in a folder of its own, on a unix socket (and a TCP port
// where asked). The constructor returns when it answers; it throws when it doesn't start.
//
//   RedisServer server;                                       // nothing on disk
//   RedisServer durable({"--appendonly", "yes"});             // Kill() and Restart() keep what was answered
//   RedisServer guarded({"--requirepass", "opensesame"});
//   RedisServer sentinel({"--sentinel"}, RedisServer::Listen::kSocketAndPort, "sentinel monitor …");
class RedisServer {
 public:
  enum class Listen { kSocket, kSocketAndPort };

  explicit RedisServer(std::vector<std::string> args = {}, Listen listen = Listen::kSocket,
                       const std::string& config = "");
  ~RedisServer();
  RedisServer(const RedisServer&) = delete;
  RedisServer& operator=(const RedisServer&) = delete;

  std::string Url() const { return "unix://" + socket_path_; }
  const std::string& SocketPath() const { return socket_path_; }
  const std::string& Folder() const { return folder_; }
  uint16_t Port() const { return port_; }  // 0 unless kSocketAndPort
  pid_t Pid() const { return pid_; }       // -1 while it's down

  void Kill();     // SIGKILL, as the machine's memory killer does
  void Stop();     // SIGTERM; waits till it's gone
  void Restart();  // starts it again on the same folder, socket and port
  // Not scheduled any more, but its connections stay open; and on again.
  void Freeze();
  void Thaw();

  // Sends one command without any of our client's code and gives the raw answer (RESP), up to
  // what has come once it begins; for set-up and checks.
  std::string Ask(const std::vector<std::string>& command) const;

 private:
  void Start();
  void Signal(int signal);
  void Reap();

  const std::vector<std::string> args_;
  std::string folder_;
  std::string socket_path_;
  uint16_t port_ = 0;
  pid_t pid_ = -1;
};

// A port of 127.0.0.1 that nobody listens on right now.
uint16_t FreePort();

}  // namespace tajo::testing
