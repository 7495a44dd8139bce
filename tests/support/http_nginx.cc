#include "tests/support/http_nginx.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <stdexcept>
#include <string>

namespace tajo::testing {
namespace {

constexpr char kBinary[] = "/usr/sbin/nginx";
constexpr int kInheritedFd = 9;

}  // namespace

bool NginxServer::IsInstalled() {
  return access(kBinary, X_OK) == 0;
}

// nginx can't pick a free port, but it takes over a listening socket that its environment names.
NginxServer::NginxServer(const CertFiles& certificate) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  auto* const plain = reinterpret_cast<sockaddr*>(&address);
  if (fd < 0 || bind(fd, plain, size) != 0 || listen(fd, 128) != 0 || getsockname(fd, plain, &size) != 0) {
    throw std::runtime_error("can't listen on 127.0.0.1");
  }
  port_ = ntohs(address.sin_port);

  const std::string config = folder_.Path("nginx.conf");
  std::ofstream(config) << fmt::format(
      "daemon off; worker_processes 1; pid {0}; error_log stderr crit;\n"
      "events {{ worker_connections 512; }}\n"
      "http {{ access_log off; client_body_temp_path {1}; proxy_temp_path {1}; fastcgi_temp_path {1};\n"
      "uwsgi_temp_path {1}; scgi_temp_path {1};\n"
      "server {{ listen 127.0.0.1:{2} ssl http2; ssl_certificate {3}; ssl_certificate_key {4};\n"
      "location / {{ return 200 \"$server_protocol $connection\"; }} }} }}\n",
      folder_.Path("pid"), folder_.Path("temp"), port_, certificate.cert, certificate.key);

  std::string binary = kBinary;
  std::string flag = "-c";
  std::string file = config;
  std::string inherited = fmt::format("NGINX={};", kInheritedFd);
  char* const args[] = {binary.data(), flag.data(), file.data(), nullptr};
  char* const environment[] = {inherited.data(), nullptr};
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, fd, kInheritedFd);
  const int error = posix_spawn(&pid_, kBinary, &actions, nullptr, args, environment);
  posix_spawn_file_actions_destroy(&actions);
  close(fd);
  if (error != 0) throw std::runtime_error("can't start nginx");
}

NginxServer::~NginxServer() {
  kill(pid_, SIGTERM);  // the master ends its worker
  waitpid(pid_, nullptr, 0);
}

}  // namespace tajo::testing
