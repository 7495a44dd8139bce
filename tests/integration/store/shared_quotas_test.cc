#include <gmock/gmock.h>

#include <cmath>

#include "common/store/shared_pace.h"
#include "common/store/shared_points.h"
#include "common/store/shared_window.h"
#include "tests/integration/store/store_fixture.h"
#include "tests/support/eventually.h"

namespace tajo::store {
namespace {

using retry::Lane;
using std::chrono::milliseconds;
using std::chrono::seconds;

// A Redis that is away.
class AwayRedis final : public redis::Client {
 public:
  base::Task<absl::StatusOr<redis::Reply>> Execute(redis::Args) override { co_return Away(); }
  base::Task<absl::StatusOr<redis::Reply>> Run(const redis::Script&, redis::Args, redis::Args) override {
    co_return Away();
  }

 private:
  static absl::Status Away() { return base::Error(jira::v1::REDIS_UNAVAILABLE, "away"); }
};

// Redis goes by its own clock. Paces here are so slow that a test's own duration is nothing.
class SharedPaceTest : public StoreTest {
 protected:
  static constexpr char kKey[] = "tajo:{brevo:acc1}:contacts";
  static constexpr Pace kSlow{0.01, {}, milliseconds(20)};  // a slot every hundred seconds

  double Wait(SharedPace& pace, Lane lane = Lane::kLive) {
    const Grant grant = Must(pace.Draw(1, lane));
    return grant.ours ? std::round(base::InSeconds(grant.wait) / 10) * 10 : -1;
  }
};

TEST_F(SharedPaceTest, Processes_ShareOneLineOfSlots) {
  SharedPace first(*redis_, clock_, kKey, kSlow);
  SharedPace second(*redis_, clock_, kKey, kSlow);
  EXPECT_EQ(Wait(first), 0);
  EXPECT_EQ(Wait(second), 100);
  EXPECT_EQ(Wait(first), 200);
}

TEST_F(SharedPaceTest, Backfill_TakesNoSlotThatLiveWorkMayStillBook) {
  SharedPace pace(*redis_, clock_, kKey, kSlow);
  for (int slot = 0; slot < 3; ++slot) EXPECT_EQ(Wait(pace), slot * 100);
  EXPECT_EQ(Wait(pace, Lane::kBackfill), -1);
  EXPECT_EQ(Wait(pace), 300);
}

TEST_F(SharedPaceTest, WaitersOfAProcess_AreServedByOneCall) {
  SharedPace pace(*redis_, clock_, kKey, {10, {}, seconds(10)});
  const Grant first = Must(pace.Draw(4, Lane::kLive));
  ASSERT_TRUE(first.ours);
  Redis({"HSET", kKey, "p", "99999999999999"});
  for (int i = 1; i < 4; ++i) {
    const Grant grant = Must(pace.Draw(1, Lane::kLive));
    ASSERT_TRUE(grant.ours);
    EXPECT_EQ(grant.at - first.at, milliseconds(100) * i);
  }
}

TEST_F(SharedPaceTest, AfterARest_TheCreditIsGivenAtOnce) {
  SharedPace pace(*redis_, clock_, kKey, {0.01, seconds(300), milliseconds(20)});
  for (int i = 0; i < 4; ++i) EXPECT_EQ(Wait(pace), 0) << i;
  EXPECT_EQ(Wait(pace), 100);
}

TEST_F(SharedPaceTest, OversleptSlot_IsVoid) {
  SharedPace pace(*redis_, clock_, kKey, kSlow);
  const Grant grant = Must(pace.Draw(1, Lane::kLive));
  EXPECT_TRUE(Run(pace.Confirm(grant.at, Lane::kLive)));
  clock_.Advance(milliseconds(40));
  EXPECT_FALSE(Run(pace.Confirm(grant.at, Lane::kLive)));
}

TEST_F(SharedPaceTest, SlotInHand_IsVoidOnceRedisTellsOfAPause) {
  const Pace fast{100, {}, seconds(10)};
  SharedPace first(*redis_, clock_, kKey, fast);
  SharedPace second(*redis_, clock_, kKey, fast);
  const Grant early = Must(first.Draw(40, Lane::kLive));
  Must(second.Pause(seconds(600)));
  // Redis was asked a moment ago: not again for each slot.
  EXPECT_TRUE(Run(first.Confirm(early.at, Lane::kLive)));
  clock_.Advance(milliseconds(150));
  const Grant late = Must(first.Draw(1, Lane::kLive));
  ASSERT_TRUE(late.ours);
  EXPECT_FALSE(Run(first.Confirm(late.at, Lane::kLive)));
  EXPECT_FALSE(Must(first.Draw(1, Lane::kLive)).ours) << "nor are the other slots in hand";
}

TEST_F(SharedPaceTest, WhoGoesOnAsking_IsGivenSlotsAhead_WhoAsksSeldomIsNot) {
  SharedPace pace(*redis_, clock_, kKey, {10, {}, seconds(10)});
  const auto next = [&] { return std::stod(Redis({"HGET", kKey, "n"}).String()); };
  Must(pace.Draw(1, Lane::kLive));
  const double one = next();
  Must(pace.Draw(1, Lane::kLive));
  EXPECT_NEAR(next() - one, 200'000, 10);
  Must(pace.Draw(1, Lane::kLive));
  const double three = next();
  clock_.Advance(seconds(2));
  Must(pace.Draw(1, Lane::kLive));
  EXPECT_NEAR(next() - three, 100'000, 10);
}

TEST_F(SharedPaceTest, Pause_HoldsAllProcesses_AndAShorterOneDoesntShortenIt) {
  SharedPace first(*redis_, clock_, kKey, kSlow);
  SharedPace second(*redis_, clock_, kKey, kSlow);
  Must(first.Pause(seconds(600)));
  Must(second.Pause(seconds(1)));
  clock_.Advance(seconds(2));
  EXPECT_FALSE(Must(second.Draw(1, Lane::kLive)).ours);
  EXPECT_FALSE(Must(first.Draw(1, Lane::kLive)).ours);
}

TEST_F(SharedPaceTest, RedisAway_AQuarterOfThePaceGoesOn) {
  AwayRedis away;
  SharedPace pace(away, clock_, kKey, {10, {}, milliseconds(20)});
  int granted = 0;
  for (int i = 0; i < 1000; ++i) {
    if (Must(pace.Draw(1, Lane::kLive)).ours) ++granted;
    clock_.Advance(milliseconds(10));
  }
  EXPECT_NEAR(granted, 25, 1);
}

class SharedWindowTest : public StoreTest {
 protected:
  static constexpr char kKey[] = "tajo:{brevo:acc1}:other:window";

  int Granted(SharedWindow& window, SharedWindow::Share share) {
    int granted = 0;
    while (Must(window.Draw(share)).ours) ++granted;
    return granted;
  }
  // As if all calls so far had been made that much earlier.
  void Age(milliseconds by) {
    const int64_t slices = by.count() / 60'000;
    redis::Reply all = Redis({"HGETALL", kKey});
    for (std::size_t i = 0; i + 1 < all.Elements().size(); i += 2) {
      const int64_t slice = all.Elements()[i].Integer();
      if (slice == 0) continue;
      Redis({"HDEL", kKey, std::to_string(slice)});
      Redis({"HSET", kKey, std::to_string(slice - slices), all.Elements()[i + 1].String()});
    }
  }
};

TEST_F(SharedWindowTest, Processes_NeverPassTheLimitTogether_AndWhatIsKeptIsForTheUrgent) {
  SharedWindow first(*redis_, clock_, kKey, 100, std::chrono::hours(1));
  SharedWindow second(*redis_, clock_, kKey, 100, std::chrono::hours(1));
  int granted = 0;
  for (int i = 0; i < 30; ++i) granted += Must(first.Draw({0.1, false})).ours ? 1 : 0;
  EXPECT_EQ(granted, 30);
  EXPECT_EQ(Granted(second, {0.1, false}), 60);
  EXPECT_EQ(Granted(first, {0.1, false}), 0);
  EXPECT_EQ(Granted(second, {0, false}), 10);
  const Grant refused = Must(first.Draw({0, false}));
  EXPECT_FALSE(refused.ours);
  EXPECT_GT(refused.wait, std::chrono::minutes(59));
  EXPECT_LE(refused.wait, std::chrono::minutes(61));
}

TEST_F(SharedWindowTest, HalfTheCallsGoAtOnce_TheOthersAreSpread) {
  SharedWindow window(*redis_, clock_, kKey, 100, std::chrono::hours(1));
  EXPECT_EQ(Granted(window, {0.1, true}), 50);
  EXPECT_NEAR(base::InSeconds(Must(window.Draw({0.1, true})).wait), 36, 2);
  EXPECT_TRUE(Must(window.Draw({0, false})).ours) << "what is urgent isn't spread";
}

TEST_F(SharedWindowTest, AnHourLater_TheCallsAreForgotten) {
  SharedWindow window(*redis_, clock_, kKey, 100, std::chrono::hours(1));
  EXPECT_EQ(Granted(window, {0, false}), 100);
  Age(std::chrono::minutes(58));
  EXPECT_EQ(Granted(window, {0, false}), 0);
  Age(std::chrono::minutes(4));
  EXPECT_EQ(Granted(window, {0, false}), 100);
}

TEST_F(SharedWindowTest, CallsOfOthers_CountUntilTheServersReset) {
  SharedWindow window(*redis_, clock_, kKey, 100, std::chrono::hours(1));
  EXPECT_TRUE(Must(window.Draw({0, false})).ours);
  Must(window.Tell(20, seconds(600)));
  EXPECT_EQ(Granted(window, {0, false}), 20);
  const Grant refused = Must(window.Draw({0, false}));
  EXPECT_LE(refused.wait, seconds(600));
  // The server knows less than we do while calls are on their way: that is no news.
  Must(window.Tell(90, seconds(600)));
  EXPECT_FALSE(Must(window.Draw({0, false})).ours);
}

TEST_F(SharedWindowTest, Pause_HoldsAllProcesses) {
  SharedWindow first(*redis_, clock_, kKey, 100, std::chrono::hours(1));
  SharedWindow second(*redis_, clock_, kKey, 100, std::chrono::hours(1));
  Must(first.Pause(seconds(90)));
  const Grant refused = Must(second.Draw({0, false}));
  EXPECT_FALSE(refused.ours);
  EXPECT_NEAR(base::InSeconds(refused.wait), 90, 2);
}

// A period so long that Redis' clock stands at a chosen part of it, for the time of a test.
class SharedPointsTest : public StoreTest {
 protected:
  static constexpr char kKey[] = "tajo:{app:a1}:points";

  SharedPoints Points(double quota, double part, milliseconds keeps_place = milliseconds(6'000)) {
    const int64_t now = Redis({"TIME"}).Elements()[0].Integer() * 1000;
    return Points(quota, milliseconds(static_cast<int64_t>(static_cast<double>(now) / part)), keeps_place);
  }
  SharedPoints Points(double quota, milliseconds period, milliseconds keeps_place) {
    return SharedPoints(*redis_, clock_, "a1", {quota, period, keeps_place});
  }
  static SharedPoints::Wish Of(const std::string& connection, Lane lane, int cost) {
    return {connection, "site-of-" + connection, lane, cost};
  }
  bool Draws(SharedPoints& points, const std::string& connection, Lane lane, int cost) {
    return Must(points.Draw(Of(connection, lane, cost))).ours;
  }
  int Spend(SharedPoints& points, const std::string& connection, Lane lane, int cost) {
    int spent = 0;
    while (Draws(points, connection, lane, cost)) spent += cost;
    return spent;
  }
  double Used() { return std::stod(Redis({"HGET", kKey, "u"}).String()); }
};

TEST_F(SharedPointsTest, Backfill_FollowsTheClock_LiveWorkRunsAhead) {
  SharedPoints points = Points(65'000, 0.5);
  // 96% of half the hour's points, and half a minute's.
  EXPECT_NEAR(Spend(points, "c1", Lane::kBackfill, 101), 31'200 + 541, 140);
  EXPECT_NEAR(Used(), 31'741, 140);
  // 99%, but for a quarter of what is to come.
  EXPECT_NEAR(Spend(points, "c2", Lane::kLive, 10), 64'350 * 0.875 - 31'741, 200);
}

TEST_F(SharedPointsTest, WholeHour_BackfillUses96Percent_LiveWork99) {
  SharedPoints points = Points(65'000, 0.9999);
  EXPECT_NEAR(Spend(points, "c1", Lane::kBackfill, 101), 62'400, 140);
  EXPECT_GE(Used(), 65'000 * 0.95);
  Spend(points, "c1", Lane::kLive, 1);
  EXPECT_LE(Used(), 65'000 * 0.99);
  const Grant refused = Must(points.Draw(Of("c1", Lane::kBackfill, 101)));
  EXPECT_GT(refused.wait, base::Duration::zero());
}

TEST_F(SharedPointsTest, NextHour_HasAllPointsAgain) {
  SharedPoints points = Points(65'000, 0.5);
  Spend(points, "c1", Lane::kBackfill, 101);
  Redis({"HSET", kKey, "h", "-7"});
  EXPECT_TRUE(Draws(points, "c1", Lane::kBackfill, 101));
  EXPECT_LT(Used(), 200);
}

TEST_F(SharedPointsTest, ScarcePoints_GoToWhoeverWasGivenLeast) {
  SharedPoints points = Points(32'000, 0.5);
  Spend(points, "big", Lane::kBackfill, 100);  // up to the clock
  const auto fill = [&](int more) { Redis({"HSET", kKey, "u", std::to_string(Used() - more)}); };
  int big = 0;
  int small = 0;
  for (int round = 0; round < 50; ++round) {
    fill(100);  // some points have come
    // The one with the large backlog asks five times as often, and first.
    for (int i = 0; i < 5; ++i) big += Draws(points, "big", Lane::kBackfill, 50) ? 50 : 0;
    small += Draws(points, "small", Lane::kBackfill, 50) ? 50 : 0;
  }
  EXPECT_NEAR(big + small, 5'000, 250);
  EXPECT_NEAR(big, small, 400);
}

TEST_F(SharedPointsTest, ConnectionThatAsksNoMore_LeavesItsShareToOthers) {
  SharedPoints points = Points(32'000, 0.5, milliseconds(50));
  Spend(points, "small", Lane::kBackfill, 100);
  Redis({"HSET", kKey, "u", std::to_string(Used() - 900)});
  int big = 0;
  EXPECT_TRUE(testing::Eventually([&] {
    if (Draws(points, "big", Lane::kBackfill, 50)) big += 50;
    return big >= 800;
  }));
}

TEST_F(SharedPointsTest, CallThatCostLess_GivesTheRestBackWithTheNextDraw) {
  SharedPoints points = Points(65'000, 0.5);
  ASSERT_TRUE(Draws(points, "c1", Lane::kBackfill, 101));
  const double before = Used();
  points.Settle(-90);
  ASSERT_TRUE(Draws(points, "c1", Lane::kBackfill, 101));
  EXPECT_NEAR(Used(), before + 101 - 90, 20);
}

TEST_F(SharedPointsTest, WhatJiraTells_RaisesTheCountAndSetsTheQuota) {
  SharedPoints points = Points(65'000, 0.5);
  ASSERT_TRUE(Draws(points, "c1", Lane::kLive, 101));
  points.Tell(20'000, 100'000);
  ASSERT_TRUE(Draws(points, "c1", Lane::kLive, 101));
  EXPECT_NEAR(Used(), 80'000 + 101, 60);
  EXPECT_EQ(Redis({"HGET", kKey, "q"}).Integer(), 100'000);
  points.Tell(90'000, std::nullopt);  // calls on their way aren't counted yet
  ASSERT_TRUE(Draws(points, "c1", Lane::kLive, 101));
  EXPECT_GT(Used(), 80'000);
}

TEST_F(SharedPointsTest, Pause_OfASite_HoldsItsCallsAlone_OfTheAppAll) {
  SharedPoints first = Points(65'000, 0.5);
  SharedPoints second = Points(65'000, 0.5);
  std::string site = "site-of-c1";
  Must(first.Pause(std::move(site), seconds(600)));
  EXPECT_FALSE(Draws(second, "c1", Lane::kLive, 1));
  EXPECT_TRUE(Draws(second, "c2", Lane::kLive, 1));
  Must(first.Pause("", seconds(600)));
  SharedPoints third = Points(65'000, 0.5);
  EXPECT_FALSE(Draws(third, "c2", Lane::kLive, 1));
}

TEST_F(SharedPointsTest, SmallCalls_AreDrawnBySeveral) {
  SharedPoints points = Points(65'000, 0.5);
  Must(points.Draw(Of("c1", Lane::kLive, 1)));
  Redis({"HSET", kKey, "p", "99999999999999"});
  for (int i = 0; i < 18; ++i) EXPECT_TRUE(Draws(points, "c1", Lane::kLive, 1)) << i;
  EXPECT_FALSE(Draws(points, "c1", Lane::kLive, 1));
}

TEST_F(SharedPointsTest, RedisAway_AQuarterGoesOn) {
  AwayRedis away;
  SharedPoints points(away, clock_, "a1", {36'000, std::chrono::hours(1), seconds(6)});
  int spent = 0;
  for (int i = 0; i < 1000; ++i) {
    spent += Draws(points, "c1", Lane::kLive, 5) ? 5 : 0;
    clock_.Advance(milliseconds(100));
  }
  EXPECT_NEAR(spent, 250, 10);
}

}  // namespace
}  // namespace tajo::store
