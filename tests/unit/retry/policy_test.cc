#include "common/retry/policy.h"

#include <gtest/gtest.h>

#include "common/base/error.h"
#include "common/retry/attempts.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::retry {
namespace {

namespace v1 = ::tajo::jira::v1;
using namespace std::chrono_literals;  // NOLINT

constexpr base::MonotonicTime kStart{1h};

class FixedRandom final : public base::Random {
 public:
  explicit FixedRandom(uint64_t value) : value_(value) {}
  uint64_t Next() override { return value_; }

 private:
  uint64_t value_;
};

FixedRandom Lowest() {
  return FixedRandom(0);
}
FixedRandom Middle() {
  return FixedRandom(uint64_t{1} << 63);
}
FixedRandom Highest() {
  return FixedRandom(~uint64_t{0});
}

Fault Of(v1::ErrorReason reason, Idempotency idempotency) {
  return Classify(base::Error(reason, "x"), idempotency);
}

TEST(Classify, rate_limits_wait_for_the_quota) {
  for (const auto idempotency : {Idempotency::kIdempotent, Idempotency::kNotIdempotent}) {
    EXPECT_EQ(Of(v1::JIRA_RATE_LIMITED, idempotency), Fault::kWaitQuota);
    EXPECT_EQ(Of(v1::BREVO_RATE_LIMITED, idempotency), Fault::kWaitQuota);
  }
}

TEST(Classify, what_was_not_sent_is_transient_even_if_not_idempotent) {
  for (const auto reason : {v1::UPSTREAM_UNREACHABLE, v1::REDIS_UNAVAILABLE, v1::BREVO_TOO_EARLY}) {
    EXPECT_EQ(Of(reason, Idempotency::kNotIdempotent), Fault::kTransient) << reason;
  }
}

TEST(Classify, what_may_have_acted_is_repeated_only_if_idempotent) {
  for (const auto reason : {v1::UPSTREAM_AMBIGUOUS, v1::REDIS_AMBIGUOUS, v1::JIRA_UNAVAILABLE, v1::BREVO_UNAVAILABLE}) {
    EXPECT_EQ(Of(reason, Idempotency::kIdempotent), Fault::kTransient) << reason;
    EXPECT_EQ(Of(reason, Idempotency::kNotIdempotent), Fault::kPermanent) << reason;
  }
}

TEST(Classify, what_stays_as_it_is_is_permanent) {
  for (const auto reason : {v1::BREVO_IP_NOT_AUTHORIZED, v1::JIRA_AUTHENTICATION_FAILED, v1::JIRA_API_REMOVED,
                            v1::UPSTREAM_TLS_FAILED, v1::BREVO_CREDITS_EXHAUSTED, v1::LEASE_LOST, v1::INTERNAL}) {
    EXPECT_EQ(Of(reason, Idempotency::kIdempotent), Fault::kPermanent) << reason;
  }
}

TEST(BackoffPolicy, delays_double_up_to_the_maximum) {
  const BackoffPolicy policy;
  FixedRandom random = Middle();
  EXPECT_EQ(policy.Delay(1, random), 2s);
  EXPECT_EQ(policy.Delay(2, random), 4s);
  EXPECT_EQ(policy.Delay(4, random), 16s);
  EXPECT_EQ(policy.Delay(5, random), 30s);
  EXPECT_EQ(policy.Delay(1'000'000, random), 30s);
}

TEST(BackoffPolicy, jitter_spreads_by_three_tenths_either_way) {
  const BackoffPolicy policy;
  FixedRandom lowest = Lowest();
  FixedRandom highest = Highest();
  EXPECT_NEAR(std::chrono::duration<double>(policy.Delay(1, lowest)).count(), 1.4, 1e-6);
  EXPECT_NEAR(std::chrono::duration<double>(policy.Delay(1, highest)).count(), 2.6, 1e-6);
}

TEST(Attempts, transient_errors_end_when_no_attempt_is_left) {
  FixedRandom random = Middle();
  Attempts attempts({.max_attempts = 3}, Idempotency::kIdempotent, "POST /contacts", kStart);
  const absl::Status error = base::Error(v1::BREVO_UNAVAILABLE, "503");
  EXPECT_EQ(attempts.OnFailure(error, kStart, random).wait, 2s);
  EXPECT_EQ(attempts.OnFailure(error, kStart + 2s, random).wait, 4s);
  const Attempts::Verdict last = attempts.OnFailure(error, kStart + 6500ms, random);
  EXPECT_FALSE(last.wait);
  EXPECT_EQ(last.status.message(), "POST /contacts failed after 3 tries in 6.5s (no attempt is left): 503");
  EXPECT_EQ(base::ReasonOf(last.status), v1::BREVO_UNAVAILABLE);
}

TEST(Attempts, permanent_error_ends_at_once) {
  FixedRandom random = Middle();
  Attempts attempts({}, Idempotency::kIdempotent, "search", kStart);
  const auto verdict = attempts.OnFailure(base::Error(v1::JIRA_JQL_INVALID, "bad JQL"), kStart, random);
  EXPECT_FALSE(verdict.wait);
  EXPECT_EQ(verdict.status.message(), "search failed after 1 try in 0.0s (permanent error): bad JQL");
}

TEST(Attempts, ambiguous_error_of_an_operation_that_is_not_idempotent_says_why_it_stopped) {
  FixedRandom random = Middle();
  Attempts attempts({}, Idempotency::kNotIdempotent, "POST /events", kStart);
  const auto verdict = attempts.OnFailure(base::Error(v1::UPSTREAM_AMBIGUOUS, "timed out"), kStart + 30s, random);
  EXPECT_FALSE(verdict.wait);
  EXPECT_EQ(verdict.status.message(),
            "POST /events failed after 1 try in 30.0s (it may have taken effect and must not be repeated): timed out");
  EXPECT_EQ(base::ReasonOf(verdict.status), v1::UPSTREAM_AMBIGUOUS);
}

TEST(Attempts, retry_after_is_the_least_that_is_waited) {
  FixedRandom random = Middle();
  Attempts attempts({}, Idempotency::kIdempotent, "search", kStart);
  const absl::Status error = base::Error(v1::JIRA_UNAVAILABLE, "503");
  EXPECT_EQ(attempts.OnFailure(base::WithRetryAfter(error, 17'000), kStart, random).wait, 17s);
  EXPECT_EQ(attempts.OnFailure(base::WithRetryAfter(error, 1'000), kStart, random).wait,
            4s);  // its own backoff is more
}

TEST(Attempts, wait_that_would_pass_max_elapsed_is_not_begun) {
  FixedRandom random = Middle();
  Attempts attempts({.max_elapsed = 10s}, Idempotency::kIdempotent, "search", kStart);
  const auto verdict =
      attempts.OnFailure(base::WithRetryAfter(base::Error(v1::JIRA_UNAVAILABLE, "503"), 9'000), kStart + 2s, random);
  EXPECT_FALSE(verdict.wait);
  EXPECT_EQ(verdict.status.message(),
            "search failed after 1 try in 2.0s (a further wait of 9.0s would pass the limit of 10.0s): 503");
}

TEST(Attempts, waiting_for_a_quota_spends_neither_attempts_nor_max_elapsed) {
  FixedRandom random = Middle();
  Attempts attempts({.max_attempts = 2, .max_elapsed = 10s}, Idempotency::kIdempotent, "search", kStart);
  const absl::Status limited = base::WithRetryAfter(base::Error(v1::JIRA_RATE_LIMITED, "429"), 60'000);
  base::MonotonicTime now = kStart;
  for (int i = 0; i < 8; ++i) {
    ASSERT_EQ(attempts.OnFailure(limited, now, random).wait, 60s) << i;
    now = now + 60s;
  }
  const absl::Status unavailable = base::Error(v1::JIRA_UNAVAILABLE, "503");
  EXPECT_EQ(attempts.OnFailure(unavailable, now, random).wait, 2s);
  EXPECT_FALSE(attempts.OnFailure(unavailable, now + 2s, random).wait);
}

TEST(Attempts, quota_longer_than_max_quota_wait_is_left_to_the_caller) {
  FixedRandom random = Middle();
  Attempts attempts({.max_quota_wait = 5min}, Idempotency::kIdempotent, "search", kStart);
  const auto verdict =
      attempts.OnFailure(base::WithRetryAfter(base::Error(v1::JIRA_RATE_LIMITED, "429"), 3'000'000), kStart, random);
  EXPECT_FALSE(verdict.wait);
  EXPECT_EQ(base::RetryAfterMillis(verdict.status), 3'000'000);
  EXPECT_EQ(base::ReasonOf(verdict.status), v1::JIRA_RATE_LIMITED);
}

TEST(Attempts, refused_by_a_quota_that_does_not_say_how_long_backs_off) {
  FixedRandom random = Middle();
  Attempts attempts({}, Idempotency::kIdempotent, "contacts", kStart);
  const absl::Status limited = base::Error(v1::BREVO_RATE_LIMITED, "429");
  EXPECT_EQ(attempts.OnFailure(limited, kStart, random).wait, 2s);
  EXPECT_EQ(attempts.OnFailure(limited, kStart + 2s, random).wait, 4s);
}

TEST(Attempts, before_each_wait_tells_the_observer) {
  FixedRandom random = Middle();
  int told = 0;
  RetryPolicy policy{.max_attempts = 2};
  policy.on_retry = [&told](const RetryNotice& notice) {
    ++told;
    EXPECT_EQ(notice.operation, "search");
    EXPECT_EQ(notice.fault, Fault::kTransient);
    EXPECT_EQ(notice.attempts, 1);
    EXPECT_EQ(notice.wait, 2s);
  };
  Attempts attempts(policy, Idempotency::kIdempotent, "search", kStart);
  const absl::Status error = base::Error(v1::UPSTREAM_UNREACHABLE, "no route");
  attempts.OnFailure(error, kStart, random);
  attempts.OnFailure(error, kStart, random);  // gives up: nothing to tell
  EXPECT_EQ(told, 1);
}

}  // namespace
}  // namespace tajo::retry
