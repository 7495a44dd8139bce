#include "common/telemetry/admin_server.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>
#include <chrono>
#include <future>
#include <string>

namespace tajo::telemetry {
namespace {

using namespace std::chrono_literals;  // NOLINT

// One request over a socket of its own; the whole answer as it came.
std::string Get(uint16_t port, const std::string& path) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  std::string answer;
  if (::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
    const std::string request = "GET " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    EXPECT_EQ(::send(socket, request.data(), request.size(), MSG_NOSIGNAL), static_cast<ssize_t>(request.size()));
    char buffer[4096];
    pollfd ready{socket, POLLIN, 0};
    while (::poll(&ready, 1, 5000) > 0) {
      const ssize_t count = ::recv(socket, buffer, sizeof buffer, 0);
      if (count <= 0) break;
      answer.append(buffer, static_cast<std::size_t>(count));
    }
  }
  ::close(socket);
  return answer;
}

TEST(AdminServer, on_a_free_port_serves_metrics_and_readiness_until_drained) {
  net::LoopPool loops(1);
  Metrics metrics("1.2.3");
  Health health;
  auto server = AdminServer::Start(loops, "127.0.0.1:0", metrics, health);
  ASSERT_TRUE(server.ok()) << server.status();
  const uint16_t port = (*server)->Port();
  ASSERT_NE(port, 0);

  EXPECT_TRUE(Get(port, "/metrics").starts_with("HTTP/1.1 200"));
  EXPECT_NE(Get(port, "/metrics").find("tajo_build_info{version=\"1.2.3\"} 1"), std::string::npos);
  EXPECT_TRUE(Get(port, "/readyz").starts_with("HTTP/1.1 503"));
  health.Ready("starting");
  EXPECT_TRUE(Get(port, "/readyz").starts_with("HTTP/1.1 200"));
  EXPECT_TRUE(Get(port, "/elsewhere").starts_with("HTTP/1.1 404"));

  auto drained = boost::asio::co_spawn(loops.At(0).Context(), (*server)->Drain(2s), boost::asio::use_future);
  ASSERT_EQ(drained.wait_for(10s), std::future_status::ready);
  EXPECT_EQ(Get(port, "/healthz"), "");
}

TEST(AdminServer, address_that_cannot_be_bound_is_an_error) {
  net::LoopPool loops(1);
  Metrics metrics("1.2.3");
  const Health health;
  EXPECT_FALSE(AdminServer::Start(loops, "203.0.113.1:1", metrics, health).ok());
}

}  // namespace
}  // namespace tajo::telemetry
