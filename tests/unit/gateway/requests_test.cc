#include <gtest/gtest.h>

#include <stdexcept>

#include "common/base/error.h"
#include "common/config/connection_config.h"
#include "services/gateway/attributes.h"
#include "services/gateway/capacity.h"
#include "services/gateway/connect_request.h"
#include "services/gateway/error_details.h"
#include "services/gateway/jql.h"
#include "services/gateway/problems.h"
#include "services/gateway/render.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::gateway {
namespace {

namespace v1 = ::tajo::jira::v1;

v1::ConnectRequest GoodRequest() {
  v1::ConnectRequest request;
  request.mutable_basic()->set_site_url("Your-Domain.atlassian.net/");
  request.mutable_basic()->set_email("ops@example.com");
  request.mutable_basic()->set_api_token("ATATT3xFfGF0");
  request.set_brevo_api_key("xkeysib-1");
  return request;
}

std::string Message(const absl::Status& status) {
  return std::string(status.message());
}

TEST(ReadConnectRequestTest, Site_without_scheme_is_https) {
  const auto plan = ReadConnectRequest(GoodRequest(), false);
  ASSERT_TRUE(plan.ok()) << plan.status();
  EXPECT_EQ(plan->config.site_url(), "https://your-domain.atlassian.net");
  EXPECT_EQ(plan->config.auth_type(), v1::BASIC);
  EXPECT_TRUE(plan->initial_sync);
}

TEST(ReadConnectRequestTest, Login_of_the_request_goes_before_the_yamls) {
  v1::ConnectRequest request = GoodRequest();
  request.set_config_yaml("connectors: {jira: {site_url: other.atlassian.net, auth_type: oauth2}}");
  const auto plan = ReadConnectRequest(request, false);
  ASSERT_TRUE(plan.ok()) << plan.status();
  EXPECT_EQ(plan->config.site_url(), "https://your-domain.atlassian.net");
  EXPECT_FALSE(plan->IsOAuth());
  request.mutable_basic()->clear_site_url();
  EXPECT_EQ(ReadConnectRequest(request, false)->config.site_url(), "https://other.atlassian.net");
}

TEST(ReadConnectRequestTest, Plain_http_is_refused_unless_allowed) {
  v1::ConnectRequest request = GoodRequest();
  request.mutable_basic()->set_site_url("http://127.0.0.1:8080");
  EXPECT_EQ(base::ReasonOf(ReadConnectRequest(request, false).status()), v1::UPSTREAM_INSECURE);
  EXPECT_TRUE(ReadConnectRequest(request, true).ok());
}

TEST(ReadConnectRequestTest, Pasted_line_end_in_a_secret_is_refused_without_showing_it) {
  v1::ConnectRequest request = GoodRequest();
  request.mutable_basic()->set_api_token("hush-hush\n");
  const absl::Status status = ReadConnectRequest(request, false).status();
  EXPECT_EQ(base::FieldOf(status), "basic.api_token");
  EXPECT_EQ(Message(status).find("hush"), std::string::npos);
}

TEST(ReadConnectRequestTest, Everything_wrong_is_named_at_once) {
  v1::ConnectRequest request;
  request.mutable_oauth()->set_cloud_id("../../admin");
  request.set_config_yaml("connectors:\n  jira:\n    nonsense: 1\n");
  const std::string text = Message(ReadConnectRequest(request, false).status());
  for (const char* word : {"line 3", "client_id", "client_secret", "cloud_id", "brevo_api_key"}) {
    EXPECT_NE(text.find(word), std::string::npos) << word << " in " << text;
  }
}

TEST(ReadConnectRequestTest, OAuth_has_the_default_redirect) {
  v1::ConnectRequest request;
  request.mutable_oauth()->set_client_id("id");
  request.mutable_oauth()->set_client_secret("secret");
  request.mutable_oauth()->set_cloud_id("11223344-a1b2-4b33-8c44-1234567890ab");
  request.set_brevo_api_key("xkeysib-1");
  const auto plan = ReadConnectRequest(request, false);
  ASSERT_TRUE(plan.ok()) << plan.status();
  EXPECT_EQ(plan->app.redirect_uri(), "https://app.tajo.io/callbacks/jira");
  EXPECT_TRUE(plan->IsOAuth());
}

TEST(SiteHostTest, Keeps_the_port_and_lowers_the_case) {
  EXPECT_EQ(SiteHost("https://Your-Domain.atlassian.net"), "your-domain.atlassian.net");
  EXPECT_EQ(SiteHost("http://127.0.0.1:8080/x"), "127.0.0.1:8080");
  EXPECT_EQ(SiteHost(""), "");
}

TEST(PlanAttributesTest, Missing_ones_have_the_type_of_their_source) {
  Problems problems;
  const std::vector<brevo::AttributeDefinition> existing = {{"FIRSTNAME", "normal", "text"},
                                                            {"last_ticket_key", "normal", "text"}};
  const auto missing = PlanAttributes(config::DefaultConnectionConfig(), existing, problems);
  EXPECT_TRUE(problems.Empty());
  const std::vector<brevo::AttributeDefinition> expected = {{"JIRA_ACCOUNT_ID", "normal", "text"},
                                                            {"LAST_TICKET_STATUS", "normal", "text"},
                                                            {"LAST_TICKET_PRIORITY", "normal", "text"},
                                                            {"LAST_TICKET_DATE", "normal", "date"},
                                                            {"LAST_TICKET_RESOLUTION", "normal", "text"}};
  EXPECT_EQ(missing, expected);
}

TEST(PlanAttributesTest, Type_that_cannot_take_the_value_is_a_problem_by_name) {
  Problems problems;
  const std::vector<brevo::AttributeDefinition> existing = {{"LAST_TICKET_KEY", "normal", "float"},
                                                            {"LAST_TICKET_STATUS", "category", ""},
                                                            {"LAST_TICKET_DATE", "normal", "boolean"}};
  PlanAttributes(config::DefaultConnectionConfig(), existing, problems);
  const std::string text = Message(problems.ToStatus());
  for (const char* name : {"3 problems", "LAST_TICKET_KEY", "LAST_TICKET_STATUS", "LAST_TICKET_DATE"}) {
    EXPECT_NE(text.find(name), std::string::npos) << text;
  }
}

TEST(PlanAttributesTest, Text_takes_dates_and_custom_fields_take_numbers) {
  v1::ConnectionConfig config;
  auto* date = config.add_field_mapping();
  date->set_source("issue_created");
  date->set_attribute("CREATED");
  auto* custom = config.add_field_mapping();
  custom->set_source("customfield_10050");
  custom->set_attribute("POINTS");
  Problems problems;
  const auto missing = PlanAttributes(config, {{"CREATED", "normal", "text"}, {"POINTS", "normal", "float"}}, problems);
  EXPECT_TRUE(missing.empty());
  EXPECT_TRUE(problems.Empty()) << problems.ToStatus();
}

v1::ConnectionConfig Mapped(std::string_view yaml) {
  auto config = config::ParseConnectionConfig(yaml);
  if (!config.ok()) throw std::runtime_error(Message(config.status()));
  return *std::move(config);
}

TEST(PlanAttributesTest, Declared_types_constants_and_options_are_created) {
  Problems problems;
  const auto missing =
      PlanAttributes(Mapped("field_mapping:\n"
                            "  customfield_10050: {attribute: AREA, type: category, options: [Web, Mail]}\n"
                            "  customfield_10051: {attribute: TEAMS, type: multiple-choice, options: [A]}\n"
                            "  customfield_10052: {attribute: VALUE, type: float}\n"
                            "constants: {SOURCE: \"jira\"}\n"),
                     {}, problems);
  EXPECT_TRUE(problems.Empty()) << problems.ToStatus();
  const std::vector<brevo::AttributeDefinition> expected = {
      {"AREA", "category", "category", {{"Web", "1"}, {"Mail", "2"}}},
      {"TEAMS", "normal", "multiple-choice", {{"A", ""}}},
      {"VALUE", "normal", "float"},
      {"SOURCE", "normal", "text"}};
  EXPECT_EQ(missing, expected);
}

TEST(PlanAttributesTest, Clash_names_attribute_both_types_and_the_way_out) {
  Problems problems;
  PlanAttributes(Mapped("field_mapping: {customfield_10050: {attribute: VALUE, type: float}}"),
                 {{"VALUE", "normal", "text"}}, problems);
  EXPECT_EQ(Message(problems.ToStatus()),
            "the attribute VALUE exists in Brevo as text, but customfield_10050 is to be written as float: use another "
            "attribute, or delete it in Brevo, or say `type: text`");
}

TEST(PlanAttributesTest, Calculated_attribute_cannot_be_written) {
  Problems problems;
  PlanAttributes(Mapped("field_mapping: {customfield_10050: SCORE}"), {{"SCORE", "calculated", ""}}, problems);
  EXPECT_EQ(Message(problems.ToStatus()),
            "the attribute SCORE exists in Brevo as calculated, but customfield_10050 is to be written as text: use "
            "another attribute");
}

TEST(PlanAttributesTest, Option_that_Brevo_lacks_is_named) {
  Problems problems;
  PlanAttributes(
      Mapped("field_mapping: {issue_priority: {attribute: LEVEL, type: category, map: {High: P1}, default: P3}}"),
      {{"LEVEL", "category", "", {{"P1", "1"}}}}, problems);
  EXPECT_EQ(Message(problems.ToStatus()),
            "the attribute LEVEL has no option 'P3' in Brevo: add it there, or map to one that it has");
}

TEST(PlanAttributesTest, New_category_without_options_is_a_problem) {
  Problems problems;
  PlanAttributes(Mapped("field_mapping: {customfield_10050: {attribute: AREA, type: category}}"), {}, problems);
  EXPECT_EQ(base::FieldOf(problems.ToStatus()), "field_mapping.customfield_10050");
  EXPECT_NE(Message(problems.ToStatus()).find("list them as `options`"), std::string::npos);
}

TEST(PinAttributesTest, Custom_field_takes_the_type_and_options_of_its_attribute) {
  v1::ConnectionConfig config = Mapped(
      "field_mapping: {customfield_10050: AREA, customfield_10051: DUE, issue_key: KEY}\n"
      "constants: {KIND: {value: Web, type: category}}");
  PinAttributes({{"area", "category", "", {{"Web", "7"}, {"Mail", "\"m\""}}},
                 {"DUE", "normal", "date"},
                 {"KEY", "normal", "text"},
                 {"KIND", "category", "", {{"Mail", "1"}, {"Web", "2"}}}},
                config);
  EXPECT_EQ(config.field_mapping(0).type(), v1::ATTRIBUTE_CATEGORY);
  ASSERT_EQ(config.field_mapping(0).options_size(), 2);
  EXPECT_EQ(config.field_mapping(0).options(1).value_json(), "\"m\"");
  EXPECT_EQ(config.field_mapping(1).type(), v1::ATTRIBUTE_DATE);
  EXPECT_EQ(config.field_mapping(2).type(), v1::ATTRIBUTE_TYPE_UNSPECIFIED);
  ASSERT_EQ(config.constants(0).options_size(), 1);
  EXPECT_EQ(config.constants(0).options(0).value_json(), "2");
}

store::Capacity SampleCapacity() {
  store::Capacity capacity;
  capacity.counted_ms = 1'790'000'000'000;
  capacity.workloads = {{0, 10000, 3, 60, 30, 0, 0},
                        {7, 10000, 2, 120, 90, 15, 25},
                        {7, 10001, 1, 0, 0, 0, 10},
                        {8, 10000, 4, 0, 0, 0, 0},
                        {9, 10000, 5, 0, 0, 0, 0}};
  capacity.accounts = {{7, "712020:aaaa"}};
  capacity.project_keys = {{10000, "SUPPORT"}};
  return capacity;
}

TEST(ShowCapacityTest, Rows_are_by_account_and_project_with_unknown_people_together) {
  const v1::GetCapacityResponse response = ShowCapacity(SampleCapacity(), {{"712020:aaaa", "Agent One"}});
  EXPECT_EQ(response.counted_at().seconds(), 1'790'000'000);
  ASSERT_EQ(response.rows_size(), 4);
  EXPECT_TRUE(response.rows(0).unassigned());
  EXPECT_EQ(response.rows(0).open_issues(), 3);
  EXPECT_EQ(response.rows(0).original_estimate_s(), 3600);
  EXPECT_FALSE(response.rows(1).unassigned());
  EXPECT_EQ(response.rows(1).assignee_account_id(), "");
  EXPECT_EQ(response.rows(1).open_issues(), 9) << "two whose account isn't known";
  EXPECT_EQ(response.rows(2).assignee_account_id(), "712020:aaaa");
  EXPECT_EQ(response.rows(2).project_id(), 10001);
  EXPECT_EQ(response.rows(2).project_key(), "");
  EXPECT_EQ(response.rows(3).project_key(), "SUPPORT");
  EXPECT_EQ(response.rows(3).assignee_name(), "Agent One");
  EXPECT_EQ(response.rows(3).remaining_estimate_s(), 5400);
  EXPECT_EQ(response.rows(3).time_spent_s(), 900);
  EXPECT_DOUBLE_EQ(response.rows(3).story_points(), 2.5);
}

TEST(ShowCapacityTest, What_was_never_counted_has_no_time) {
  EXPECT_FALSE(ShowCapacity({}, {}).has_counted_at());
}

TEST(FilterJqlTest, Is_bounded_and_quoted) {
  v1::ConnectionConfig config;
  EXPECT_EQ(FilterJql(config), "project is not EMPTY");
  config.add_projects()->set_key("SUPPORT");
  config.add_issue_types("Support \"Request\"");
  config.set_jql("status = Open OR status = Done");
  EXPECT_EQ(
      FilterJql(config),
      "project in (\"SUPPORT\") AND issuetype in (\"Support \\\"Request\\\"\") AND (status = Open OR status = Done)");
}

TEST(ErrorDetailsTest, Are_a_google_rpc_Status_with_an_ErrorDetail) {
  const absl::Status status = base::FieldError(v1::BREVO_LIST_UNKNOWN, "a.b", "no list");
  const std::string bytes = ErrorDetails(status);
  // code 3 and the message, then the detail.
  EXPECT_EQ(bytes.substr(0, 11), std::string("\x08\x03\x12\x07no list", 11));
  EXPECT_NE(bytes.find("type.googleapis.com/tajo.jira.v1.ErrorDetail"), std::string::npos);
  EXPECT_NE(bytes.find("list's number"), std::string::npos);
}

TEST(ErrorTextTest, Long_text_is_cut_between_characters) {
  std::string text;
  for (int i = 0; i < 1000; ++i) text += "ä";
  const std::string cut = ErrorText(base::Error(v1::CONFIG_INVALID, text));
  EXPECT_EQ(cut.size(), 1500u + std::string("…").size());
  EXPECT_TRUE(cut.ends_with("ä…"));
}

TEST(ShowSyncTest, Eta_follows_the_pace) {
  store::Job job;
  job.state = store::JobState::kRunning;
  job.started_ms = 1'000'000;
  job.issues_read = 25;
  job.issues_expected = 100;
  const v1::Sync sync = ShowSync({}, job, {}, 1'010'000);
  EXPECT_EQ(sync.eta().seconds(), 1040);
  job.issues_expected = 0;
  EXPECT_FALSE(ShowSync({}, job, {}, 1'010'000).has_eta());
}

TEST(ShowStatusTest, Only_active_and_degraded_count_as_connected) {
  store::ConnectionRecord record;
  for (const auto state :
       {v1::PENDING, v1::ACTIVE, v1::DEGRADED, v1::NEEDS_REAUTHORIZATION, v1::PAUSED, v1::DISCONNECTING}) {
    record.state = state;
    EXPECT_EQ(ShowStatus(record, {}, "").connected(), state == v1::ACTIVE || state == v1::DEGRADED);
  }
}

}  // namespace
}  // namespace tajo::gateway
