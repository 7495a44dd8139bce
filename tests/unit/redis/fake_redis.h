#pragma once

#include <array>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace tajo::redis {

// Listens on a free port and sends the given bytes to whoever says anything.
class FakeRedis {
 public:
  FakeRedis(boost::asio::io_context& context, std::string bytes)
      : acceptor_(context, {boost::asio::ip::address_v4::loopback(), 0}), bytes_(std::move(bytes)) {
    Accept();
  }

  std::string Url() const { return "redis://127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port()); }
  int Accepted() const { return accepted_; }

 private:
  struct Peer {
    explicit Peer(boost::asio::ip::tcp::socket s) : socket(std::move(s)) {}
    boost::asio::ip::tcp::socket socket;
    std::array<char, 4096> heard;
  };

  void Accept() {
    acceptor_.async_accept([this](boost::system::error_code error, boost::asio::ip::tcp::socket socket) {
      if (error) return;
      ++accepted_;
      const auto peer = std::make_shared<Peer>(std::move(socket));
      peer->socket.async_read_some(boost::asio::buffer(peer->heard), [this, peer](auto failed, std::size_t) {
        if (failed) return;
        boost::asio::async_write(peer->socket, boost::asio::buffer(bytes_), [peer](auto, std::size_t) { Hold(peer); });
      });
      Accept();
    });
  }

  static void Hold(const std::shared_ptr<Peer>& peer) {
    peer->socket.async_read_some(boost::asio::buffer(peer->heard), [peer](auto failed, std::size_t) {
      if (!failed) Hold(peer);
    });
  }

  boost::asio::ip::tcp::acceptor acceptor_;
  const std::string bytes_;
  int accepted_ = 0;
};

}  // namespace tajo::redis
