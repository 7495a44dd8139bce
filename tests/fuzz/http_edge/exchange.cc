#include "tests/fuzz/http_edge/exchange.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <chrono>
#include <stdexcept>
#include <utility>

#include "common/net/http_message.h"
#include "tests/fuzz/http_edge/requests.h"
#include "tests/fuzz/http_edge/require.h"

namespace tajo::fuzz {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

// No input that libFuzzer makes takes the server nearly as many; one that spins takes any number.
constexpr int kMaxStepsInARow = 100'000;
// Each lets a slow handler go on and makes room for the server's answers.
constexpr int kMaxRounds = 10'000;

net::ServerOptions Options(std::function<void(int)> on_refusal) {
  net::ServerOptions options;
  options.max_header_bytes = kMaxHeaderBytes;
  options.max_body_bytes = kMaxBodyBytes;
  options.on_refusal = std::move(on_refusal);
  return options;
}

Handled Seen(const net::ServerRequest& request) {
  Handled handled;
  handled.method = request.Method();
  handled.target = request.Target();
  handled.body = request.Body();
  handled.coded = request.Header("transfer-encoding").has_value();
  return handled;
}

}  // namespace

Exchange::Exchange(asio::io_context& context)
    : context_(context),
      gate_(context, asio::steady_timer::time_point::max()),
      options_(Options([this](int status) { OnRefusal(status); })),
      handler_([this](const net::ServerRequest& request) { return Handle(request); }),
      scope_{options_, handler_, {}, false} {
  context_.restart();
  std::array<int, 2> fds{};
  Require(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds.data()) == 0, "a socket pair");
  // The kernel's least: a few unread answers, and the server has to wait.
  const int least = 1;
  Require(::setsockopt(fds[0], SOL_SOCKET, SO_SNDBUF, &least, sizeof(least)) == 0, "a small buffer");
  client_fd_ = fds[1];
  Serve(fds[0]);
}

Exchange::~Exchange() {
  CloseClient();
}

// As HttpShard does.
void Exchange::Serve(int server_fd) {
  connection_ = net::MakePlainConnection(tcp::socket(context_, tcp::v4(), server_fd), tcp::endpoint(), scope_);
  const auto on_end = [this](const std::exception_ptr&) { asio::post(context_, [this] { connection_.reset(); }); };
  asio::co_spawn(context_, connection_->Serve(), asio::bind_cancellation_slot(connection_->CancellationSlot(), on_end));
}

Transcript Exchange::Run(const Script& script) {
  for (const Step& step : script.steps) Play(step);
  // Were it closed before the client has, what the client still sends would cost it the answer.
  Require(!lingers_ || connection_, "a refused client is listened to until it closes");
  End(script.leave);
  return std::move(transcript_);
}

void Exchange::Play(const Step& step) {
  gate_.cancel();
  Send(step.bytes);
  Settle();
  switch (step.then) {
    case Then::kGoOn:
      return;
    case Then::kRead:
      Read();
      break;
    case Then::kDrain:
      handled_draining_ |= handling_;
      scope_.draining = true;
      if (connection_) connection_->EndIfIdle();
      break;
    case Then::kTimeout:
      timed_out_ = transcript_.cut_short = true;
      lingers_ = false;
      if (connection_) connection_->CheckDeadline(std::chrono::steady_clock::now() + std::chrono::hours(1));
      break;
  }
  Settle();
}

void Exchange::Send(std::string_view bytes) {
  for (int round = 0; !bytes.empty(); ++round) {
    Require(round < kMaxRounds, "the server reads or ends");
    const ssize_t sent = ::send(client_fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN) return;  // the server has ended
    bytes.remove_prefix(static_cast<std::size_t>(std::max<ssize_t>(sent, 0)));
    if (bytes.empty()) return;
    gate_.cancel();
    Settle();
    Read();
  }
}

// Lets the server do all that it can do now.
void Exchange::Settle() {
  for (int steps = 0; context_.poll_one() > 0; ++steps) {
    Require(steps < kMaxStepsInARow, "the server comes to rest");
  }
}

void Exchange::Read() {
  std::array<char, 4 << 10> bytes;
  for (;;) {
    const ssize_t count = ::recv(client_fd_, bytes.data(), bytes.size(), 0);
    if (count <= 0) return;
    transcript_.received.append(bytes.data(), static_cast<std::size_t>(count));
  }
}

void Exchange::End(Leave leave) {
  switch (leave) {
    case Leave::kHalfClose:
    case Leave::kCompare:
      ::shutdown(client_fd_, SHUT_WR);
      break;
    case Leave::kClose:
      transcript_.cut_short = true;
      CloseClient();
      break;
    case Leave::kAbort:
      transcript_.cut_short = true;
      if (connection_) connection_->Abort();
      break;
  }
  for (int round = 0; round < kMaxRounds; ++round) {
    gate_.cancel();
    Settle();
    if (client_fd_ >= 0) Read();
    if (!connection_) break;
  }
  Require(!connection_, "the connection ends with its client");
}

void Exchange::CloseClient() {
  if (client_fd_ >= 0) ::close(std::exchange(client_fd_, -1));
}

void Exchange::OnRefusal(int status) {
  Require(transcript_.refusal == 0, "a connection ends with its first refusal");
  Require(status == 400 || status == 413 || status == 431 || (status == 408 && timed_out_), "a refusal that we send");
  transcript_.refusal = status;
  lingers_ = true;
}

// Answers with the request's body; words in the path ask for something else.
base::Task<net::ServerResponse> Exchange::Handle(const net::ServerRequest& request) {
  Require(transcript_.refusal == 0, "nothing is handled after a refusal");
  Require(!std::exchange(handling_, true), "one request at a time");
  Require(!scope_.draining || !std::exchange(handled_draining_, true), "draining, it handles at most what was begun");
  CheckRequest(request);
  Handled handled = Seen(request);
  const auto asks = [path = std::string(request.Path())](const char* word) { return path.find(word) != path.npos; };

  if (asks("slow")) {
    boost::system::error_code cancelled;
    co_await gate_.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
    const Handled now = Seen(request);
    Require(now.method == handled.method && now.target == handled.target && now.body == handled.body,
            "a request stays as it is while it is handled");
  }
  net::ServerResponse response;
  response.status = asks("none") ? 204 : 200;
  response.body = handled.body;
  if (asks("close")) response.headers.Add("Connection", "close");
  if (asks("broken")) response.headers.Add("X", "a\r\nb");
  if (asks("reset")) {
    response.reset_after_bytes = 1;
    transcript_.cut_short = true;
  }
  const bool fails = asks("throw") || asks("broken");
  handled.status = fails ? 500 : response.status;
  if (!fails && net::HasBody(response.status) && handled.method != "HEAD") handled.answer = response.body;
  transcript_.handled.push_back(std::move(handled));
  handling_ = false;
  if (asks("throw")) throw std::runtime_error("as asked");
  co_return response;
}

}  // namespace tajo::fuzz
