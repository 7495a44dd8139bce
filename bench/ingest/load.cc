// Load for one HTTP server: the same request again and again over keep-alive connections, one at a time
// on each, signed once and told apart by X-Atlassian-Webhook-Identifier.
//
//   tajo-bench-load PORT METHOD PATH BODY-FILE SECRET CLIENTS SECONDS [RATE [SPREAD [MARK ACCEPTED-FILE]]]
//
// Without RATE (or 0) each client sends as soon as it was answered. With it, requests are due at fixed
// times and latency counts from then, so that a slow server can't hide what it kept waiting. With SPREAD
// the last 20 digits of PATH count through so many connections. With MARK, the twelve digits in the body
// that it names are another number in each request, which is signed anew and, as Jira does, sent again
// until it got a 2xx: its number goes to ACCEPTED-FILE, one a line. Prints one line of JSON; a status that
// isn't 2xx counts as an error.
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
#include <utility>
#include <vector>

#include "common/base/secret.h"
#include "common/crypto/signature.h"

namespace {

using Time = std::chrono::steady_clock::time_point;
using std::chrono::nanoseconds;

constexpr std::size_t kIdentifierDigits = 16;
constexpr std::size_t kConnectionDigits = 20;
constexpr std::size_t kMarkDigits = 12;
constexpr std::size_t kSignatureDigits = 64;
constexpr std::chrono::milliseconds kSendAgain{100};
constexpr std::chrono::seconds kPatience{30};  // with the last ones, after the end

struct Plan {
  uint16_t port = 0;
  std::string request;
  std::size_t identifier_at = 0;  // in the request
  std::size_t connection_at = 0;
  std::size_t signature_at = 0;
  std::size_t body_at = 0;
  std::size_t mark_at = 0;
  std::string secret;
  std::size_t clients = 0;
  std::chrono::duration<double> seconds{};
  double rate = 0;         // 0: as fast as it goes
  uint64_t spread = 0;     // 0: PATH as it is
  std::string marks_file;  // empty: the same body each time
  bool Marks() const { return !marks_file.empty(); }
};

struct Result {
  std::vector<double> latencies_us;
  int64_t errors = 0;
  std::vector<uint64_t> accepted;
  int64_t unanswered = 0;  // at the end
};

[[noreturn]] void Give(const char* what) {
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
    number_ = number;
    Fill(plan_.identifier_at, "%016llx", kIdentifierDigits, number);
    if (plan_.spread > 0) Fill(plan_.connection_at, "%020llx", kConnectionDigits, number % plan_.spread);
    if (plan_.Marks()) {
      Fill(plan_.mark_at, "%012llu", kMarkDigits, number);
      const std::string_view body = std::string_view(request_).substr(plan_.body_at);
      const std::string signature = tajo::crypto::HubSignature(body, tajo::base::Secret(plan_.secret));
      std::copy_n(signature.end() - kSignatureDigits, kSignatureDigits,
                  request_.begin() + static_cast<std::ptrdiff_t>(plan_.signature_at));
    }
    SendAgain();
  }

  void SendAgain() {
    if (fd_ < 0) Connect();
    failed_ = false;
    busy_ = true;
    sent_ = 0;
    answer_.clear();
    if (fd_ >= 0) {
      Write();
    } else {
      failed_ = true;
    }
  }
  bool Failed() const { return failed_; }

  void OnReady(uint32_t events, Result* result) {
    const bool asked = busy_ && !failed_;
    if ((events & EPOLLOUT) != 0 && asked && sent_ < request_.size()) Write();
    if ((events & EPOLLIN) == 0) return;
    std::array<char, 16 * 1024> chunk{};
    const ssize_t size = recv(fd_, chunk.data(), chunk.size(), 0);
    if (size < 0 && errno == EAGAIN) return;
    if (size <= 0) {
      close(std::exchange(fd_, -1));
      if (!plan_.Marks()) Connect();
      if (asked) Fail(result);
      return;
    }
    if (!asked) return;
    answer_.append(chunk.data(), static_cast<std::size_t>(size));
    if (!IsWhole()) return;
    const bool is_2xx = answer_.size() > 9 && answer_[9] == '2';
    if (!is_2xx) return Fail(result);
    const auto took = std::chrono::steady_clock::now() - begin_;
    result->latencies_us.push_back(std::chrono::duration<double, std::micro>(took).count());
    if (plan_.Marks()) result->accepted.push_back(number_);
    busy_ = false;
  }

 private:
  void Fail(Result* result) {
    ++result->errors;
    failed_ = plan_.Marks();
    busy_ = failed_;
  }

  void Fill(std::size_t at, const char* format, std::size_t digits, uint64_t number) {
    std::array<char, 24> text{};
    std::snprintf(text.data(), text.size(), format, static_cast<unsigned long long>(number));
    std::copy_n(text.data(), digits, request_.begin() + static_cast<std::ptrdiff_t>(at));
  }

  void Connect() {
    fd_ = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(plan_.port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
      if (!plan_.Marks()) Give("connect");
      close(std::exchange(fd_, -1));
      return;
    }
    const int on = 1;
    setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    fcntl(fd_, F_SETFL, fcntl(fd_, F_GETFL) | O_NONBLOCK);
    epoll_event event{};
    event.events = EPOLLIN | EPOLLOUT | EPOLLET;
    event.data.ptr = this;
    if (epoll_ctl(epoll_, EPOLL_CTL_ADD, fd_, &event) != 0) Give("epoll");
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
  bool failed_ = false;  // without a 2xx, to be sent again
  uint64_t number_ = 0;
  std::size_t sent_ = 0;
  std::string answer_;
  Time begin_;
  Time due_;
};

Result Run(const Plan& plan) {
  Result result;
  const int epoll = epoll_create1(0);
  std::vector<std::unique_ptr<Client>> clients;
  for (std::size_t i = 0; i < plan.clients; ++i) clients.push_back(std::make_unique<Client>(plan, epoll));
  uint64_t number = static_cast<uint64_t>(std::chrono::system_clock::now().time_since_epoch().count());
  if (plan.Marks()) number = 100'000'000'000;
  const Time start = std::chrono::steady_clock::now();
  const Time end = start + std::chrono::duration_cast<nanoseconds>(plan.seconds);
  const bool paced = plan.rate > 0;
  const nanoseconds interval = paced ? std::chrono::duration_cast<nanoseconds>(
                                           std::chrono::duration<double>(static_cast<double>(plan.clients) / plan.rate))
                                     : nanoseconds(0);
  for (std::size_t i = 0; i < clients.size(); ++i) {
    clients[i]->SetDue(start + interval * static_cast<int64_t>(i) / static_cast<int64_t>(clients.size()));
  }
  const auto busy = [&] {
    return std::count_if(clients.begin(), clients.end(), [](const auto& client) { return client->Busy(); });
  };
  std::array<epoll_event, 512> events{};
  Time again = start;
  for (Time now = start; now < end || (plan.Marks() && busy() > 0 && now < end + kPatience);
       now = std::chrono::steady_clock::now()) {
    const bool retry = now >= again;
    if (retry) again = now + kSendAgain;
    for (const auto& client : clients) {
      if (retry && client->Failed()) client->SendAgain();
      if (client->Busy() || client->Due() > now || now >= end) continue;
      client->Send(++number, paced ? client->Due() : std::chrono::steady_clock::now());
      if (paced) client->SetDue(client->Due() + interval);
    }
    const int count = epoll_wait(epoll, events.data(), events.size(), paced ? 1 : 100);
    for (int i = 0; i < count; ++i) {
      const epoll_event& event = events.at(static_cast<std::size_t>(i));
      static_cast<Client*>(event.data.ptr)->OnReady(event.events, &result);
    }
  }
  result.unanswered = plan.Marks() ? busy() : 0;
  return result;
}

double Percentile(std::vector<double>& sorted, double share) {
  if (sorted.empty()) return 0;
  return sorted[std::min(sorted.size() - 1, static_cast<std::size_t>(share * static_cast<double>(sorted.size())))];
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 8 || argc == 11 || argc > 12) {
    std::fprintf(stderr,
                 "usage: tajo-bench-load PORT METHOD PATH BODY-FILE SECRET CLIENTS SECONDS [RATE [SPREAD [MARK "
                 "ACCEPTED-FILE]]]\n");
    return 2;
  }
  const std::vector<std::string> given(argv + 1, argv + argc);
  std::ifstream file(given[3], std::ios::binary);
  const std::string body((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  Plan plan;
  plan.port = static_cast<uint16_t>(std::stoi(given[0]));
  plan.secret = given[4];
  plan.clients = std::stoul(given[5]);
  plan.seconds = std::chrono::duration<double>(std::stod(given[6]));
  plan.rate = given.size() > 7 ? std::stod(given[7]) : 0;
  plan.spread = given.size() > 8 ? std::stoull(given[8]) : 0;
  plan.request = given[1] + " " + given[2];
  plan.connection_at = plan.request.size() - std::min(kConnectionDigits, plan.request.size());
  plan.request += " HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nX-Hub-Signature: " +
                  tajo::crypto::HubSignature(body, tajo::base::Secret(plan.secret));
  plan.signature_at = plan.request.size() - kSignatureDigits;
  plan.request += "\r\nX-Atlassian-Webhook-Identifier: ";
  plan.identifier_at = plan.request.size();
  plan.request +=
      std::string(kIdentifierDigits, '0') + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n";
  plan.body_at = plan.request.size();
  plan.request += body;
  if (given.size() > 10) {
    const std::size_t mark = body.find(given[9]);
    if (mark == std::string::npos || given[9].size() != kMarkDigits) {
      std::fprintf(stderr, "tajo-bench-load: MARK isn't twelve digits of the body\n");
      return 2;
    }
    plan.mark_at = plan.body_at + mark;
    plan.marks_file = given[10];
  }
  const auto start = std::chrono::steady_clock::now();
  Result result = Run(plan);
  const double took = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  if (plan.Marks()) {
    std::ofstream accepted(plan.marks_file);
    for (const uint64_t number : result.accepted) accepted << number << '\n';
  }
  std::sort(result.latencies_us.begin(), result.latencies_us.end());
  std::printf(
      "{\"requests\":%zu,\"errors\":%lld,\"unanswered\":%lld,\"per_second\":%.0f,\"p50_us\":%.0f,\"p99_us\":%.0f}\n",
      result.latencies_us.size(), static_cast<long long>(result.errors), static_cast<long long>(result.unanswered),
      static_cast<double>(result.latencies_us.size()) / took, Percentile(result.latencies_us, 0.5),
      Percentile(result.latencies_us, 0.99));
  return 0;
}
