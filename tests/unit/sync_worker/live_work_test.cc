#include "services/sync-worker/live_work.h"

#include <gtest/gtest.h>

#include <optional>

#include "common/net/loop.h"
#include "tests/support/fake_clock.h"
#include "tests/support/run_task.h"

namespace tajo::worker {
namespace {

using std::chrono::milliseconds;

class LiveWorkTest : public ::testing::Test {
 protected:
  base::Duration Waits() {
    const base::MonotonicTime begin = clock_.Monotonic();
    testing::RunTask(loop_, work_.GoFirst(clock_));
    return clock_.Monotonic() - begin;
  }

  testing::FakeClock clock_{testing::FakeClock::Mode::kAutoAdvance};
  net::Loop loop_;
  LiveWork work_;
};

TEST_F(LiveWorkTest, NothingLive_HoldsNobodyUp) {
  EXPECT_EQ(Waits(), base::Duration::zero());
}

TEST_F(LiveWorkTest, WebhooksInHand_GoFirstButNotForLong) {
  const LiveWork::Hold hold(&work_, clock_);
  EXPECT_EQ(Waits(), milliseconds(50));
}

TEST_F(LiveWorkTest, WhatWasDecided_HasTimeToBeWritten) {
  { const LiveWork::Hold hold(&work_, clock_); }
  EXPECT_EQ(Waits(), milliseconds(20));
  EXPECT_FALSE(work_.Busy(clock_));
}

TEST_F(LiveWorkTest, SeveralAtOnce_AreBusyUntilTheLastHasEnded) {
  std::optional<LiveWork::Hold> first(std::in_place, &work_, clock_);
  const LiveWork::Hold second(&work_, clock_);
  first.reset();
  clock_.Advance(milliseconds(30));
  EXPECT_TRUE(work_.Busy(clock_));
}

}  // namespace
}  // namespace tajo::worker
