#include "services/sync-worker/fleet.h"

#include <gtest/gtest.h>

namespace tajo::worker {
namespace {

TEST(FairShare, rounds_up_and_never_divides_by_nobody) {
  EXPECT_EQ(FairShare(50, 3), 17u);
  EXPECT_EQ(FairShare(0, 3), 0u);
  EXPECT_EQ(FairShare(5, 0), 5u);
}

TEST(PoolOf, is_the_same_for_workers_of_the_same_connections_only) {
  const FleetOptions all;
  FleetOptions pinned;
  pinned.only = {"c_a", "c_b"};
  FleetOptions same = pinned;
  same.only = {"c_b", "c_a"};
  same.shard = 1;
  FleetOptions others;
  others.exclude = {"c_a", "c_b"};
  EXPECT_EQ(PoolOf(all), "");
  EXPECT_EQ(PoolOf(pinned), PoolOf(same));
  EXPECT_NE(PoolOf(pinned), PoolOf(others));
  EXPECT_NE(PoolOf(pinned), "");
}

}  // namespace
}  // namespace tajo::worker
