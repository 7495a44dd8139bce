#include "common/telemetry/process.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <stdexcept>
#include <string>

#include "common/base/error.h"
#include "tajo/jira/v1/error.pb.h"
#include "tests/support/fake_clock.h"

namespace tajo::telemetry {
namespace {

namespace v1 = ::tajo::jira::v1;
using namespace std::chrono_literals;  // NOLINT
using testing::FakeClock;

class TextSink final : public LogSink {
 public:
  explicit TextSink(std::string& text) : text_(text) {}
  void Write(std::string line) override { text_ += line + "\n"; }

 private:
  std::string& text_;
};

class ProcessTest : public ::testing::Test {
 protected:
  // Serves until cancelled; signals are raised from inside it, when RunProcess listens.
  base::Task<absl::Status> Serve(int signal) {
    if (signal != 0) ::raise(signal);
    co_await clock_.Sleep(1h);
    co_return absl::OkStatus();
  }
  base::Task<absl::Status> End(absl::Status status) { co_return status; }
  base::Task<void> Note(std::string what) {
    story_ += what + (health_.IsReady() ? "(ready) " : " ");
    co_return;
  }
  base::Task<void> AdvanceAndHang(base::Duration duration) {
    clock_.Advance(duration);
    co_await clock_.Sleep(1h);
  }

  int Run(ProcessTasks tasks) {
    health_.Ready("starting");
    return RunProcess(tasks, 25s, clock_, health_, logger_);
  }
  bool Logged(std::string_view text) const { return log_.find(text) != std::string::npos; }

  FakeClock clock_;
  std::string log_;
  std::string story_;
  Health health_;
  Logger logger_{{.service = "test"}, clock_, std::make_unique<TextSink>(log_)};
};

TEST_F(ProcessTest, sigterm_makes_it_not_ready_drains_and_exits_0) {
  EXPECT_EQ(Run({[this] { return Serve(SIGTERM); }, [this] { return Note("drained"); }, {}}), 0);
  EXPECT_EQ(story_, "drained ");  // not ready by then
  EXPECT_FALSE(health_.IsReady());
  EXPECT_TRUE(Logged(R"("signal":"SIGTERM","grace_seconds":25)")) << log_;
}

TEST_F(ProcessTest, sigint_does_the_same) {
  EXPECT_EQ(Run({[this] { return Serve(SIGINT); }, [this] { return Note("drained"); }, {}}), 0);
  EXPECT_EQ(story_, "drained ");
}

TEST_F(ProcessTest, drain_that_outlasts_the_grace_exits_1_and_says_so) {
  EXPECT_EQ(Run({[this] { return Serve(SIGTERM); }, [this] { return AdvanceAndHang(25s); }, {}}), 1);
  EXPECT_TRUE(Logged("the grace ran out before all was drained")) << log_;
  EXPECT_TRUE(Logged("--shutdown-grace"));
}

TEST_F(ProcessTest, main_that_ignores_its_cancellation_ends_with_the_grace) {
  const auto stubborn = [this]() -> base::Task<absl::Status> {
    ::raise(SIGTERM);
    co_await boost::asio::this_coro::throw_if_cancelled(false);
    co_await boost::asio::this_coro::reset_cancellation_state(boost::asio::disable_cancellation());
    while (true) {
      co_await boost::asio::post(co_await boost::asio::this_coro::executor, boost::asio::use_awaitable);
      clock_.Advance(1s);
    }
  };
  EXPECT_EQ(Run({stubborn, [this] { return Note("drained"); }, {}}), 1);
  EXPECT_TRUE(Logged(R"("drained":true)")) << log_;
}

TEST_F(ProcessTest, main_that_cannot_start_exits_1_with_the_cause) {
  const absl::Status status = base::Error(v1::REDIS_POLICY_UNSAFE, "maxmemory-policy is allkeys-lru: set noeviction");
  EXPECT_EQ(Run({[&] { return End(status); }, [this] { return Note("drained"); }, {}}), 1);
  EXPECT_TRUE(Logged(R"("reason":"REDIS_POLICY_UNSAFE","error":"maxmemory-policy is allkeys-lru: set noeviction")"))
      << log_;
  EXPECT_EQ(story_, "");
}

TEST_F(ProcessTest, main_that_throws_exits_1_with_the_cause) {
  const auto thrower = []() -> base::Task<absl::Status> {
    throw std::runtime_error("out of luck");
    co_return absl::OkStatus();
  };
  EXPECT_EQ(Run({thrower, [this] { return Note("drained"); }, {}}), 1);
  EXPECT_TRUE(Logged("out of luck")) << log_;
}

TEST_F(ProcessTest, main_that_ends_by_itself_exits_0) {
  EXPECT_EQ(Run({[this] { return End(absl::OkStatus()); }, [this] { return Note("drained"); }, {}}), 0);
}

TEST_F(ProcessTest, drain_that_throws_exits_1) {
  const auto thrower = []() -> base::Task<void> {
    throw std::runtime_error("disk on fire");
    co_return;
  };
  EXPECT_EQ(Run({[this] { return Serve(SIGTERM); }, thrower, {}}), 1);
  EXPECT_TRUE(Logged("disk on fire")) << log_;
}

TEST_F(ProcessTest, sighup_reloads_and_goes_on) {
  int reloads = 0;
  const auto reload = [&] {
    ++reloads;
    ::raise(reloads == 1 ? SIGHUP : SIGTERM);
  };
  EXPECT_EQ(Run({[this] { return Serve(SIGHUP); }, [this] { return Note("drained"); }, reload}), 0);
  EXPECT_EQ(reloads, 2);
  EXPECT_EQ(story_, "drained ");
}

TEST_F(ProcessTest, sigpipe_is_ignored) {
  const auto main = []() -> base::Task<absl::Status> {
    ::raise(SIGPIPE);
    co_return absl::OkStatus();
  };
  EXPECT_EQ(Run({main, [this] { return Note("drained"); }, {}}), 0);
}

using ProcessDeathTest = ProcessTest;

TEST_F(ProcessDeathTest, second_signal_ends_it_at_once_with_130) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const auto die = [this] {
    Logger logger({.service = "test"}, clock_, std::make_unique<FdSink>(STDERR_FILENO));
    const auto drain = [this]() -> base::Task<void> {
      ::raise(SIGINT);
      co_await clock_.Sleep(1h);
    };
    const ProcessTasks tasks{[this] { return Serve(SIGTERM); }, drain, {}};
    std::_Exit(RunProcess(tasks, 25s, clock_, health_, logger));
  };
  EXPECT_EXIT(die(), ::testing::ExitedWithCode(130), "second signal: ending at once");
}

}  // namespace
}  // namespace tajo::telemetry
