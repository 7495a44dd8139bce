#include <boost/asio/post.hpp>

#include "common/store/overview.h"
#include "common/store/policy.h"
#include "common/store/quarantine.h"
#include "common/store/quotas.h"
#include "tajo/jira/v1/error.pb.h"
#include "tests/integration/store/store_fixture.h"

namespace tajo::store {
namespace {

using std::chrono::milliseconds;

constexpr char kKey[] = "tajo:{brevo:acc1}:contacts";

// Redis fills buckets by its own clock, so these use rates at which a test's own duration is nothing:
// a token an hour.
class QuotasTest : public StoreTest {
 protected:
  static constexpr double kHourly = 1.0 / 3600;

  // Whether the task has to sleep; it is cancelled with the context if so.
  bool Sleeps(SharedBucket& bucket, double tokens = 1) {
    bool done = false;
    boost::asio::co_spawn(context_, bucket.Acquire(tokens), [&](std::exception_ptr, absl::Status) { done = true; });
    context_.restart();
    const std::size_t before = clock_.SleepersCount();
    while (!done && clock_.SleepersCount() == before) context_.run_one();
    return !done;
  }
  int64_t Tokens() { return static_cast<int64_t>(std::stod(Redis({"HGET", kKey, "t"}).String())); }
};

TEST_F(QuotasTest, Acquire_TwoProcesses_ShareTheBurst) {
  SharedBucket first(*redis_, clock_, kKey, kHourly, 4);
  SharedBucket second(*redis_, clock_, kKey, kHourly, 4);
  EXPECT_FALSE(Sleeps(first));
  EXPECT_FALSE(Sleeps(second));
  EXPECT_FALSE(Sleeps(first, 2));
  EXPECT_TRUE(Sleeps(second));
}

TEST_F(QuotasTest, Acquire_MoreThanTheBurst_IsAnError) {
  SharedBucket bucket(*redis_, clock_, kKey, 1, 4);
  EXPECT_FALSE(Run(bucket.Acquire(5)).ok());
}

TEST_F(QuotasTest, Bucket_Empty_RefillsAtItsRate) {
  SharedBucket bucket(*redis_, clock_, kKey, kHourly, 100);
  Must(bucket.Acquire(100));
  EXPECT_TRUE(Sleeps(bucket));
  // As if the last draw had been two hours ago.
  const double then = std::stod(Redis({"HGET", kKey, "u"}).String()) - 2 * 3'600'000;
  Redis({"HSET", kKey, "u", std::to_string(then)});
  Must(bucket.Acquire(2));
  EXPECT_EQ(Tokens(), 0);
}

TEST_F(QuotasTest, Surplus_Unused_IsLostAfterASecond) {
  SharedBucket bucket(*redis_, clock_, kKey, 100, 1000);
  Must(bucket.Acquire());
  Redis({"HSET", kKey, "t", "0", "p", "99999999999999"});
  for (int i = 0; i < 10; ++i) EXPECT_FALSE(Sleeps(bucket)) << "a tenth of a second's share was drawn with the first";
  EXPECT_TRUE(Sleeps(bucket));
}

TEST_F(QuotasTest, Correct_TheServersWord_LowersAndNeverRaises) {
  SharedBucket bucket(*redis_, clock_, kKey, kHourly, 100);
  Must(bucket.Acquire());
  Must(bucket.Correct(0, 7, milliseconds(0)));
  EXPECT_EQ(Tokens(), 7);
  Must(bucket.Correct(0, 5000, milliseconds(0)));
  EXPECT_EQ(Tokens(), 7);
  Must(bucket.Correct(0, 0, milliseconds(60'000)));
  Redis({"HSET", kKey, "t", "50"});
  EXPECT_TRUE(Sleeps(bucket)) << "nothing remained, so nobody draws until the reset";
}

TEST_F(QuotasTest, Correct_LongAfterTheLastDraw_CountsNoOldRefill) {
  SharedBucket bucket(*redis_, clock_, kKey, kHourly, 100);
  Must(bucket.Acquire(100));
  const double then = std::stod(Redis({"HGET", kKey, "u"}).String()) - 10 * 3'600'000;
  Redis({"HSET", kKey, "u", std::to_string(then)});
  Must(bucket.Correct(0, 2, milliseconds(0)));
  Must(bucket.Acquire(2));
  EXPECT_TRUE(Sleeps(bucket));
}

TEST_F(QuotasTest, Pause_AShorterOneLater_DoesntShortenIt) {
  SharedBucket bucket(*redis_, clock_, kKey, 10, 100);
  Must(bucket.Pause(milliseconds(600'000)));
  const std::string until = Redis({"HGET", kKey, "p"}).String();
  Must(bucket.Pause(milliseconds(1)));
  EXPECT_EQ(Redis({"HGET", kKey, "p"}).String(), until);
  EXPECT_TRUE(Sleeps(bucket));
}

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

TEST_F(QuotasTest, Redis_Away_AQuarterOfTheRateGoesOn) {
  AwayRedis away;
  testing::FakeClock clock(testing::FakeClock::Mode::kAutoAdvance);
  SharedBucket bucket(away, clock, kKey, 10, 100);
  const base::MonotonicTime begin = clock.Monotonic();
  for (int i = 0; i < 26; ++i) Must(bucket.Acquire());
  const double seconds = std::chrono::duration<double>(clock.Monotonic() - begin).count();
  EXPECT_NEAR(seconds, 25 / 2.5, 0.2);
  static_cast<void>(Run(bucket.Pause(milliseconds(30'000))));
  const base::MonotonicTime paused = clock.Monotonic();
  Must(bucket.Acquire());
  EXPECT_GE(clock.Monotonic() - paused, std::chrono::seconds(30));
}

TEST_F(QuotasTest, Policy_NoEviction_IsSafeAnythingElseIsnt) {
  EXPECT_EQ(Must(CheckRedisPolicy(*redis_)), RedisPolicy::kNoEviction);
  Redis({"CONFIG", "SET", "maxmemory-policy", "allkeys-lru"});
  const absl::Status unsafe = Run(CheckRedisPolicy(*redis_)).status();
  Redis({"CONFIG", "SET", "maxmemory-policy", "noeviction"});
  EXPECT_EQ(base::ReasonOf(unsafe), jira::v1::REDIS_POLICY_UNSAFE);
}

TEST_F(QuotasTest, Policy_ConfigForbidden_IsUnknown) {
  Redis({"ACL", "SETUSER", "default", "-config"});
  const absl::StatusOr<RedisPolicy> policy = Run(CheckRedisPolicy(*redis_));
  Redis({"ACL", "SETUSER", "default", "+@all"});
  ASSERT_TRUE(policy.ok()) << policy.status();
  EXPECT_EQ(*policy, RedisPolicy::kUnknown);
}

TEST_F(QuotasTest, Quarantine_ManyBodies_KeepsAboutAThousand) {
  for (int i = 0; i < 1300; ++i) {
    Must(AddQuarantine(*redis_, clock_, "c_1", "sealed", jira::v1::WEBHOOK_UNREADABLE));
  }
  const int64_t kept = Must(ReadOverview(*redis_, "c_1")).quarantined;
  EXPECT_GE(kept, 1000);
  EXPECT_LE(kept, 1100);
  EXPECT_GT(Number({"TTL", keys_.Quarantine()}), 6 * 86'400);
}

TEST_F(QuotasTest, DeadLetters_Pages_OldestFirst) {
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
