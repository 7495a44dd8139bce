#include "common/redis/subscriber.h"

#include <array>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <string>
#include <utility>

#include "common/base/error.h"
#include "common/redis/backoff.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::redis {
namespace {

namespace asio = boost::asio;
namespace v1 = ::tajo::jira::v1;
using boost::system::error_code;

constexpr std::chrono::seconds kIdleBeforePing{10};
constexpr std::size_t kReadBytes = 16 * 1024;

// A peer that vanished without a word is found by asking: silence brings a PING, and silence
// after it closes the connection.
class KeepAlive {
 public:
  KeepAlive(asio::io_context& loop, std::shared_ptr<Dialled> wire, std::chrono::milliseconds patience)
      : state_(std::make_shared<State>(loop, std::move(wire), patience)) {
    Heard();
  }
  ~KeepAlive() {
    state_->ended = true;
    state_->timer.cancel();
  }
  KeepAlive(const KeepAlive&) = delete;
  KeepAlive& operator=(const KeepAlive&) = delete;

  void Heard() {
    state_->asked = false;
    state_->timer.expires_after(kIdleBeforePing);
    Watch(state_);
  }

 private:
  struct State {
    State(asio::io_context& loop, std::shared_ptr<Dialled> to, std::chrono::milliseconds wait)
        : timer(loop), wire(std::move(to)), patience(wait) {}
    asio::steady_timer timer;
    const std::shared_ptr<Dialled> wire;
    const std::chrono::milliseconds patience;
    bool asked = false;
    bool ended = false;
  };

  static void Watch(const std::shared_ptr<State>& state) {
    state->timer.async_wait([state](error_code error) {
      if (error || state->ended) return;
      if (state->timer.expiry() > std::chrono::steady_clock::now()) return;  // heard meanwhile
      if (state->asked) return state->wire->Close();
      static constexpr std::string_view kPing = "*1\r\n$4\r\nPING\r\n";
      state->wire->Wire().Write(asio::buffer(kPing), [state](error_code, std::size_t) {});
      state->asked = true;
      state->timer.expires_after(state->patience);
      Watch(state);
    });
  }

  const std::shared_ptr<State> state_;  // shared with the wait and the write under way
};

class NodeSubscriber final : public Subscriber {
 public:
  NodeSubscriber(asio::io_context& loop, base::Random& random, Options options, Locate locate, Login login)
      : loop_(loop),
        random_(random),
        options_(std::move(options)),
        locate_(std::move(locate)),
        login_(std::move(login)) {}

  base::Task<void> Run(std::string channel, std::function<void(std::string_view)> on_message) override {
    int failures = 0;
    asio::steady_timer backoff(loop_);
    while (true) {
      const bool subscribed = co_await Listen(channel, on_message);
      failures = subscribed ? 0 : failures + 1;
      backoff.expires_after(BackoffAfter(failures, options_, random_));
      co_await backoff.async_wait(asio::use_awaitable);
    }
  }

 private:
  // One connection's life; false if it never got as far as to listen.
  base::Task<bool> Listen(const std::string& channel, const std::function<void(std::string_view)>& on_message) {
    const auto wire = std::make_shared<Dialled>(loop_.get_executor(), options_.tls_ca_file, options_.connect_timeout);
    absl::Status status = co_await wire->Open(locate_, login_);
    if (!status.ok()) co_return false;
    std::string request;
    AppendCommand({"SUBSCRIBE", channel}, request);
    status = co_await wire->Wire().WriteAll(asio::buffer(request));
    if (!status.ok()) co_return false;

    bool subscribed = false;
    KeepAlive alive(loop_, wire, options_.command_timeout);
    std::array<char, kReadBytes> chunk;
    while (true) {
      auto size = co_await wire->Wire().Read(asio::buffer(chunk));
      if (!size.ok()) co_return subscribed;
      alive.Heard();
      wire->Reader().Feed(std::string_view(chunk.data(), *size));
      while (true) {
        auto answer = wire->Reader().Next();
        if (!answer.ok()) co_return subscribed;
        if (!answer->has_value()) break;
        if (!(*answer)->error.empty()) co_return subscribed;
        const auto& push = (*answer)->reply.Elements();
        if (push.size() != 3) continue;  // the PING's answer
        if (push[0].String() == "subscribe") subscribed = true;
        if (push[0].String() == "message" && push[1].String() == channel) on_message(push[2].String());
      }
    }
  }

  asio::io_context& loop_;
  base::Random& random_;
  const Options options_;
  const Locate locate_;
  const Login login_;
};

}  // namespace

std::unique_ptr<Subscriber> MakeSubscriber(asio::io_context& loop, base::Random& random, Options options, Locate locate,
                                           Login login) {
  return std::make_unique<NodeSubscriber>(loop, random, std::move(options), std::move(locate), std::move(login));
}

}  // namespace tajo::redis
