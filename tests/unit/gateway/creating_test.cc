#include <gtest/gtest.h>

#include <string>

#include "common/base/error.h"
#include "services/gateway/create_request.h"
#include "services/gateway/issue_ref.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::gateway {
namespace {

namespace v1 = ::tajo::jira::v1;

v1::CreateIssueRequest Good() {
  v1::CreateIssueRequest request;
  request.set_idempotency_key("order-4711");
  request.set_project_key("support");
  request.set_issue_type("Task");
  request.set_summary("Call the customer");
  return request;
}

std::string FieldThatIsWrong(const v1::CreateIssueRequest& request) {
  return base::FieldOf(ReadCreateRequest(request).status());
}

TEST(ReadCreateRequest, each_bad_field_is_named) {
  v1::CreateIssueRequest request = Good();
  request.clear_idempotency_key();
  EXPECT_EQ(FieldThatIsWrong(request), "idempotency_key");
  request.set_idempotency_key("two words");
  EXPECT_EQ(FieldThatIsWrong(request), "idempotency_key");
  request = Good();
  request.set_project_key("SUPPORT-1");
  EXPECT_EQ(FieldThatIsWrong(request), "project_key");
  request.set_project_key("A\" OR project = \"B");
  EXPECT_EQ(FieldThatIsWrong(request), "project_key");
  request = Good();
  request.set_issue_type(" ");
  EXPECT_EQ(FieldThatIsWrong(request), "issue_type");
  request = Good();
  request.set_summary(std::string(256, 's'));
  EXPECT_EQ(FieldThatIsWrong(request), "summary");
  request = Good();
  request.set_description(std::string(32'768, 'd'));
  EXPECT_EQ(FieldThatIsWrong(request), "description");
}

TEST(ReadCreateRequest, project_is_in_capitals_and_lengths_are_in_characters) {
  v1::CreateIssueRequest request = Good();
  std::string summary;
  for (int i = 0; i < 255; ++i) summary += "ü";
  request.set_summary(summary);
  const auto issue = ReadCreateRequest(request);
  ASSERT_TRUE(issue.ok()) << issue.status();
  EXPECT_EQ(issue->project_key, "SUPPORT");
  EXPECT_EQ(issue->summary, summary);
}

TEST(FingerprintOf, differs_with_each_part_of_the_wish_and_not_with_the_key) {
  v1::CreateIssueRequest other = Good();
  other.set_idempotency_key("another");
  EXPECT_EQ(FingerprintOf(other), FingerprintOf(Good()));
  other.set_description("more");
  EXPECT_NE(FingerprintOf(other), FingerprintOf(Good()));
}

TEST(IsSurelyNotCreated, is_false_where_the_answer_was_lost) {
  EXPECT_FALSE(IsSurelyNotCreated(absl::OkStatus()));
  for (const auto reason : {v1::UPSTREAM_AMBIGUOUS, v1::JIRA_UNAVAILABLE, v1::JIRA_RESPONSE_INVALID}) {
    EXPECT_FALSE(IsSurelyNotCreated(base::Error(reason, "x"))) << v1::ErrorReason_Name(reason);
  }
  for (const auto reason : {v1::JIRA_REQUEST_INVALID, v1::JIRA_SCOPE_MISSING, v1::UPSTREAM_UNREACHABLE}) {
    EXPECT_TRUE(IsSurelyNotCreated(base::Error(reason, "x"))) << v1::ErrorReason_Name(reason);
  }
}

TEST(NamingTheField, gives_the_name_that_the_request_has_for_it) {
  const auto named = [](const char* field) {
    return base::FieldOf(NamingTheField(base::FieldError(v1::JIRA_REQUEST_INVALID, field, "m")));
  };
  EXPECT_EQ(named("project"), "project_key");
  EXPECT_EQ(named("issuetype"), "issue_type");
  EXPECT_EQ(named("summary"), "summary");
  EXPECT_EQ(named("customfield_10010"), "fields.customfield_10010");
}

TEST(ReadIssueRef, takes_a_key_or_an_id) {
  EXPECT_EQ(ReadIssueRef("support-7", "issue_key")->key, "SUPPORT-7");
  EXPECT_EQ(ReadIssueRef("10001", "issue_key")->id, 10001);
  for (const char* bad : {"", "SUPPORT", "-7", "SUPPORT-", "SUP PORT-7", "0", "10001x"}) {
    const auto ref = ReadIssueRef(bad, "issue_key");
    EXPECT_EQ(base::FieldOf(ref.status()), "issue_key") << bad;
  }
}

}  // namespace
}  // namespace tajo::gateway
