#include "services/webhook-ingest/answer.h"

#include <gtest/gtest.h>

namespace tajo::ingest {
namespace {

TEST(AnswerTest, Stored_Is202AndDuplicate200) {
  EXPECT_EQ(AnswerTo(Outcome::kStored).status, 202);
  EXPECT_EQ(AnswerTo(Outcome::kStored).body, R"({"status":"stored"})");
  EXPECT_EQ(AnswerTo(Outcome::kDuplicate).status, 200);
  EXPECT_EQ(AnswerTo(Outcome::kDuplicate).body, R"({"status":"duplicate"})");
  EXPECT_EQ(AnswerTo(Outcome::kIgnored).status, 202);
  EXPECT_EQ(AnswerTo(Outcome::kQuarantined).status, 202);
}

// Jira retries 408, 409, 425, 429 and 5xx, and nothing else.
TEST(AnswerTest, PassingFaults_AreRetriedByJiraAndSayWhen) {
  for (const Outcome outcome : {Outcome::kUnavailable, Outcome::kFull}) {
    const net::ServerResponse response = AnswerTo(outcome);
    EXPECT_EQ(response.status, 503);
    EXPECT_TRUE(response.headers.Find("Retry-After").has_value());
  }
}

TEST(AnswerTest, FinalRefusals_HaveTheirStatusAndNoRetryAfter) {
  EXPECT_EQ(AnswerTo(Outcome::kUnauthenticated).status, 401);
  EXPECT_EQ(AnswerTo(Outcome::kUnreadable).status, 400);
  EXPECT_EQ(AnswerTo(Outcome::kTooLarge).status, 413);
  EXPECT_FALSE(AnswerTo(Outcome::kUnauthenticated).headers.Find("Retry-After").has_value());
  EXPECT_EQ(AnswerTo(Outcome::kUnauthenticated).body, R"({"error":"not authentic, or no such connection"})");
}

TEST(AnswerTest, Names_AreTheMetricsLabels) {
  EXPECT_EQ(NameOf(Outcome::kStored), "stored");
  EXPECT_EQ(NameOf(Outcome::kTooLarge), "too_large");
  EXPECT_EQ(NameOf(Outcome::kUnauthenticated), "unauthenticated");
  EXPECT_EQ(NameOf(Outcome::kFull), "full");
}

}  // namespace
}  // namespace tajo::ingest
