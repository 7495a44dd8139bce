#include "common/retry/retry.h"

#include <gtest/gtest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <deque>
#include <optional>
#include <string>

#include "common/base/error.h"
#include "tajo/jira/v1/error.pb.h"
#include "tests/support/fake_clock.h"

namespace tajo::retry {
namespace {

namespace v1 = ::tajo::jira::v1;
using namespace std::chrono_literals;  // NOLINT
using testing::FakeClock;

class RetryTest : public ::testing::Test {
 protected:
  // Answers with `answers_` in turn.
  base::Task<absl::StatusOr<std::string>> Call() {
    ++calls_;
    absl::StatusOr<std::string> answer = std::move(answers_.front());
    answers_.pop_front();
    co_return answer;
  }

  std::optional<absl::StatusOr<std::string>> Run(RetryPolicy policy, Idempotency idempotency) {
    std::optional<absl::StatusOr<std::string>> result;
    boost::asio::co_spawn(
        context_, Retry(clock_, random_, std::move(policy), idempotency, "GET /contacts", [this] { return Call(); }),
        [&result](std::exception_ptr error, absl::StatusOr<std::string> value) {
          if (!error) result = std::move(value);
        });
    context_.run();
    return result;
  }

  FakeClock clock_{FakeClock::Mode::kAutoAdvance};
  base::SeededRandom random_{1};
  boost::asio::io_context context_;
  std::deque<absl::StatusOr<std::string>> answers_;
  int calls_ = 0;
};

TEST_F(RetryTest, success_at_once_does_not_wait) {
  answers_ = {"fine"};
  const auto start = clock_.Monotonic();
  EXPECT_EQ(Run({}, Idempotency::kIdempotent)->value(), "fine");
  EXPECT_EQ(clock_.Monotonic(), start);
}

TEST_F(RetryTest, passing_errors_are_waited_out) {
  answers_ = {base::Error(v1::BREVO_UNAVAILABLE, "503"),
              base::WithRetryAfter(base::Error(v1::BREVO_RATE_LIMITED, "429"), 20'000), "fine"};
  const auto start = clock_.Monotonic();
  EXPECT_EQ(Run({}, Idempotency::kIdempotent)->value(), "fine");
  EXPECT_EQ(calls_, 3);
  const auto waited = clock_.Monotonic() - start;
  EXPECT_GE(waited, 21400ms);
  EXPECT_LE(waited, 22600ms);
}

TEST_F(RetryTest, all_attempts_spent_says_operation_tries_and_cause) {
  for (int i = 0; i < 4; ++i) answers_.push_back(base::Error(v1::BREVO_UNAVAILABLE, "503"));
  const auto result = Run({.max_attempts = 4}, Idempotency::kIdempotent);
  EXPECT_EQ(calls_, 4);
  const std::string message(result->status().message());
  EXPECT_TRUE(message.starts_with("GET /contacts failed after 4 tries in ")) << message;
  EXPECT_TRUE(message.ends_with("(no attempt is left): 503")) << message;
  EXPECT_EQ(base::ReasonOf(result->status()), v1::BREVO_UNAVAILABLE);
}

TEST_F(RetryTest, lost_answer_of_what_must_not_happen_twice_is_not_repeated) {
  answers_ = {base::Error(v1::UPSTREAM_AMBIGUOUS, "timed out"), "second"};
  EXPECT_EQ(base::ReasonOf(Run({}, Idempotency::kNotIdempotent)->status()), v1::UPSTREAM_AMBIGUOUS);
  EXPECT_EQ(calls_, 1);
}

TEST_F(RetryTest, lost_answer_of_an_idempotent_operation_is_repeated) {
  answers_ = {base::Error(v1::UPSTREAM_AMBIGUOUS, "timed out"), "second"};
  EXPECT_EQ(Run({}, Idempotency::kIdempotent)->value(), "second");
}

TEST_F(RetryTest, policy_with_its_own_classification_follows_it) {
  answers_ = {base::Error(v1::JIRA_NOT_FOUND, "not yet indexed"), "there"};
  RetryPolicy policy;
  policy.classify = [](const absl::Status&, Idempotency) { return Fault::kTransient; };
  EXPECT_EQ(Run(policy, Idempotency::kIdempotent)->value(), "there");
}

TEST_F(RetryTest, operation_without_a_value_works_too) {
  int calls = 0;
  std::optional<absl::Status> result;
  const auto operation = [&calls]() -> base::Task<absl::Status> {
    ++calls;
    if (calls == 1) co_return base::Error(v1::REDIS_UNAVAILABLE, "no connection");
    co_return absl::OkStatus();
  };
  boost::asio::co_spawn(context_, Retry(clock_, random_, {}, Idempotency::kIdempotent, "EVALSHA", operation),
                        [&result](std::exception_ptr, absl::Status status) { result = std::move(status); });
  context_.run();
  EXPECT_EQ(result, absl::OkStatus());
  EXPECT_EQ(calls, 2);
}

TEST_F(RetryTest, cancelled_while_waiting_ends_without_another_call) {
  FakeClock clock;
  answers_ = {base::Error(v1::BREVO_UNAVAILABLE, "503"), "never asked for"};
  boost::asio::cancellation_signal cancel;
  std::exception_ptr thrown;
  boost::asio::co_spawn(context_,
                        Retry(clock, random_, {}, Idempotency::kIdempotent, "GET /contacts", [this] { return Call(); }),
                        boost::asio::bind_cancellation_slot(
                            cancel.slot(), [&thrown](std::exception_ptr error, const auto&) { thrown = error; }));
  context_.poll();
  ASSERT_EQ(clock.SleepersCount(), 1u);
  cancel.emit(boost::asio::cancellation_type::terminal);
  context_.run();
  EXPECT_TRUE(thrown);
  EXPECT_EQ(calls_, 1);
}

}  // namespace
}  // namespace tajo::retry
