#include "common/redis/slot.h"

#include <gtest/gtest.h>

namespace tajo::redis {
namespace {

// Numbers from CLUSTER KEYSLOT of Redis 7.0.
TEST(SlotOfTest, PlainKey_IsHashedWhole) {
  EXPECT_EQ(SlotOf("123456789"), 12739);
  EXPECT_EQ(SlotOf("foo"), 12182);
  EXPECT_EQ(SlotOf(""), 0);
}

TEST(SlotOfTest, HashTag_AloneDecides) {
  EXPECT_EQ(SlotOf("tajo:{foo}:events"), SlotOf("foo"));
  EXPECT_EQ(SlotOf("{foo}{bar}"), SlotOf("foo"));
  EXPECT_EQ(SlotOf("foo{{bar}}zap"), SlotOf("{bar"));
}

TEST(SlotOfTest, EmptyOrOpenTag_IsNoTag) {
  EXPECT_EQ(SlotOf("foo{}{bar}"), 8363);
  EXPECT_NE(SlotOf("{foo"), SlotOf("foo"));
}

}  // namespace
}  // namespace tajo::redis
