#include "common/redis/connection.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/asio/append.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <deque>
#include <exception>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

#include "common/base/error.h"
#include "common/redis/backoff.h"
#include "common/redis/refusal.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::redis {
namespace {

namespace asio = boost::asio;
namespace v1 = ::tajo::jira::v1;
using boost::system::error_code;
using SteadyTime = std::chrono::steady_clock::time_point;

// One write holds at most this much plus one command, so that little is ambiguous after a loss.
constexpr std::size_t kWriteBytes = 256 * 1024;
constexpr std::size_t kReadBytes = 64 * 1024;
// hiredis moves what it hasn't parsed after every KiB it has, so it's fed in small pieces.
constexpr std::size_t kFeedBytes = 16 * 1024;

using Handler = asio::async_result<std::decay_t<decltype(asio::use_awaitable)>, void(error_code)>::handler_type;

// A command and what became of it; lives in the frame of who waits for it.
struct Call {
  Args command;
  Asking asking;
  absl::StatusOr<Reply> outcome;
};

// A call's place in a queue. The handler owns the waiting frame, so slots own their callers and
// not the other way round: a core that dies takes them along.
struct Slot {
  uint64_t ticket = 0;    // grows along each queue
  Call* call = nullptr;   // null: nobody waits any more
  SteadyTime deadline{};  // unsent: of waiting for a connection; sent: of the answer
  std::optional<Handler> handler;
};

}  // namespace

class Connection::Core : public std::enable_shared_from_this<Core> {
 public:
  Core(asio::io_context& loop, const base::Clock& clock, base::Random& random, Options options, Locate locate,
       Login login)
      : loop_(loop),
        clock_(clock),
        random_(random),
        options_(std::move(options)),
        locate_(std::move(locate)),
        login_(std::move(login)),
        down_since_(clock.Monotonic()),
        timer_(loop),
        backoff_(loop) {}

  void Start() {
    asio::co_spawn(loop_, Run(shared_from_this()), [](std::exception_ptr failure) {
      if (failure) std::rethrow_exception(failure);
    });
  }

  void Submit(Call& call, Handler handler) {
    if (stopped_ || unsent_.size() + sent_.size() >= options_.max_pending) {
      call.outcome = base::Error(
          v1::REDIS_UNAVAILABLE,
          stopped_ ? std::string("the Redis client was closed")
                   : fmt::format("{} commands already wait for Redis; try again later", options_.max_pending));
      asio::post(loop_, asio::append(std::move(handler), error_code()));
      return;
    }
    const uint64_t ticket = next_ticket_++;
    if (auto slot = asio::get_associated_cancellation_slot(handler); slot.is_connected()) {
      slot.assign([core = weak_from_this(), ticket](asio::cancellation_type type) {
        if (type == asio::cancellation_type::none) return;
        if (const auto self = core.lock()) self->GiveUp(ticket);
      });
    }
    unsent_.push_back({ticket, &call, std::chrono::steady_clock::now() + options_.connect_wait, std::move(handler)});
    if (connected_) {
      FlushSoon();
    } else {
      ArmTimer();
    }
  }

  bool Idle() const { return unsent_.empty() && sent_.empty(); }

  void Stop() {
    if (stopped_) return;
    stopped_ = true;
    timer_.cancel();
    backoff_.cancel();
    if (wire_ != nullptr) wire_->Close();
    FailSent(base::Error(v1::REDIS_UNAVAILABLE, "the client was closed"));
    FailUnsent(base::Error(v1::REDIS_UNAVAILABLE, "the Redis client was closed"));
  }

 private:
  // Connects, reads until the connection is lost, and again. `self` keeps the core as long.
  static base::Task<void> Run(std::shared_ptr<Core> self) {
    int failures = 0;
    while (!self->stopped_) {
      self->wire_ = std::make_shared<Dialled>(self->loop_.get_executor(), self->options_.tls_ca_file,
                                              self->options_.connect_timeout);
      const std::shared_ptr<Dialled> wire = self->wire_;
      absl::Status status = co_await wire->Open(self->locate_, self->login_);
      if (status.ok() && !self->stopped_) {
        failures = 0;
        self->OnConnected();
        status = co_await self->ReadAnswers(*wire);
      }
      wire->Close();
      self->OnDisconnected(status);
      if (self->stopped_) break;
      self->backoff_.expires_after(BackoffAfter(failures++, self->options_, self->random_));
      co_await self->backoff_.async_wait(asio::as_tuple(asio::use_awaitable));
    }
  }

  base::Task<absl::Status> ReadAnswers(Dialled& wire) {
    std::vector<char> chunk(kReadBytes);
    while (true) {
      auto size = co_await wire.Wire().Read(asio::buffer(chunk));
      if (!size.ok()) co_return size.status();
      const std::string_view bytes(chunk.data(), *size);
      for (std::size_t at = 0; at < bytes.size(); at += kFeedBytes) {
        wire.Reader().Feed(bytes.substr(at, kFeedBytes));
        absl::Status status = TakeAnswers(wire.Reader());
        if (!status.ok()) co_return status;
      }
    }
  }

  absl::Status TakeAnswers(ReplyReader& reader) {
    bool demoted = false;  // the master became a replica: look for the new one
    while (true) {
      auto answer = reader.Next();
      if (!answer.ok()) return answer.status();
      if (!answer->has_value()) break;
      if (sent_.empty()) {
        // After Stop it's nobody's; else the pipeline can't be trusted any more.
        return base::Error(v1::REDIS_UNAVAILABLE, "Redis answered without being asked");
      }
      Slot slot = std::move(sent_.front());
      sent_.pop_front();
      if (login_.role == Login::Role::kMaster && (*answer)->error.starts_with("READONLY")) demoted = true;
      if (slot.call == nullptr) continue;
      if ((*answer)->error.empty()) {
        slot.call->outcome = std::move((*answer)->reply);
      } else {
        slot.call->outcome = Refusal(slot.call->command.front(), (*answer)->error);
      }
      // Runs the waiting coroutine on to its next wait: it may call Submit or Stop, no more.
      (*slot.handler)(error_code());
    }
    return demoted ? base::Error(v1::REDIS_UNAVAILABLE, "Redis became a replica") : absl::OkStatus();
  }

  void OnConnected() {
    connected_ = true;
    writing_ = false;
    lost_.reset();
    last_failure_ = absl::OkStatus();
    timer_.cancel();
    Flush();
  }

  // Drops the connection for a reason that the reader won't see by itself.
  void Lose(absl::Status reason) {
    lost_ = std::move(reason);
    connected_ = false;
    down_since_ = clock_.Monotonic();
    wire_->Close();
    FailSent(*lost_);
  }

  void OnDisconnected(const absl::Status& status) {
    if (connected_) down_since_ = clock_.Monotonic();
    connected_ = false;
    last_failure_ = lost_.value_or(status);
    lost_.reset();
    FailSent(last_failure_);
    // Waiting won't mend a wrong password.
    const std::string word = RefusalWord(last_failure_);
    if (word == "NOAUTH" || word == "WRONGPASS") FailUnsent(last_failure_);
    ExpireUnsent();
    ArmTimer();
  }

  // Everything that is issued in this turn of the loop goes into one write.
  void FlushSoon() {
    if (flush_posted_ || writing_) return;
    flush_posted_ = true;
    asio::post(loop_, [core = weak_from_this()] {
      const auto self = core.lock();
      if (self == nullptr) return;
      self->flush_posted_ = false;
      self->Flush();
    });
  }

  void Flush() {
    if (!connected_ || writing_ || unsent_.empty()) return;
    // The write may outlive the connection's end, so it owns its bytes; their memory comes back.
    std::string bytes = std::move(spare_);
    bytes.clear();
    const SteadyTime deadline = std::chrono::steady_clock::now() + options_.command_timeout;
    const bool idle = sent_.empty();
    while (!unsent_.empty() && bytes.size() < kWriteBytes) {
      Slot slot = std::move(unsent_.front());
      unsent_.pop_front();
      if (slot.call == nullptr) continue;
      if (slot.call->asking == Asking::kYes) {
        AppendCommand({"ASKING"}, bytes);
        sent_.push_back({slot.ticket, nullptr, deadline, std::nullopt});  // its answer is nobody's
      }
      AppendCommand(slot.call->command, bytes);
      slot.call->command.resize(1);  // the name stays, for errors
      slot.deadline = deadline;
      sent_.push_back(std::move(slot));
    }
    if (bytes.empty()) return;
    writing_ = true;
    auto owned = std::make_unique<std::string>(std::move(bytes));
    const asio::const_buffer buffer = asio::buffer(*owned);
    wire_->Wire().Write(buffer, [self = shared_from_this(), wire = wire_, owned = std::move(owned)](
                                    error_code error, std::size_t) mutable { self->OnWritten(*wire, error, *owned); });
    if (idle) ArmTimer();
  }

  void OnWritten(Dialled& wire, error_code error, std::string& bytes) {
    if (bytes.capacity() <= 4 * kWriteBytes) spare_ = std::move(bytes);
    if (&wire != wire_.get()) return;  // of an earlier connection
    writing_ = false;
    if (!connected_) return;
    if (error) return Lose(base::Error(v1::REDIS_UNAVAILABLE, "connection lost: " + error.message()));
    Flush();
  }

  // One timer, for the oldest: of what was sent while connected, of what waits while not.
  void ArmTimer() {
    if (stopped_ || timer_armed_) return;
    const auto& queue = connected_ ? sent_ : unsent_;
    if (queue.empty()) return;
    timer_armed_ = true;
    timer_.expires_at(queue.front().deadline);
    timer_.async_wait([core = weak_from_this()](error_code) {
      const auto self = core.lock();
      if (self == nullptr) return;
      self->timer_armed_ = false;
      if (self->stopped_) return;
      self->OnTimer();
      self->ArmTimer();
    });
  }

  void OnTimer() {
    if (!connected_) return ExpireUnsent();
    if (sent_.empty() || sent_.front().deadline > std::chrono::steady_clock::now()) return;
    // Later answers could no longer be told apart, so the connection goes too.
    Lose(base::Error(v1::REDIS_UNAVAILABLE, fmt::format("no answer within {} ms", options_.command_timeout.count())));
  }

  void ExpireUnsent() {
    const SteadyTime now = std::chrono::steady_clock::now();
    const auto down = std::chrono::duration<double>(clock_.Monotonic() - down_since_);
    while (!unsent_.empty() && unsent_.front().deadline <= now) {
      Slot slot = std::move(unsent_.front());
      unsent_.pop_front();
      std::string_view cause = "still connecting";
      if (!last_failure_.ok()) cause = {last_failure_.message().data(), last_failure_.message().size()};
      Fail(std::move(slot), base::Error(v1::REDIS_UNAVAILABLE,
                                        fmt::format("no connection to Redis for {:.1f} s: {}", down.count(), cause)));
    }
  }

  void FailUnsent(const absl::Status& status) {
    while (!unsent_.empty()) {
      Slot slot = std::move(unsent_.front());
      unsent_.pop_front();
      Fail(std::move(slot), status);
    }
  }

  void FailSent(const absl::Status& cause) {
    const std::string_view text(cause.message().data(), cause.message().size());
    while (!sent_.empty()) {
      Slot slot = std::move(sent_.front());
      sent_.pop_front();
      if (slot.call == nullptr) continue;
      const std::string& name = slot.call->command.front();
      Fail(std::move(slot),
           base::Error(v1::REDIS_AMBIGUOUS, fmt::format("{} was sent to Redis but not answered: {}", name, text)));
    }
  }

  // Resumes the caller later: whoever fails calls may be amid something.
  void Fail(Slot slot, absl::Status status) {
    if (slot.call == nullptr) return;
    slot.call->outcome = std::move(status);
    asio::post(loop_, asio::append(*std::move(slot.handler), error_code()));
  }

  // Its caller was cancelled. What was sent keeps its place, so that answers stay aligned.
  void GiveUp(uint64_t ticket) {
    for (auto* queue : {&unsent_, &sent_}) {
      const auto at = std::lower_bound(queue->begin(), queue->end(), ticket,
                                       [](const Slot& slot, uint64_t wanted) { return slot.ticket < wanted; });
      // ASKING goes before its command by the same ticket.
      const auto found = std::find_if(
          at, queue->end(), [ticket](const Slot& slot) { return slot.ticket != ticket || slot.call != nullptr; });
      if (found == queue->end() || found->ticket != ticket) continue;
      found->call = nullptr;
      asio::post(loop_, asio::append(*std::move(found->handler), error_code(asio::error::operation_aborted)));
      return;
    }
  }

  asio::io_context& loop_;
  const base::Clock& clock_;
  base::Random& random_;
  const Options options_;
  const Locate locate_;
  const Login login_;

  bool connected_ = false;
  bool writing_ = false;
  bool flush_posted_ = false;
  bool timer_armed_ = false;
  bool stopped_ = false;
  uint64_t next_ticket_ = 1;
  base::MonotonicTime down_since_;
  absl::Status last_failure_;
  std::optional<absl::Status> lost_;  // why we closed the connection ourselves
  std::string spare_;

  asio::steady_timer timer_;
  asio::steady_timer backoff_;
  std::shared_ptr<Dialled> wire_;  // shared with the write under way
  std::deque<Slot> unsent_;
  std::deque<Slot> sent_;
};

Connection::Connection(asio::io_context& loop, const base::Clock& clock, base::Random& random, Options options,
                       Locate locate, Login login)
    : loop_(loop),
      core_(std::make_shared<Core>(loop, clock, random, std::move(options), std::move(locate), std::move(login))) {
  core_->Start();
}

Connection::~Connection() {
  asio::dispatch(loop_, [core = std::move(core_)] { core->Stop(); });
}

bool Connection::Idle() const {
  return core_->Idle();
}

base::Task<absl::StatusOr<Reply>> Connection::Execute(Args command, Asking asking) {
  Call call{std::move(command), asking, absl::StatusOr<Reply>(Reply())};
  if (call.command.empty()) co_return base::Error(v1::REQUEST_INVALID, "an empty Redis command");
  Core* const core = core_.get();
  co_await asio::async_initiate<decltype(asio::use_awaitable), void(error_code)>(
      [core, &call](auto handler) { core->Submit(call, std::move(handler)); }, asio::use_awaitable);
  co_return std::move(call.outcome);
}

}  // namespace tajo::redis
