#include "common/store/overview.h"
#include "common/store/policy.h"
#include "common/store/quarantine.h"
#include "tajo/jira/v1/error.pb.h"
#include "tests/integration/store/store_fixture.h"

namespace tajo::store {
namespace {

using BoundsTest = StoreTest;

TEST_F(BoundsTest, Policy_NoEviction_IsSafeAnythingElseIsnt) {
  EXPECT_EQ(Must(CheckRedisPolicy(*redis_)), RedisPolicy::kNoEviction);
  Redis({"CONFIG", "SET", "maxmemory-policy", "allkeys-lru"});
  const absl::Status unsafe = Run(CheckRedisPolicy(*redis_)).status();
  Redis({"CONFIG", "SET", "maxmemory-policy", "noeviction"});
  EXPECT_EQ(base::ReasonOf(unsafe), jira::v1::REDIS_POLICY_UNSAFE);
}

TEST_F(BoundsTest, Policy_ConfigForbidden_IsUnknown) {
  Redis({"ACL", "SETUSER", "default", "-config"});
  const absl::StatusOr<RedisPolicy> policy = Run(CheckRedisPolicy(*redis_));
  Redis({"ACL", "SETUSER", "default", "+@all"});
  ASSERT_TRUE(policy.ok()) << policy.status();
  EXPECT_EQ(*policy, RedisPolicy::kUnknown);
}

TEST_F(BoundsTest, Quarantine_ManyBodies_KeepsAboutAThousand) {
  for (int i = 0; i < 1300; ++i) {
    Must(AddQuarantine(*redis_, clock_, "c_1", "sealed", jira::v1::WEBHOOK_UNREADABLE));
  }
  const int64_t kept = Must(ReadOverview(*redis_, "c_1")).quarantined;
  EXPECT_GE(kept, 1000);
  EXPECT_LE(kept, 1100);
  EXPECT_GT(Number({"TTL", keys_.Quarantine()}), 6 * 86'400);
}

TEST_F(BoundsTest, DeadLetters_Pages_OldestFirst) {
  OwnerStore owner = Owner();
  Application application;
  for (int i = 0; i < 3; ++i) {
    DeadLetterWrite& letter = application.dead_letters.emplace_back();
    letter.record.set_kind("event");
    letter.record.set_attempts(i);
    letter.record.set_payload(std::string("\x00\xff", 2));
  }
  Must(owner.Apply(application));
  const auto first = Must(ReadDeadLetters(*redis_, "c_1", 2, ""));
  ASSERT_EQ(first.size(), 2u);
  EXPECT_EQ(first[1].record.attempts(), 1);
  EXPECT_EQ(first[1].record.payload(), std::string("\x00\xff", 2));
  const auto rest = Must(ReadDeadLetters(*redis_, "c_1", 2, first[1].entry_id));
  ASSERT_EQ(rest.size(), 1u);
  EXPECT_EQ(rest[0].record.attempts(), 2);
}

}  // namespace
}  // namespace tajo::store
