#include "common/retry/token_bucket.h"

#include <gtest/gtest.h>

#include "common/base/random.h"

namespace tajo::retry {
namespace {

using namespace std::chrono_literals;  // NOLINT

constexpr base::MonotonicTime kFull{1h};
constexpr base::Duration kNow{};

TEST(TokenBucket, full_gives_its_burst_and_then_says_how_long) {
  TokenBucket bucket(10, 3, kFull);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(bucket.TryTake(1, kFull), kNow);
  EXPECT_EQ(bucket.TryTake(1, kFull), 100ms);
  EXPECT_EQ(bucket.TryTake(1, kFull + 40ms), 60ms);
  EXPECT_EQ(bucket.TryTake(1, kFull + 100ms), kNow);
}

TEST(TokenBucket, after_a_long_rest_holds_no_more_than_its_burst) {
  TokenBucket bucket(10, 3, kFull);
  EXPECT_EQ(bucket.Available(kFull + 1h), 3);
}

TEST(TokenBucket, asked_for_more_than_its_burst_gives_when_full_and_owes_the_rest) {
  TokenBucket bucket(10, 5, kFull);
  EXPECT_EQ(bucket.TryTake(25, kFull), kNow);
  EXPECT_EQ(bucket.TryTake(1, kFull), 2100ms);
}

TEST(TokenBucket, given_back_can_be_taken_again) {
  TokenBucket bucket(1, 2, kFull);
  EXPECT_EQ(bucket.TryTake(2, kFull), kNow);
  bucket.Return(1, kFull);
  EXPECT_EQ(bucket.TryTake(1, kFull), kNow);
  bucket.Return(100, kFull);
  EXPECT_EQ(bucket.Available(kFull), 2);
}

TEST(TokenBucket, clock_going_back_gives_nothing_and_breaks_nothing) {
  TokenBucket bucket(1, 1, kFull);
  EXPECT_EQ(bucket.TryTake(1, kFull), kNow);
  EXPECT_EQ(bucket.TryTake(1, base::MonotonicTime{}), 1s);
  EXPECT_EQ(bucket.TryTake(1, kFull + 1s), kNow);
}

TEST(TokenBucket, whoever_waits_as_told_succeeds) {
  base::SeededRandom random(7);
  for (int round = 0; round < 2000; ++round) {
    const double rate = 0.01 + 100 * random.Fraction();
    const double burst = 1 + 50 * random.Fraction();
    TokenBucket bucket(rate, burst, kFull);
    base::MonotonicTime now = kFull;
    for (int i = 0; i < 10; ++i) {
      if (i % 3 == 1) {
        bucket.Correct(burst * random.Fraction(), base::Duration(int64_t(1e11 * random.Fraction())), now);
      }
      if (i % 4 == 2) bucket.PauseUntil(now + base::Duration(int64_t(1e9 * random.Fraction())));
      const double n = 60 * random.Fraction();
      const base::Duration wait = bucket.TryTake(n, now);
      if (wait == kNow) continue;
      now = now + wait;
      ASSERT_EQ(bucket.TryTake(n, now), kNow) << "round " << round << ", step " << i;
    }
  }
}

TEST(TokenBucket, paused_gives_nothing_until_then) {
  TokenBucket bucket(10, 10, kFull);
  bucket.PauseUntil(kFull + 5s);
  bucket.PauseUntil(kFull + 2s);  // a shorter one doesn't end it
  EXPECT_EQ(bucket.TryTake(1, kFull), 5s);
  EXPECT_EQ(bucket.Available(kFull), 0);
  EXPECT_EQ(bucket.TryTake(1, kFull + 5s), kNow);
}

// Brevo's 100 calls an hour: 4 are left, another tool of the customer took the others.
TEST(TokenBucket, corrected_to_what_the_server_has_left_does_not_pass_it_in_that_window) {
  TokenBucket bucket(100.0 / 3600, 10, kFull);
  bucket.Correct(4, 30min, kFull);
  int taken = 0;
  base::MonotonicTime now = kFull;
  while (now < kFull + 30min) {
    const base::Duration wait = bucket.TryTake(1, now);
    if (wait == kNow) {
      ++taken;
    } else {
      now = now + wait;
    }
  }
  EXPECT_EQ(taken, 4);
  EXPECT_EQ(bucket.TryTake(1, now + 36s), kNow);  // its own pace again
}

TEST(TokenBucket, corrected_with_more_left_than_it_holds_spreads_it_over_the_window) {
  TokenBucket bucket(10, 2, kFull);
  EXPECT_EQ(bucket.TryTake(2, kFull), kNow);
  bucket.Correct(10, 20s, kFull);
  EXPECT_EQ(bucket.TryTake(1, kFull), 2s);
}

TEST(TokenBucket, corrected_upwards_is_not_faster_than_its_rate) {
  TokenBucket bucket(10, 10, kFull);
  EXPECT_EQ(bucket.TryTake(10, kFull), kNow);
  bucket.Correct(1'000'000, 60s, kFull);
  EXPECT_EQ(bucket.TryTake(1, kFull), 100ms);
}

// x-sib-ratelimit-reset is a whole number of seconds: of a window of one second it tells nothing.
TEST(TokenBucket, corrected_to_zero_for_a_window_of_a_second_goes_on_at_its_own_pace) {
  TokenBucket bucket(10, 10, kFull);
  bucket.Correct(0, 1s, kFull);
  EXPECT_EQ(bucket.TryTake(1, kFull), 100ms);
}

TEST(TokenBucket, without_a_rate_waits_very_long_not_wrongly) {
  TokenBucket bucket(0, 1, kFull);
  EXPECT_EQ(bucket.TryTake(1, kFull), kNow);
  EXPECT_GT(bucket.TryTake(1, kFull), 24h);
}

}  // namespace
}  // namespace tajo::retry
