#include <gmock/gmock.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include "common/brevo/families.h"
#include "common/brevo/local_governor.h"
#include "tests/support/fake_clock.h"

namespace tajo::brevo {
namespace {

constexpr std::chrono::seconds kSecond{1};
constexpr std::chrono::hours kHour{1};

class LocalGovernorTest : public ::testing::Test {
 protected:
  ~LocalGovernorTest() override { context_.stop(); }

  // Asks for `count` calls at once.
  void Ask(Family family, int count) {
    for (int i = 0; i < count; ++i) {
      boost::asio::co_spawn(context_, One(family), boost::asio::detached);
    }
    Poll();
  }
  base::Task<void> One(Family family) {
    const absl::Status status = co_await governor_.Acquire(family, Lane::kLive);
    if (status.ok()) ++granted_[static_cast<std::size_t>(family)];
  }
  void Poll() {
    context_.restart();
    context_.poll();
  }
  // Lets time pass in steps, so that whoever waits can go on.
  void Pass(base::Duration duration, base::Duration step = std::chrono::milliseconds(10)) {
    for (base::Duration passed{}; passed < duration; passed += step) {
      clock_.Advance(step);
      Poll();
    }
  }
  int Granted(Family family) const { return granted_[static_cast<std::size_t>(family)]; }

  testing::FakeClock clock_;
  LocalGovernor governor_{clock_};
  int granted_[kFamilies] = {};
  boost::asio::io_context context_;
};

TEST_F(LocalGovernorTest, ContactsNeverPassTenInAnySecond) {
  Ask(Family::kContacts, 100);
  int last = Granted(Family::kContacts);
  EXPECT_GE(last, 1);
  for (int second = 0; second < 5; ++second) {
    Pass(kSecond);
    EXPECT_LE(Granted(Family::kContacts) - last, 10);
    EXPECT_GE(Granted(Family::kContacts) - last, 8);
    last = Granted(Family::kContacts);
  }
}

TEST_F(LocalGovernorTest, OthersNeverPassAHundredInAnHour) {
  Ask(Family::kOther, 200);
  Pass(kHour, std::chrono::seconds(5));
  EXPECT_LE(Granted(Family::kOther), 100);
  EXPECT_GE(Granted(Family::kOther), 90);
}

TEST_F(LocalGovernorTest, PauseSilencesItsFamilyAlone) {
  governor_.Pause(Family::kContacts, std::chrono::seconds(30));
  Ask(Family::kContacts, 1);
  Ask(Family::kEvents, 1);
  EXPECT_EQ(Granted(Family::kContacts), 0);
  EXPECT_EQ(Granted(Family::kEvents), 1);
  Pass(std::chrono::seconds(31));
  EXPECT_EQ(Granted(Family::kContacts), 1);
}

TEST_F(LocalGovernorTest, EventBatchesShareWithEventsUntilBrevoSaysOtherwise) {
  Ask(Family::kEvents, 100);
  Ask(Family::kEventBatches, 100);
  const int before = Granted(Family::kEvents) + Granted(Family::kEventBatches);
  Pass(kSecond);
  EXPECT_LE(Granted(Family::kEvents) + Granted(Family::kEventBatches) - before, 10);
}

TEST_F(LocalGovernorTest, EventBatchesOfTheHourlyBucketSlowDown) {
  governor_.Observe(Family::kEventBatches, 100, 99, 3600);
  const auto measured = governor_.Measured(Family::kEventBatches);
  ASSERT_TRUE(measured.has_value());
  EXPECT_EQ(measured->period, kHour);
  Ask(Family::kEventBatches, 200);
  Pass(std::chrono::minutes(30), kSecond);
  EXPECT_LE(Granted(Family::kEventBatches), 65);
}

TEST_F(LocalGovernorTest, ALargerPlanIsFollowedByTheNextCalls) {
  governor_.Observe(Family::kContacts, 60, 59, 1);
  Ask(Family::kContacts, 200);
  Pass(2 * kSecond);
  EXPECT_GE(Granted(Family::kContacts), 100);
  EXPECT_LE(Granted(Family::kContacts), 120);
}

TEST_F(LocalGovernorTest, WhoWaitsWhileTheLimitChangesIsServedUnderTheNewOne) {
  Ask(Family::kContacts, 30);
  governor_.Observe(Family::kContacts, 60, 59, 1);
  Pass(5 * kSecond);
  EXPECT_EQ(Granted(Family::kContacts), 30);
}

TEST_F(LocalGovernorTest, APauseOutlivesAChangeOfLimit) {
  governor_.Pause(Family::kContacts, std::chrono::seconds(30));
  governor_.Observe(Family::kContacts, 60, 59, 1);
  Ask(Family::kContacts, 1);
  Pass(10 * kSecond);
  EXPECT_EQ(Granted(Family::kContacts), 0);
}

TEST_F(LocalGovernorTest, NothingIsMeasuredBeforeAnAnswer) {
  EXPECT_FALSE(governor_.Measured(Family::kEventBatches).has_value());
}

TEST(InferLimitTest, AResetBeyondASecondMeansAnHour) {
  EXPECT_EQ(InferLimit(100, 1800, {10, kSecond}).period, kHour);
}

TEST(InferLimitTest, TheLastSecondOfAnHourKeepsTheHour) {
  EXPECT_EQ(InferLimit(100, 1, {100, kHour}).period, kHour);
  EXPECT_EQ(InferLimit(36'000, 1, {10, kSecond}).period, kHour);
  EXPECT_EQ(InferLimit(60, 1, {10, kSecond}).period, kSecond);
}

TEST(PaceForTest, BurstAndRateTogetherStayWithinTheLimit) {
  for (const Limit& limit : {Limit{10, kSecond}, Limit{60, kSecond}, Limit{100, kHour}, Limit{600, kHour}}) {
    const Pace pace = PaceFor(limit);
    EXPECT_LE(pace.burst + pace.per_second * static_cast<double>(limit.period.count()), limit.calls + 1e-6);
    EXPECT_GE(pace.burst, 1);
  }
}

}  // namespace
}  // namespace tajo::brevo
