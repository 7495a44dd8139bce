#include "common/telemetry/log.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/fake_clock.h"

namespace tajo::telemetry {
namespace {

using namespace std::chrono_literals;  // NOLINT
using testing::FakeClock;

struct Lines {
  std::mutex mutex;
  std::vector<std::string> all;
};

class MemorySink final : public LogSink {
 public:
  explicit MemorySink(Lines& lines) : lines_(lines) {}
  void Write(std::string line) override {
    const std::lock_guard lock(lines_.mutex);
    lines_.all.push_back(std::move(line));
  }

 private:
  Lines& lines_;
};

class LoggerTest : public ::testing::Test {
 protected:
  FakeClock clock_;
  Lines lines_;
  Logger logger_{{.service = "tajo-sync-worker"}, clock_, std::make_unique<MemorySink>(lines_)};
};

TEST_F(LoggerTest, line_below_the_level_is_not_written) {
  logger_.Debug("hidden");
  logger_.Info("shown");
  ASSERT_EQ(lines_.all.size(), 1u);
  EXPECT_NE(lines_.all[0].find(R"("message":"shown")"), std::string::npos);
}

TEST_F(LoggerTest, level_changed_at_run_time_takes_effect) {
  logger_.SetLevel(LogLevel::kTrace);
  logger_.Trace("one");
  logger_.SetLevel(LogLevel::kError);
  logger_.Warn("two");
  logger_.Error("three", {{"reason", "JIRA_UNAVAILABLE"}});
  ASSERT_EQ(lines_.all.size(), 2u);
  EXPECT_NE(lines_.all[0].find(R"("level":"trace")"), std::string::npos);
  EXPECT_TRUE(lines_.all[1].ends_with(
      R"("level":"error","service":"tajo-sync-worker","message":"three","reason":"JIRA_UNAVAILABLE"})"));
}

TEST_F(LoggerTest, repeated_message_is_cut_off_and_then_summed_up) {
  for (int i = 0; i < 100; ++i) logger_.Warn("brevo answered 503", {{"try", i}});
  EXPECT_EQ(lines_.all.size(), 10u);
  logger_.Warn("another message");
  EXPECT_EQ(lines_.all.size(), 11u);
  clock_.Advance(1s);
  logger_.Warn("brevo answered 503");
  ASSERT_EQ(lines_.all.size(), 13u);
  EXPECT_TRUE(
      lines_.all[11].ends_with(R"("message":"repeated log lines dropped","repeated":"brevo answered 503","count":90})"))
      << lines_.all[11];
}

TEST(Logger, destroyed_tells_of_the_repeats_it_dropped_last) {
  const FakeClock clock;
  Lines lines;
  {
    Logger logger({.service = "test"}, clock, std::make_unique<MemorySink>(lines));
    for (int i = 0; i < 13; ++i) logger.Info("again");
  }
  ASSERT_EQ(lines.all.size(), 11u);
  EXPECT_TRUE(lines.all.back().ends_with(R"("repeated":"again","count":3})")) << lines.all.back();
}

TEST_F(LoggerTest, many_threads_write_whole_lines) {
  std::vector<std::jthread> threads;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([this, thread] {
      for (int i = 0; i < 200; ++i) logger_.Info("message " + std::to_string(thread * 1000 + i), {{"i", i}});
    });
  }
  threads.clear();
  EXPECT_EQ(lines_.all.size(), 800u);
  EXPECT_TRUE(std::ranges::all_of(lines_.all, [](const std::string& line) { return line.ends_with('}'); }));
}

TEST(RepeatLimit, flood_that_goes_on_is_reported_in_every_window) {
  RepeatLimit limit({.lines = 2, .window = 1s});
  base::MonotonicTime now{1h};
  uint64_t admitted = 0;
  uint64_t reported = 0;
  for (int i = 0; i < 1000; ++i) {
    now = now + 10ms;
    for (const auto& dropped : limit.TakeDropped(now)) reported += dropped.count;
    // Two messages whose windows begin at different times.
    admitted += limit.Admit("a", now) ? 1 : 0;
    if (i > 50) admitted += limit.Admit("b", now) ? 1 : 0;
  }
  now = now + 1s;
  for (const auto& dropped : limit.TakeDropped(now)) reported += dropped.count;
  EXPECT_EQ(admitted + reported, 1000u + 949u);
  EXPECT_GE(admitted, 2u * 2 * 9);
  EXPECT_LE(admitted, 2u * 2 * 11);
}

TEST(RepeatLimit, endless_different_messages_share_one_allowance_beyond_the_maximum) {
  RepeatLimit limit({.lines = 1, .window = 1s, .max_messages = 3});
  const base::MonotonicTime now{1h};
  int admitted = 0;
  for (int i = 0; i < 100; ++i) admitted += limit.Admit("message " + std::to_string(i), now) ? 1 : 0;
  EXPECT_EQ(admitted, 4);
  // Their windows over, they are forgotten.
  limit.TakeDropped(now + 2s);
  EXPECT_TRUE(limit.Admit("message 50", now + 2s));
}

class Pipe {
 public:
  Pipe() { EXPECT_EQ(::pipe2(ends_, O_CLOEXEC), 0); }
  ~Pipe() {
    CloseReader();
    ::close(ends_[1]);
  }
  int Writer() const { return ends_[1]; }
  void CloseReader() {
    if (ends_[0] >= 0) ::close(ends_[0]);
    ends_[0] = -1;
  }
  // What comes until `end` was seen, or nothing more for 5 s.
  std::string ReadUntil(std::string_view end) const {
    std::string text;
    while (text.find(end) == std::string::npos) {
      pollfd ready{ends_[0], POLLIN, 0};
      if (::poll(&ready, 1, 5000) <= 0) break;
      char buffer[65536];
      const ssize_t count = ::read(ends_[0], buffer, sizeof buffer);
      if (count <= 0) break;
      text.append(buffer, static_cast<std::size_t>(count));
    }
    return text;
  }

 private:
  int ends_[2] = {-1, -1};
};

TEST(FdSink, lines_come_out_whole_and_in_order) {
  const Pipe pipe;
  FdSink sink(pipe.Writer());
  for (int i = 0; i < 3; ++i) sink.Write("line " + std::to_string(i));
  sink.Flush(5s);
  EXPECT_EQ(pipe.ReadUntil("2\n"), "line 0\nline 1\nline 2\n");
}

TEST(FdSink, destroyed_writes_what_is_pending) {
  const Pipe pipe;
  { FdSink(pipe.Writer()).Write("last words"); }
  EXPECT_EQ(pipe.ReadUntil("\n"), "last words\n");
}

TEST(FdSink, reader_that_stopped_reading_holds_nobody_up_and_learns_what_it_missed) {
  const Pipe pipe;
  FdSink sink(pipe.Writer(), 256u << 10);
  const std::string line(1023, 'x');
  for (int i = 0; i < 2000; ++i) sink.Write(line);  // 2 MB: more than pipe and buffer hold
  sink.Write("lost");
  // The reader is back; the sink tells of the loss with what it writes next.
  std::string seen = pipe.ReadUntil("log lines dropped");
  sink.Write("again");
  seen += pipe.ReadUntil("again\n");
  EXPECT_NE(seen.find("log lines dropped"), std::string::npos);
  EXPECT_EQ(seen.find("lost"), std::string::npos);
}

TEST(FdSink, reader_that_never_comes_back_does_not_keep_it_alive) {  // else it hangs here
  const Pipe pipe;
  {
    FdSink sink(pipe.Writer());
    sink.Write(std::string(1u << 20, 'x'));
  }
}

}  // namespace
}  // namespace tajo::telemetry
