#include "common/telemetry/process.h"

#include <signal.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/system/system_error.hpp>
#include <chrono>
#include <cstdlib>
#include <exception>
#include <optional>
#include <utility>

#include "common/base/error.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::telemetry {
namespace {

namespace asio = boost::asio;

bool IsCancelled(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const boost::system::system_error& thrown) {
    return thrown.code() == asio::error::operation_aborted;
  } catch (...) {
    return false;
  }
}

std::string Describe(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const std::exception& thrown) {
    return thrown.what();
  } catch (...) {
    return "an exception of an unknown type";
  }
}

std::string_view SignalName(int number) {
  switch (number) {
    case SIGTERM:
      return "SIGTERM";
    case SIGINT:
      return "SIGINT";
    default:
      return "signal";
  }
}

// The states of a life: serving, draining, ending (main was cancelled), over (an exit code is there).
class Life {
 public:
  Life(const ProcessTasks& tasks, base::Duration grace, base::Clock& clock, Health& health, Logger& logger)
      : tasks_(tasks), grace_(grace), clock_(clock), health_(health), logger_(logger) {}

  int Run() {
    AwaitStop();
    AwaitReload();
    asio::co_spawn(
        context_, tasks_.main(),
        asio::bind_cancellation_slot(stop_main_.slot(), [this](std::exception_ptr error, absl::Status status) {
          OnMainEnded(error, std::move(status));
        }));
    // Not run(): a task that ignores its cancellation must not keep the process.
    while (!exit_code_ && context_.run_one() > 0) {
    }
    return exit_code_.value_or(kExitFailed);
  }

 private:
  void AwaitStop() {
    stop_.async_wait([this](const boost::system::error_code& error, int number) {
      if (error) return;
      OnStop(number);
      AwaitStop();
    });
  }

  void AwaitReload() {
    hangup_.async_wait([this](const boost::system::error_code& error, int) {
      if (error) return;
      logger_.Info("SIGHUP: reloading");
      if (tasks_.reload) tasks_.reload();
      AwaitReload();
    });
  }

  void OnStop(int number) {
    if (std::exchange(stopping_, true)) {
      logger_.Error("second signal: ending at once", {{"signal", SignalName(number)}});
      logger_.Flush(std::chrono::milliseconds(100));
      std::_Exit(kExitSecondSignal);
    }
    logger_.Info("draining", {{"signal", SignalName(number)}, {"grace_seconds", GraceSeconds()}});
    health_.NotReady("draining");
    asio::co_spawn(context_, clock_.Sleep(grace_),
                   asio::bind_cancellation_slot(stop_timer_.slot(), [this](std::exception_ptr error) {
                     if (!error) OnGraceOver();
                   }));
    asio::co_spawn(context_, tasks_.drain(), [this](std::exception_ptr error) { OnDrained(error); });
  }

  void OnDrained(const std::exception_ptr& error) {
    drained_ = true;
    if (error) {
      logger_.Error("draining failed", {{"error", Describe(error)}});
      failed_ = true;
    }
    if (main_ended_) return End(failed_ ? kExitFailed : kExitDone);
    stop_main_.emit(asio::cancellation_type::terminal);
  }

  void OnMainEnded(const std::exception_ptr& error, absl::Status status) {
    main_ended_ = true;
    if (error && !(stopping_ && IsCancelled(error))) {
      logger_.Error("the service failed", {{"error", Describe(error)}});
      failed_ = true;
    } else if (!error && !status.ok() && !(stopping_ && absl::IsCancelled(status))) {
      logger_.Error("the service failed",
                    {{"reason", base::ReasonName(base::ReasonOf(status))},
                     {"error", std::string_view(status.message().data(), status.message().size())}});
      failed_ = true;
    }
    // Ended by itself: nothing is left to drain.
    if (!stopping_ || drained_) End(failed_ ? kExitFailed : kExitDone);
  }

  void OnGraceOver() {
    if (exit_code_) return;
    logger_.Error("the grace ran out before all was drained",
                  {{"grace_seconds", GraceSeconds()}, {"drained", drained_}, {"remedy", "raise --shutdown-grace"}});
    End(kExitFailed);
  }

  void End(int code) {
    exit_code_ = code;
    health_.NotReady("ended");
    stop_timer_.emit(asio::cancellation_type::terminal);
    if (code == kExitDone) logger_.Info("ended");
    logger_.Flush();
  }

  double GraceSeconds() const { return std::chrono::duration<double>(grace_).count(); }

  const ProcessTasks& tasks_;
  const base::Duration grace_;
  base::Clock& clock_;
  Health& health_;
  Logger& logger_;
  // Signals are emitted by tasks that the context destroys, so they outlive it.
  asio::cancellation_signal stop_main_;
  asio::cancellation_signal stop_timer_;
  asio::io_context context_{1};
  asio::signal_set stop_{context_, SIGTERM, SIGINT};
  asio::signal_set hangup_{context_, SIGHUP};
  bool stopping_ = false;
  bool drained_ = false;
  bool main_ended_ = false;
  bool failed_ = false;
  std::optional<int> exit_code_;
};

}  // namespace

int RunProcess(const ProcessTasks& tasks, base::Duration grace, base::Clock& clock, Health& health, Logger& logger) {
  ::signal(SIGPIPE, SIG_IGN);
  return Life(tasks, grace, clock, health, logger).Run();
}

}  // namespace tajo::telemetry
