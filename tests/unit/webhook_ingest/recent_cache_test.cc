#include "services/webhook-ingest/recent_cache.h"

#include <gtest/gtest.h>

#include "services/webhook-ingest/hint_budget.h"
#include "tests/support/fake_clock.h"

namespace tajo::ingest {
namespace {

TEST(RecentCacheTest, Size_StaysBelowTwiceWhatIsKept) {
  RecentCache<int> cache(100);
  for (int i = 0; i < 10'000; ++i) {
    cache.Put(std::to_string(i), std::make_shared<int>(i));
    ASSERT_LE(cache.Size(), 200u);
  }
  EXPECT_EQ(*cache.Find("9999"), 9999);
  EXPECT_EQ(cache.Find("0"), nullptr);
}

TEST(RecentCacheTest, Entry_InUse_Stays) {
  RecentCache<int> cache(10);
  cache.Put("busy", std::make_shared<int>(1));
  for (int i = 0; i < 1'000; ++i) {
    cache.Put(std::to_string(i), std::make_shared<int>(i));
    ASSERT_NE(cache.Find("busy"), nullptr) << i;
  }
}

TEST(RecentCacheTest, Dropped_IsGoneYoungOrOld) {
  RecentCache<int> cache(1);
  cache.Put("a", std::make_shared<int>(1));
  cache.Put("b", std::make_shared<int>(2));
  cache.Drop("a");
  cache.Drop("b");
  EXPECT_EQ(cache.Find("a"), nullptr);
  EXPECT_EQ(cache.Find("b"), nullptr);
}

TEST(HintBudgetTest, Hints_AreSixtyAtOnceThenOneASecond) {
  testing::FakeClock clock;
  HintBudget budget(clock);
  for (int i = 0; i < 60; ++i) ASSERT_TRUE(budget.Take("c_1")) << i;
  EXPECT_FALSE(budget.Take("c_1"));
  EXPECT_TRUE(budget.Take("c_2"));
  clock.Advance(std::chrono::seconds(1));
  EXPECT_TRUE(budget.Take("c_1"));
  EXPECT_FALSE(budget.Take("c_1"));
}

}  // namespace
}  // namespace tajo::ingest
