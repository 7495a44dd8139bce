#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <list>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

namespace tajo::testing {

// One end of a TCP connection on the loopback interface, for tests that must see or send exact
// bytes. Blocking; every read gives up after ten seconds and returns what it has.
class RawPeer {
 public:
  static RawPeer Connect(uint16_t port);
  explicit RawPeer(int fd);
  ~RawPeer();
  RawPeer(RawPeer&& other) noexcept;
  RawPeer& operator=(RawPeer&&) = delete;

  bool Send(std::string_view bytes);
  // Up to and with `marker`, or to the end.
  std::string ReadUntil(std::string_view marker);
  // A message: its head, and as much body as Content-Length says. Empty at the end.
  std::string ReadMessage();
  std::string ReadToEnd();
  // Did the other side break the connection off (RST) rather than end it?
  bool WasReset() const { return was_reset_; }
  // The other side hasn't ended, and nothing came, within `millis`.
  bool IsQuietFor(int millis);
  void CloseWrite();
  void Reset();

 private:
  bool Fill();

  int fd_;
  bool was_reset_ = false;
  std::string pending_;
};

// Accepts connections on a free port and runs `serve` for each on a thread of its own.
class RawServer {
 public:
  explicit RawServer(std::function<void(RawPeer&)> serve);
  ~RawServer();
  RawServer(const RawServer&) = delete;
  RawServer& operator=(const RawServer&) = delete;

  uint16_t Port() const { return port_; }
  int Connections() const { return connections_; }
  std::string Url(std::string_view path) const;

 private:
  void Accept();

  const std::function<void(RawPeer&)> serve_;
  uint16_t port_ = 0;  // before what sets it
  int fd_;
  std::atomic<int> connections_{0};
  std::mutex mutex_;
  std::list<std::jthread> peers_;
  std::jthread acceptor_;
};

// A port on which nobody listens, and one whose connects hang: its queue is full.
uint16_t ClosedPort();
class FullListener {
 public:
  FullListener();
  ~FullListener();
  FullListener(const FullListener&) = delete;
  FullListener& operator=(const FullListener&) = delete;
  uint16_t Port() const { return port_; }

 private:
  uint16_t port_ = 0;  // before what sets it
  int fd_;
  std::list<int> queued_;
};

}  // namespace tajo::testing
