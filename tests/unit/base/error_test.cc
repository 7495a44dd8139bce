#include "common/base/error.h"

#include <gtest/gtest.h>

#include "absl/status/statusor.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::base {
namespace {

namespace v1 = ::tajo::jira::v1;

TEST(Error, made_with_a_reason_carries_code_message_and_reason) {
  const absl::Status status = Error(v1::JIRA_RATE_LIMITED, "the hourly points are spent");
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(status.message(), "the hourly points are spent");
  EXPECT_EQ(ReasonOf(status), v1::JIRA_RATE_LIMITED);
  EXPECT_EQ(FieldOf(status), "");
}

TEST(Error, of_a_field_names_the_field) {
  const absl::Status status = FieldError(v1::CONFIG_INVALID, "connectors.jira.jql", "is empty");
  EXPECT_EQ(FieldOf(status), "connectors.jira.jql");
  EXPECT_EQ(ReasonOf(status), v1::CONFIG_INVALID);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
}

TEST(Error, reason_of_a_status_without_one_is_internal_and_of_ok_is_unspecified) {
  EXPECT_EQ(ReasonOf(absl::NotFoundError("from elsewhere")), v1::INTERNAL);
  EXPECT_EQ(ReasonOf(absl::OkStatus()), v1::ERROR_REASON_UNSPECIFIED);
}

TEST(Error, annotated_keeps_code_and_all_payloads) {
  const absl::Status status =
      Annotate(WithRetryAfter(FieldError(v1::BREVO_RATE_LIMITED, "contacts", "429"), 1500), "createContact");
  EXPECT_EQ(status.message(), "createContact: 429");
  EXPECT_EQ(ReasonOf(status), v1::BREVO_RATE_LIMITED);
  EXPECT_EQ(FieldOf(status), "contacts");
  EXPECT_EQ(RetryAfterMillis(status), 1500);
}

TEST(Error, annotated_ok_stays_ok) {
  EXPECT_TRUE(Annotate(absl::OkStatus(), "x").ok());
}

TEST(Error, without_retry_after_says_zero) {
  EXPECT_EQ(RetryAfterMillis(Error(v1::JIRA_UNAVAILABLE, "503")), 0);
  EXPECT_EQ(RetryAfterMillis(absl::OkStatus()), 0);
}

// A reason that CodeOf forgot would fall to its default.
TEST(Error, every_reason_has_a_code_and_only_these_are_internal) {
  const auto* reasons = v1::ErrorReason_descriptor();
  for (int i = 0; i < reasons->value_count(); ++i) {
    const auto reason = static_cast<Reason>(reasons->value(i)->number());
    SCOPED_TRACE(ReasonName(reason));
    const bool is_internal = reason == v1::INTERNAL || reason == v1::JIRA_RESPONSE_INVALID ||
                             reason == v1::BREVO_RESPONSE_INVALID || reason == v1::REDIS_REFUSED;
    EXPECT_EQ(CodeOf(reason) == absl::StatusCode::kInternal, is_internal);
    EXPECT_EQ(CodeOf(reason) == absl::StatusCode::kOk, reason == v1::ERROR_REASON_UNSPECIFIED);
  }
}

TEST(Error, reason_name_is_the_word_of_the_proto) {
  EXPECT_EQ(ReasonName(v1::OAUTH_REAUTHORIZATION_REQUIRED), "OAUTH_REAUTHORIZATION_REQUIRED");
}

absl::StatusOr<int> Half(int number) {
  if (number % 2 != 0) return Error(v1::REQUEST_INVALID, "odd");
  return number / 2;
}

absl::StatusOr<int> Quarter(int number) {
  TAJO_ASSIGN_OR_RETURN(const int half, Half(number));
  TAJO_RETURN_IF_ERROR(Half(half).status());
  return Half(half);
}

TEST(Error, macros_on_an_error_return_it_and_else_go_on) {
  EXPECT_EQ(Quarter(12).value(), 3);
  EXPECT_EQ(Quarter(3).status().message(), "odd");
  EXPECT_EQ(Quarter(2).status().message(), "odd");
}

}  // namespace
}  // namespace tajo::base
