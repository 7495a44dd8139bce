// Load for one HTTP server: the same request again and again over keep-alive connections, one at a time
// on each, signed once and told apart by X-Atlassian-Webhook-Identifier.
//
//   tajo-bench-load PORT METHOD PATH BODY-FILE SECRET CONNECTIONS SECONDS [RATE]
//
// Without RATE each connection sends as soon as it was answered. With it, requests are due at fixed times
// and latency counts from then, so that a slow server can't hide what it kept waiting. Prints one line of
// JSON; a status that isn't 2xx counts as an error.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/secret.h"
#include "common/crypto/signature.h"

namespace {

using Time = std::chrono::steady_clock::time_point;
using std::chrono::nanoseconds;

constexpr std::size_t kIdentifierDigits = 16;

struct Plan {
  uint16_t port = 0;
  std::string request;
  std::size_t identifier_at = 0;  // in the request
  std::size_t connections = 0;
  std::chrono::duration<double> seconds{};
  double rate = 0;  // 0: as fast as it goes
};

struct Result {
  std::vector<double> latencies_us;
  int64_t errors = 0;
};

[[noreturn]] void Fail(const char* what) {
  std::fprintf(stderr, "tajo-bench-load: %s: %s\n", what, std::strerror(errno));
  std::exit(1);
}

class Client {
 public:
  Client(const Plan& plan, int epoll) : plan_(plan), epoll_(epoll), request_(plan.request) { Connect(); }

  int Descriptor() const { return fd_; }
  bool Busy() const { return busy_; }
  Time Due() const { return due_; }
  void SetDue(Time due) { due_ = due; }

  void Send(uint64_t number, Time begin) {
    begin_ = begin;
    busy_ = true;
    sent_ = 0;
    answer_.clear();
    std::array<char, kIdentifierDigits + 1> digits{};
    std::snprintf(digits.data(), digits.size(), "%016llx", static_cast<unsigned long long>(number));
    std::copy_n(digits.data(), kIdentifierDigits, request_.begin() + static_cast<std::ptrdiff_t>(plan_.identifier_at));
    Write();
  }

  void OnReady(uint32_t events, Result* result) {
    if ((events & EPOLLOUT) != 0 && sent_ < request_.size()) Write();
    if ((events & EPOLLIN) == 0) return;
    std::array<char, 16 * 1024> chunk{};
    const ssize_t size = recv(fd_, chunk.data(), chunk.size(), 0);
    if (size < 0 && errno == EAGAIN) return;
    if (size <= 0) {
      ++result->errors;
      close(fd_);
      Connect();
      busy_ = false;
      return;
    }
    answer_.append(chunk.data(), static_cast<std::size_t>(size));
    if (!IsWhole()) return;
    const bool is_2xx = answer_.size() > 9 && answer_[9] == '2';
    if (is_2xx) {
      const auto took = std::chrono::steady_clock::now() - begin_;
      result->latencies_us.push_back(std::chrono::duration<double, std::micro>(took).count());
    } else {
      ++result->errors;
    }
    busy_ = false;
  }

 private:
  void Connect() {
    fd_ = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(plan_.port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) Fail("connect");
    const int on = 1;
    setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    fcntl(fd_, F_SETFL, fcntl(fd_, F_GETFL) | O_NONBLOCK);
    epoll_event event{};
    event.events = EPOLLIN | EPOLLOUT | EPOLLET;
    event.data.ptr = this;
    if (epoll_ctl(epoll_, EPOLL_CTL_ADD, fd_, &event) != 0) Fail("epoll");
  }

  void Write() {
    while (sent_ < request_.size()) {
      const ssize_t size = send(fd_, request_.data() + sent_, request_.size() - sent_, MSG_NOSIGNAL);
      if (size < 0) return;  // full, or broken: reading tells
      sent_ += static_cast<std::size_t>(size);
    }
  }

  // Content-Length, or a status without a body.
  bool IsWhole() const {
    const std::size_t end = answer_.find("\r\n\r\n");
    if (end == std::string::npos) return false;
    if (answer_.compare(9, 3, "204") == 0) return true;
    constexpr std::string_view kLength = "\r\ncontent-length:";
    for (std::size_t at = 0; at + kLength.size() < end; ++at) {
      if (strncasecmp(answer_.data() + at, kLength.data(), kLength.size()) != 0) continue;
      return answer_.size() >= end + 4 + std::strtoul(answer_.data() + at + kLength.size(), nullptr, 10);
    }
    return false;
  }

  const Plan& plan_;
  const int epoll_;
  std::string request_;
  int fd_ = -1;
  bool busy_ = false;
  std::size_t sent_ = 0;
  std::string answer_;
  Time begin_;
  Time due_;
};

Result Run(const Plan& plan) {
  Result result;
  const int epoll = epoll_create1(0);
  std::vector<std::unique_ptr<Client>> clients;
  for (std::size_t i = 0; i < plan.connections; ++i) clients.push_back(std::make_unique<Client>(plan, epoll));
  uint64_t number = static_cast<uint64_t>(std::chrono::system_clock::now().time_since_epoch().count());
  const Time start = std::chrono::steady_clock::now();
  const Time end = start + std::chrono::duration_cast<nanoseconds>(plan.seconds);
  const bool paced = plan.rate > 0;
  const nanoseconds interval = paced ? std::chrono::duration_cast<nanoseconds>(std::chrono::duration<double>(
                                           static_cast<double>(plan.connections) / plan.rate))
                                     : nanoseconds(0);
  for (std::size_t i = 0; i < clients.size(); ++i) {
    clients[i]->SetDue(start + interval * static_cast<int64_t>(i) / static_cast<int64_t>(clients.size()));
  }
  std::array<epoll_event, 512> events{};
  for (Time now = start; now < end; now = std::chrono::steady_clock::now()) {
    for (const auto& client : clients) {
      if (client->Busy() || client->Due() > now) continue;
      client->Send(++number, paced ? client->Due() : std::chrono::steady_clock::now());
      if (paced) client->SetDue(client->Due() + interval);
    }
    const int count = epoll_wait(epoll, events.data(), events.size(), paced ? 1 : 100);
    for (int i = 0; i < count; ++i) {
      const epoll_event& event = events.at(static_cast<std::size_t>(i));
      static_cast<Client*>(event.data.ptr)->OnReady(event.events, &result);
    }
  }
  return result;
}

double Percentile(std::vector<double>& sorted, double share) {
  if (sorted.empty()) return 0;
  return sorted[std::min(sorted.size() - 1, static_cast<std::size_t>(share * static_cast<double>(sorted.size())))];
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 8) {
    std::fprintf(stderr, "usage: tajo-bench-load PORT METHOD PATH BODY-FILE SECRET CONNECTIONS SECONDS [RATE]\n");
    return 2;
  }
  const std::vector<std::string> given(argv + 1, argv + argc);
  std::ifstream file(given[3], std::ios::binary);
  const std::string body((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  Plan plan;
  plan.port = static_cast<uint16_t>(std::stoi(given[0]));
  plan.connections = std::stoul(given[5]);
  plan.seconds = std::chrono::duration<double>(std::stod(given[6]));
  plan.rate = given.size() > 7 ? std::stod(given[7]) : 0;
  plan.request = given[1] + " " + given[2] +
                 " HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nX-Hub-Signature: " +
                 tajo::crypto::HubSignature(body, tajo::base::Secret(given[4])) +
                 "\r\nX-Atlassian-Webhook-Identifier: ";
  plan.identifier_at = plan.request.size();
  plan.request +=
      std::string(kIdentifierDigits, '0') + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  const auto start = std::chrono::steady_clock::now();
  Result result = Run(plan);
  const double took = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  std::sort(result.latencies_us.begin(), result.latencies_us.end());
  std::printf("{\"requests\":%zu,\"errors\":%lld,\"per_second\":%.0f,\"p50_us\":%.0f,\"p99_us\":%.0f}\n",
              result.latencies_us.size(), static_cast<long long>(result.errors),
              static_cast<double>(result.latencies_us.size()) / took, Percentile(result.latencies_us, 0.5),
              Percentile(result.latencies_us, 0.99));
  return 0;
}
