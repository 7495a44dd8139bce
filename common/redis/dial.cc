#include "common/redis/dial.h"

#include <fmt/format.h>

#include <array>
#include <boost/asio/steady_timer.hpp>
#include <utility>

#include "common/base/error.h"
#include "common/redis/refusal.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::redis {
namespace {

namespace asio = boost::asio;
namespace v1 = ::tajo::jira::v1;

constexpr std::size_t kChunk = 16 * 1024;

enum class Step { kAuth, kName, kSelect, kRole };

// A server that answers an error to this step isn't one we can work with.
bool Matters(Step step, std::string_view word) {
  // Naming is a nicety, and forbidden or unknown at some hosts; but it is the first thing that
  // tells that a login is missing.
  return step != Step::kName || word == "NOAUTH" || word == "LOADING" || word == "MASTERDOWN";
}

std::string_view Hint(std::string_view word) {
  if (word == "NOAUTH") return "; put user and password into --redis-url";
  if (word == "WRONGPASS") return "; correct user and password in --redis-url";
  if (word == "LOADING") return "; it still reads its data from disk";
  return "";
}

// Closes the transport when its time is over, unless it died before.
class Deadline {
 public:
  Deadline(const asio::any_io_executor& executor, std::chrono::milliseconds timeout, Transport& transport)
      : timer_(executor, timeout), state_(std::make_shared<State>()) {
    state_->transport = &transport;
    // The handler may already be queued when this object dies, so it shares the state.
    timer_.async_wait([state = state_](boost::system::error_code error) {
      if (error || state->transport == nullptr) return;
      state->passed = true;
      state->transport->Close();
    });
  }
  ~Deadline() { state_->transport = nullptr; }
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;

  bool Passed() const { return state_->passed; }

 private:
  struct State {
    Transport* transport = nullptr;
    bool passed = false;
  };

  asio::steady_timer timer_;
  const std::shared_ptr<State> state_;
};

}  // namespace

base::Task<absl::StatusOr<Endpoint>> Fixed(Endpoint endpoint) {
  co_return endpoint;
}

Dialled::Dialled(asio::any_io_executor executor, std::string tls_ca_file, std::chrono::milliseconds timeout)
    : executor_(std::move(executor)), tls_ca_file_(std::move(tls_ca_file)), timeout_(timeout) {}

void Dialled::Close() {
  closed_ = true;
  if (transport_ != nullptr) transport_->Close();
}

base::Task<absl::Status> Dialled::Open(const Locate& locate, const Login& login) {
  auto endpoint = co_await locate();
  if (!endpoint.ok()) co_return endpoint.status();
  const std::string where = ToString(*endpoint);
  auto transport = MakeTransport(executor_, *std::move(endpoint), tls_ca_file_);
  if (!transport.ok()) co_return transport.status();
  transport_ = *std::move(transport);
  if (closed_) co_return base::Error(v1::REDIS_UNAVAILABLE, "the Redis client was closed");

  const Deadline deadline(executor_, timeout_, *transport_);
  absl::Status status = co_await transport_->Open();
  if (status.ok()) status = co_await LogIn(login);
  if (deadline.Passed()) {
    status = base::Error(v1::REDIS_UNAVAILABLE,
                         fmt::format("Redis at {}: connecting took longer than {} ms", where, timeout_.count()));
  }
  co_return status;
}

base::Task<absl::Status> Dialled::LogIn(const Login& login) {
  std::vector<Args> commands;
  std::vector<Step> steps;
  const auto add = [&](Step step, Args command) {
    steps.push_back(step);
    commands.push_back(std::move(command));
  };
  if (!login.password.Empty()) {
    Args auth = {"AUTH"};
    if (!login.user.empty()) auth.push_back(login.user);
    auth.push_back(login.password.Reveal());
    add(Step::kAuth, std::move(auth));
  }
  add(Step::kName, {"CLIENT", "SETNAME", login.name});
  if (login.db != 0) add(Step::kSelect, {"SELECT", std::to_string(login.db)});
  if (login.role == Login::Role::kMaster) add(Step::kRole, {"ROLE"});

  auto answers = co_await Ask(std::move(commands));
  if (!answers.ok()) co_return answers.status();
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const Answer& answer = (*answers)[i];
    if (steps[i] == Step::kRole && answer.error.empty()) {
      const auto& role = answer.reply.Elements();
      if (role.empty() || role[0].String() != "master") {
        co_return base::Error(v1::REDIS_UNAVAILABLE, "that Redis is a replica; a fail-over may be under way");
      }
    }
    const std::string_view word = std::string_view(answer.error).substr(0, answer.error.find(' '));
    if (word.empty() || !Matters(steps[i], word)) continue;
    constexpr std::array<std::string_view, 4> kNames = {"the login", "a client", "the database", "ROLE"};
    const std::string text =
        fmt::format("Redis refused {} ({}){}", kNames[static_cast<std::size_t>(steps[i])], word, Hint(word));
    co_return WithRefusalWord(base::Error(v1::REDIS_UNAVAILABLE, text), word);
  }
  co_return absl::OkStatus();
}

base::Task<absl::StatusOr<std::vector<Answer>>> Dialled::Ask(std::vector<Args> commands) {
  const Deadline deadline(executor_, timeout_, *transport_);
  std::string request;
  for (const Args& command : commands) AppendCommand(command, request);
  const absl::Status written = co_await transport_->WriteAll(asio::buffer(request));
  if (!written.ok()) co_return written;

  std::vector<Answer> answers;
  std::array<char, kChunk> chunk;
  while (answers.size() < commands.size()) {
    auto answer = reader_.Next();
    if (!answer.ok()) co_return answer.status();
    if (answer->has_value()) {
      answers.push_back(**std::move(answer));
      continue;
    }
    auto size = co_await transport_->Read(asio::buffer(chunk));
    if (!size.ok()) co_return size.status();
    reader_.Feed(std::string_view(chunk.data(), *size));
  }
  auto surplus = reader_.Next();
  if (!surplus.ok()) co_return surplus.status();
  if (surplus->has_value()) co_return base::Error(v1::REDIS_UNAVAILABLE, "Redis answered without being asked");
  co_return answers;
}

}  // namespace tajo::redis
