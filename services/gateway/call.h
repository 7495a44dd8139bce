#pragma once

#include <grpcpp/grpcpp.h>

#include <atomic>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <exception>
#include <functional>
#include <memory>
#include <utility>

#include "common/base/task.h"
#include "services/gateway/shard.h"

namespace tajo::gateway {

// The generic way from gRPC's callback API to a Task on a loop and back.

// Unary calls end after so long even if the caller set no deadline: a vendor's quota may make a call
// wait for an hour.
inline constexpr std::chrono::seconds kLongestCall{120};

grpc::Status ToGrpc(const absl::Status& status);
grpc::Status CancelledStatus(bool took_too_long);
// Logs what an exception says; the caller learns only that it was ours.
grpc::Status FailureOf(const std::exception_ptr& error, bool cancelled, bool took_too_long, telemetry::Logger& log);
const char* CodeName(grpc::StatusCode code);

// What a method's call is measured and ended with; given to it by the service.
struct CallContext {
  Shard& shard;
  const char* method;  // "Connect"
  Instruments& instruments;
};

// A call's Task and the ways to end it early. Its state is touched on the shard's loop only.
class RunningCall {
 public:
  explicit RunningCall(CallContext context)
      : context_(std::move(context)),
        state_(std::make_shared<State>(context_.shard.executor)),
        began_(context_.shard.backend.clock.Monotonic()) {}

  // Runs the task; `finish` gets the status that ends the call, once, on the loop.
  void Run(base::Task<absl::Status> task, std::function<void(grpc::Status)> finish, bool limited) {
    auto state = state_;
    if (limited) {
      boost::asio::post(context_.shard.executor, [state] { Limit(state); });
    }
    boost::asio::co_spawn(context_.shard.executor, std::move(task),
                          boost::asio::bind_cancellation_slot(
                              state->signal.slot(), [this, state, finish = std::move(finish)](
                                                        std::exception_ptr error, const absl::Status& status) {
                                state->ended = true;
                                state->limit.cancel();
                                grpc::Status answer = error ? FailureOf(error, state->cancelled, state->took_too_long,
                                                                        context_.shard.backend.log)
                                                            : ToGrpc(status);
                                context_.instruments.Called(context_.method, CodeName(answer.error_code()),
                                                            context_.shard.backend.clock.Monotonic() - began_);
                                finish(std::move(answer));  // the call may be gone behind it
                              }));
  }

  // From any thread.
  void Cancel() {
    boost::asio::post(context_.shard.executor, [state = state_] { End(state); });
  }

  const CallContext& Context() const { return context_; }

 private:
  struct State {
    explicit State(const boost::asio::any_io_executor& executor) : limit(executor) {}
    boost::asio::cancellation_signal signal;
    boost::asio::steady_timer limit;
    bool cancelled = false;
    bool took_too_long = false;
    bool ended = false;
  };

  static void End(const std::shared_ptr<State>& state) {
    if (state->ended) return;
    state->cancelled = true;
    state->signal.emit(boost::asio::cancellation_type::terminal);
  }
  static void Limit(const std::shared_ptr<State>& state) {
    if (state->ended) return;
    state->limit.expires_after(kLongestCall);
    state->limit.async_wait([state](const boost::system::error_code& error) {
      if (error || state->ended) return;
      state->took_too_long = true;
      End(state);
    });
  }

  CallContext context_;
  std::shared_ptr<State> state_;
  base::MonotonicTime began_;
};

// One request, one response. Deletes itself when gRPC is done with it.
template <class Response>
class UnaryCall final : public grpc::ServerUnaryReactor {
 public:
  UnaryCall(CallContext context, base::Task<absl::StatusOr<Response>> task, Response* response)
      : running_(std::move(context)) {
    running_.Run(
        Store(std::move(task), response), [this](grpc::Status status) { Finish(std::move(status)); }, true);
  }

  void OnCancel() override { running_.Cancel(); }
  void OnDone() override { delete this; }

 private:
  // `response` is gRPC's and lives until OnDone, hence longer than the task.
  static base::Task<absl::Status> Store(base::Task<absl::StatusOr<Response>> task, Response* response) {
    absl::StatusOr<Response> result = co_await std::move(task);
    if (!result.ok()) co_return result.status();
    *response = *std::move(result);
    co_return absl::OkStatus();
  }

  RunningCall running_;
};

// One request, many responses, each sent when the one before is on its way.
template <class Response>
class StreamCall final : public grpc::ServerWriteReactor<Response> {
 public:
  using Send = std::function<base::Task<bool>(Response)>;
  using Work = std::function<base::Task<absl::Status>(Send)>;

  StreamCall(CallContext context, Work work)
      : outlet_(std::make_shared<Outlet>(context.shard.executor)),
        running_(std::move(context)),
        work_(std::move(work)) {
    running_.Run(
        work_([this](Response response) { return Write(std::move(response)); }),
        [this](grpc::Status status) { this->Finish(std::move(status)); }, false);
  }

  void OnWriteDone(bool ok) override {
    boost::asio::post(running_.Context().shard.executor, [outlet = outlet_, ok] {
      outlet->written = true;
      outlet->open = ok;
      outlet->bell.cancel();
    });
  }
  void OnCancel() override { running_.Cancel(); }
  void OnDone() override { delete this; }

 private:
  // Lives on while a posted notice of gRPC's is under way.
  struct Outlet {
    explicit Outlet(const boost::asio::any_io_executor& executor)
        : bell(executor, boost::asio::steady_timer::time_point::max()) {}
    boost::asio::steady_timer bell;
    bool written = false;
    bool open = true;
  };

  base::Task<bool> Write(Response response) {
    message_ = std::move(response);
    outlet_->written = false;
    outlet_->bell.expires_at(boost::asio::steady_timer::time_point::max());
    this->StartWrite(&message_);
    while (!outlet_->written) {
      const auto [error] = co_await outlet_->bell.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
      if (error && !outlet_->written) throw boost::system::system_error(error);
    }
    co_return outlet_->open;
  }

  const std::shared_ptr<Outlet> outlet_;
  Response message_;
  RunningCall running_;
  Work work_;  // the task's own state; outlives it
};

}  // namespace tajo::gateway
