#include "tests/support/http_raw.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <stdexcept>
#include <utility>

namespace tajo::testing {
namespace {

sockaddr_in Loopback(uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

int Listen(int backlog, uint16_t& port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = Loopback(0);
  socklen_t size = sizeof(address);
  auto* const plain = reinterpret_cast<sockaddr*>(&address);
  if (fd < 0 || bind(fd, plain, size) != 0 || listen(fd, backlog) != 0 || getsockname(fd, plain, &size) != 0) {
    throw std::runtime_error("can't listen on 127.0.0.1");
  }
  port = ntohs(address.sin_port);
  return fd;
}

std::size_t ContentLength(std::string_view head) {
  std::string lower(head);
  for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  const std::size_t at = lower.find("\r\ncontent-length:");
  return at == std::string::npos ? 0 : std::stoul(lower.substr(at + 17));
}

}  // namespace

RawPeer::RawPeer(int fd) : fd_(fd) {
  const timeval limit{10, 0};
  setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
  setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
  const int yes = 1;
  setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
}

RawPeer RawPeer::Connect(uint16_t port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address = Loopback(port);
  if (fd < 0 || connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    if (fd >= 0) close(fd);
    throw std::runtime_error("can't connect to 127.0.0.1");
  }
  return RawPeer(fd);
}

RawPeer::RawPeer(RawPeer&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), was_reset_(other.was_reset_), pending_(std::move(other.pending_)) {}

RawPeer::~RawPeer() {
  if (fd_ >= 0) close(fd_);
}

bool RawPeer::Send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

bool RawPeer::Fill() {
  char bytes[16384];
  const ssize_t count = recv(fd_, bytes, sizeof(bytes), 0);
  if (count < 0 && errno == ECONNRESET) was_reset_ = true;
  if (count <= 0) return false;
  pending_.append(bytes, static_cast<std::size_t>(count));
  return true;
}

std::string RawPeer::ReadUntil(std::string_view marker) {
  std::size_t at = pending_.find(marker);
  while (at == std::string::npos && Fill()) at = pending_.find(marker);
  if (at == std::string::npos) return std::exchange(pending_, {});
  std::string text = pending_.substr(0, at + marker.size());
  pending_.erase(0, at + marker.size());
  return text;
}

std::string RawPeer::ReadMessage() {
  std::string message = ReadUntil("\r\n\r\n");
  const std::size_t body = ContentLength(message);
  while (pending_.size() < body && Fill()) {
  }
  const std::size_t taken = std::min(body, pending_.size());
  message.append(pending_, 0, taken);
  pending_.erase(0, taken);
  return message;
}

std::string RawPeer::ReadToEnd() {
  while (Fill()) {
  }
  return std::exchange(pending_, {});
}

bool RawPeer::IsQuietFor(int millis) {
  pollfd entry{fd_, POLLIN, 0};
  return pending_.empty() && poll(&entry, 1, millis) == 0;
}

void RawPeer::CloseWrite() {
  shutdown(fd_, SHUT_WR);
}

void RawPeer::Reset() {
  const linger now{1, 0};
  setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
  close(std::exchange(fd_, -1));
}

RawServer::RawServer(std::function<void(RawPeer&)> serve)
    : serve_(std::move(serve)), fd_(Listen(128, port_)), acceptor_([this] { Accept(); }) {}

RawServer::~RawServer() {
  shutdown(fd_, SHUT_RDWR);  // wakes accept
  acceptor_.join();
  close(fd_);
}

std::string RawServer::Url(std::string_view path) const {
  return "http://127.0.0.1:" + std::to_string(port_) + std::string(path);
}

void RawServer::Accept() {
  for (;;) {
    const int fd = accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) return;
    ++connections_;
    const std::lock_guard lock(mutex_);
    peers_.emplace_back([this, fd] {
      RawPeer peer(fd);
      serve_(peer);
    });
  }
}

uint16_t ClosedPort() {
  uint16_t port = 0;
  close(Listen(1, port));
  return port;
}

FullListener::FullListener() : fd_(Listen(0, port_)) {
  const sockaddr_in address = Loopback(port_);
  for (int i = 0; i < 4; ++i) {
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0 && errno != EINPROGRESS) {
      throw std::runtime_error("can't fill the queue");
    }
    queued_.push_back(fd);
  }
}

FullListener::~FullListener() {
  for (const int fd : queued_) close(fd);
  close(fd_);
}

}  // namespace tajo::testing
