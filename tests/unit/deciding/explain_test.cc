#include "common/deciding/explain.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tajo::deciding {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

jira::v1::ConnectionConfig Config() {
  jira::v1::ConnectionConfig config;
  config.add_projects()->set_key("SUPPORT");
  config.add_issue_types("Bug");
  for (const char* source : {"customfield_10050", "assignee", "reporter"}) config.add_contact_source(source);
  return config;
}

jira::v1::Issue Ticket() {
  jira::v1::Issue issue;
  issue.set_project_key("SUPPORT");
  issue.set_issue_type("Bug");
  issue.mutable_assignee()->set_account_id("712020:agent");
  issue.mutable_reporter()->set_account_id("qm:customer");
  issue.mutable_reporter()->set_email("anna@example.com");
  return issue;
}

const jira::v1::User* Nobody(const std::string&) {
  return nullptr;
}

TEST(FiltersRefusing, names_each_filter_that_leaves_the_issue_out) {
  jira::v1::Issue issue = Ticket();
  EXPECT_THAT(FiltersRefusing(issue, Config(), std::nullopt), IsEmpty());
  EXPECT_THAT(FiltersRefusing(issue, Config(), false), ElementsAre("connectors.jira.jql"));
  issue.set_issue_type("Epic");
  EXPECT_THAT(FiltersRefusing(issue, Config(), true), ElementsAre("connectors.jira.issue_types"));
  issue.set_project_key("OTHER");
  EXPECT_THAT(FiltersRefusing(issue, Config(), std::nullopt),
              ElementsAre("connectors.jira.projects", "connectors.jira.issue_types"));
}

TEST(FindingsOf, source_with_an_email_is_chosen_before_an_earlier_one_without) {
  const auto findings = FindingsOf(Ticket(), Config(), Nobody);
  ASSERT_EQ(findings.size(), 3u);
  EXPECT_FALSE(findings[0].found);
  ASSERT_TRUE(findings[1].found);
  EXPECT_EQ(findings[1].found->email, "");
  EXPECT_FALSE(findings[1].chosen);
  EXPECT_TRUE(findings[2].chosen);
}

TEST(FindingsOf, chooses_whom_CustomerOf_takes) {
  jira::v1::Issue issue = Ticket();
  issue.mutable_reporter()->clear_email();
  const auto findings = FindingsOf(issue, Config(), Nobody);
  const auto customer = CustomerOf(issue, Rules(Config()), Nobody);
  ASSERT_TRUE(customer);
  EXPECT_TRUE(findings[1].chosen);
  EXPECT_EQ(findings[1].found->account_id, customer->account_id);
}

}  // namespace
}  // namespace tajo::deciding
