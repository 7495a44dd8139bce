#include "cli/up/supervisor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/eventfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <string>
#include <vector>

namespace tajo::cli {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr seconds kPatience{20};

class SupervisorTest : public testing::Test {
 protected:
  ~SupervisorTest() override { close(stop_); }

  static Program Shell(const std::string& name, const std::string& script) { return {name, {"/bin/sh", "-c", script}}; }
  Supervisor::Outcome RunUntilLines(std::size_t count) {
    return supervisor_.RunUntil([this, count] { return lines_.size() >= count; }, kPatience);
  }
  void AskToStop() const {
    const uint64_t one = 1;
    ASSERT_EQ(write(stop_, &one, sizeof(one)), static_cast<ssize_t>(sizeof(one)));
  }
  static bool Runs(pid_t pid) { return kill(pid, 0) == 0 || errno != ESRCH; }

  const int stop_ = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  base::SystemClock clock_;
  std::vector<std::string> lines_;
  std::vector<std::string> notes_;
  Supervisor supervisor_{clock_,
                         stop_,
                         {milliseconds(10), milliseconds(40), seconds(60)},
                         {[this](const std::string& name, Stream stream, std::string_view line) {
                            lines_.push_back(name + (stream == Stream::kOut ? "> " : "! ") + std::string(line));
                          },
                          [this](const std::string& text) { notes_.push_back(text); }}};
};

TEST_F(SupervisorTest, program_that_speaks_is_heard_line_by_line_and_by_stream) {
  ASSERT_TRUE(supervisor_.Start(Shell("a", "printf 'one\\ntwo\\nend'; echo three >&2; exec sleep 60")).ok());
  EXPECT_EQ(RunUntilLines(3), Supervisor::Outcome::kDone);
  supervisor_.Stop({"a"}, kPatience);
  // What it says on one stream keeps its order, also what has no end of line.
  const auto on_errors = std::stable_partition(lines_.begin(), lines_.end(),
                                               [](const std::string& line) { return line.starts_with("a> "); });
  EXPECT_EQ(on_errors - lines_.begin(), 3);
  EXPECT_THAT(lines_, ElementsAre("a> one", "a> two", "a> end", "a! three"));
}

TEST_F(SupervisorTest, program_that_does_not_exist_is_an_error_with_its_name) {
  const auto status = supervisor_.Start({"a", {"/nonexistent/tajo-gateway"}});
  EXPECT_THAT(std::string(status.message()), HasSubstr("/nonexistent/tajo-gateway: No such file or directory"));
}

TEST_F(SupervisorTest, program_that_ends_before_it_is_ready_ends_the_start) {
  ASSERT_TRUE(supervisor_.Start(Shell("gateway", "echo 'port in use' >&2; exit 3")).ok());
  EXPECT_EQ(supervisor_.RunUntil([] { return false; }, kPatience), Supervisor::Outcome::kProgramEnded);
  EXPECT_EQ(supervisor_.FirstEnd(), "gateway ended with exit code 3 before it was ready");
  EXPECT_THAT(lines_, ElementsAre("gateway! port in use"));
}

TEST_F(SupervisorTest, ready_program_that_crashes_is_started_again_with_its_pinned_arguments) {
  ASSERT_TRUE(supervisor_.Start(Shell("a", "echo first")).ok());
  supervisor_.MarkReady("a", {"/bin/sh", "-c", "echo again; kill -9 $$"});
  EXPECT_EQ(RunUntilLines(4), Supervisor::Outcome::kDone);
  EXPECT_THAT(lines_, ElementsAre("a> first", "a> again", "a> again", "a> again"));
  ASSERT_GE(notes_.size(), 3U);
  EXPECT_EQ(notes_[0], "a ended with exit code 0; it is started again in 10ms") << notes_[0];
  EXPECT_EQ(notes_[1], "a ended with signal 9 (Killed); it is started again in 20ms");
  EXPECT_EQ(notes_[2], "a ended with signal 9 (Killed); it is started again in 40ms");
}

TEST_F(SupervisorTest, pause_between_crashes_does_not_grow_beyond_its_bound) {
  ASSERT_TRUE(supervisor_.Start(Shell("a", "echo x; exit 1")).ok());
  supervisor_.MarkReady("a", {"/bin/sh", "-c", "echo x; exit 1"});
  EXPECT_EQ(RunUntilLines(6), Supervisor::Outcome::kDone);
  EXPECT_THAT(notes_[4], HasSubstr("again in 40ms"));
}

TEST_F(SupervisorTest, stop_lets_a_program_finish_within_the_grace) {
  ASSERT_TRUE(
      supervisor_.Start(Shell("a", "trap 'echo bye; exit 0' TERM; echo up; while :; do sleep 0.01; done")).ok());
  ASSERT_EQ(RunUntilLines(1), Supervisor::Outcome::kDone);
  supervisor_.Stop({"a"}, kPatience);
  EXPECT_THAT(lines_, ElementsAre("a> up", "a> bye"));
  EXPECT_THAT(notes_, testing::IsEmpty());
}

TEST_F(SupervisorTest, stop_kills_a_program_that_ignores_it_after_the_grace) {
  ASSERT_TRUE(supervisor_.Start(Shell("a", "trap '' TERM; echo $$; while :; do sleep 0.05; done")).ok());
  ASSERT_EQ(RunUntilLines(1), Supervisor::Outcome::kDone);
  const pid_t pid = std::stoi(lines_[0].substr(3));
  supervisor_.Stop({"a"}, milliseconds(50));
  EXPECT_FALSE(Runs(pid));
  EXPECT_THAT(notes_, ElementsAre("a didn't stop in time and is killed"));
}

TEST_F(SupervisorTest, second_asking_to_stop_cuts_the_grace_short) {
  ASSERT_TRUE(supervisor_.Start(Shell("a", "trap 'echo asked' TERM; echo up; while :; do sleep 0.01; done")).ok());
  ASSERT_EQ(RunUntilLines(1), Supervisor::Outcome::kDone);
  AskToStop();
  supervisor_.Stop({"a"}, std::chrono::hours(1));
  EXPECT_THAT(notes_, ElementsAre("a didn't stop in time and is killed"));
}

TEST_F(SupervisorTest, stop_that_is_asked_for_ends_the_run) {
  ASSERT_TRUE(supervisor_.Start(Shell("a", "exec sleep 60")).ok());
  AskToStop();
  EXPECT_EQ(supervisor_.RunUntil([] { return false; }, kPatience), Supervisor::Outcome::kStopAsked);
  AskToStop();
  supervisor_.Run();
}

TEST_F(SupervisorTest, nothing_ready_in_time_is_told) {
  ASSERT_TRUE(supervisor_.Start(Shell("a", "exec sleep 60")).ok());
  EXPECT_EQ(supervisor_.RunUntil([] { return false; }, milliseconds(30)), Supervisor::Outcome::kTimedOut);
}

TEST(Child, whose_parent_is_killed_does_not_outlive_it) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const pid_t parent = fork();
  if (parent == 0) {
    // It keeps the write end open: the pipe ends for us when this program does.
    const std::string script = "exec sleep 600";
    const auto child = Child::Start({"/bin/sh", "-c", script + " <&" + std::to_string(ends[0])});
    const pid_t pid = child.ok() ? child->Pid() : -1;
    if (write(ends[1], &pid, sizeof(pid)) != sizeof(pid)) _exit(1);
    pause();
    _exit(0);
  }
  pid_t pid = 0;
  ASSERT_EQ(read(ends[0], &pid, sizeof(pid)), static_cast<ssize_t>(sizeof(pid)));
  ASSERT_GT(pid, 0);
  close(ends[1]);
  kill(parent, SIGKILL);
  waitpid(parent, nullptr, 0);
  char byte = 0;
  EXPECT_EQ(read(ends[0], &byte, 1), 0) << "all writers are gone: the child too";
  close(ends[0]);
}

}  // namespace
}  // namespace tajo::cli
