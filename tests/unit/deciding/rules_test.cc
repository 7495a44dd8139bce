#include "common/deciding/rules.h"

#include <gtest/gtest.h>

#include "common/deciding/mapping.h"
#include "tests/unit/deciding/samples.h"

namespace tajo::deciding {
namespace {

TEST(Rules, filters_become_bounded_jql) {
  jira::v1::ConnectionConfig config = SampleConfig();
  config.clear_issue_types();
  config.add_issue_types("Support Request");
  config.set_jql("labels = vip OR priority = High");
  EXPECT_EQ(Rules(config).FilterJql(),
            "project in (\"PRODUCT\", \"SUPPORT\") AND issuetype in (\"Support Request\") AND "
            "(labels = vip OR priority = High)");
}

TEST(Rules, no_filters_are_still_bounded) {
  jira::v1::ConnectionConfig config = SampleConfig();
  config.clear_projects();
  config.clear_issue_types();
  EXPECT_EQ(Rules(config).FilterJql(), "project is not EMPTY");
}

TEST(Rules, hidden_project_is_left_out_of_the_jql) {
  jira::v1::ConnectionConfig config = SampleConfig();
  config.clear_issue_types();
  Rules rules(config);
  rules.SetHiddenProjects({"PRODUCT"});
  EXPECT_EQ(rules.FilterJql(), "project in (\"SUPPORT\")");
  rules.SetHiddenProjects({});
  EXPECT_EQ(rules.FilterJql(), "project in (\"PRODUCT\", \"SUPPORT\")");
}

TEST(Rules, filters_within_one_project_name_it_by_id) {
  jira::v1::ConnectionConfig config = SampleConfig();
  config.clear_issue_types();
  config.add_issue_types("Bug");
  config.set_jql("labels = vip");
  EXPECT_EQ(Rules(config).FilterJqlOf(10000), "project = 10000 AND issuetype in (\"Bug\") AND (labels = vip)");
}

TEST(Rules, quotes_in_names_are_escaped) {
  EXPECT_EQ(JqlQuote("say \"hi\" \\ bye"), "\"say \\\"hi\\\" \\\\ bye\"");
}

TEST(Rules, change_older_than_the_ledger_is_no_event) {
  jira::v1::ConnectionConfig config = SampleConfig();
  config.set_backfill_events(jira::v1::BACKFILL_EVENTS_ALL);
  const int64_t month = int64_t{config.retention().ledger_days()} * 86'400'000;
  EXPECT_TRUE(Rules(config).IsEventTime(kNowMs - month + 1, kNowMs));
  EXPECT_FALSE(Rules(config).IsEventTime(kNowMs - month, kNowMs));
}

TEST(Mapping, unknown_name_does_not_wipe_what_brevo_has) {
  Customer customer{"customer0001@example.com", "712020:aaaa", ""};
  const auto desired = DesiredFor(SampleIssue(), customer, Rules(SampleConfig()));
  EXPECT_FALSE(desired.attributes().contains("FIRSTNAME"));
  EXPECT_EQ(desired.attributes().at("JIRA_ACCOUNT_ID"), "\"712020:aaaa\"");
}

TEST(Mapping, open_ticket_clears_the_resolution) {
  Customer customer{"customer0001@example.com", "712020:aaaa", "Customer One"};
  const auto desired = DesiredFor(SampleIssue(), customer, Rules(SampleConfig()));
  EXPECT_EQ(desired.attributes().at("LAST_TICKET_RESOLUTION"), "\"\"");
}

TEST(Mapping, custom_field_values_become_plain_values) {
  jira::v1::ConnectionConfig config = SampleConfig();
  auto* mapping = config.add_field_mapping();
  mapping->set_source("customfield_10050");
  mapping->set_attribute("AREA");
  jira::v1::Issue issue = SampleIssue();
  Customer customer{"customer0001@example.com", "", ""};
  const auto value = [&](const std::string& json) {
    (*issue.mutable_fields())["customfield_10050"] = json;
    return DesiredFor(issue, customer, Rules(config)).attributes().at("AREA");
  };
  EXPECT_EQ(value(R"({"id":"1","value":"North"})"), "\"North\"");
  EXPECT_EQ(value(R"([{"name":"A"},{"name":"B"}])"), "\"A, B\"");
  EXPECT_EQ(value("3.5"), "3.5");
  EXPECT_EQ(value("true"), "\"true\"");
  EXPECT_EQ(value("null"), "\"\"");
}

TEST(Mapping, contact_without_tickets_keeps_the_person) {
  Customer customer{"customer0001@example.com", "712020:aaaa", "Customer One"};
  const Rules rules(SampleConfig());
  const auto cleared = DesiredWithoutTicket(DesiredFor(SampleIssue(), customer, rules), rules);
  EXPECT_EQ(cleared.attributes().at("LAST_TICKET_KEY"), "\"\"");
  EXPECT_EQ(cleared.attributes().at("FIRSTNAME"), "\"Customer One\"");
}

}  // namespace
}  // namespace tajo::deciding
