#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/e2e/cli/fake_gateway.h"
#include "tests/e2e/cli/run_tajo.h"

namespace tajo::testing {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

FakeGateway::Answers WithALetter() {
  FakeGateway::Answers answers;
  v1::DeadLetter& letter = *answers.letters.add_dead_letters();
  letter.set_id("1790000000000-0");
  letter.set_kind("timeline");
  letter.set_reason(v1::BREVO_REQUEST_INVALID);
  letter.set_summary("jira_issue_created of SUPPORT-7");
  letter.set_payload_json(R"({"name":"jira_issue_created"})");
  answers.replayed.set_matched(3);
  answers.replayed.set_replayed(2);
  answers.replayed.set_ambiguous(1);
  return answers;
}

TEST(DeadLetters, filters_reach_the_gateway_and_letters_are_shown) {
  FakeGateway gateway(WithALetter());
  const auto result =
      Tajo(gateway, {"connectors", "dead-letters", "jira", "--reason", "BREVO_REQUEST_INVALID", "--kind", "timeline",
                     "--issue", "SUPPORT-7", "--from", "2026-11-27T08:00:00Z", "--to", "2026-11-28"});
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("jira_issue_created of SUPPORT-7"));
  const auto asked = gateway.Asked<v1::ListDeadLettersRequest>();
  ASSERT_EQ(asked.size(), 1U);
  EXPECT_EQ(asked[0].filter().reason(), v1::BREVO_REQUEST_INVALID);
  EXPECT_EQ(asked[0].filter().kind(), "timeline");
  EXPECT_EQ(asked[0].filter().issue(), "SUPPORT-7");
  EXPECT_EQ(asked[0].filter().from().seconds(), 1'795'766'400);
  EXPECT_EQ(asked[0].filter().to().seconds(), 1'795'824'000);
}

TEST(DeadLetters, json_has_the_payload_where_the_gateway_gives_it) {
  FakeGateway gateway(WithALetter());
  const auto result = Tajo(gateway, {"connectors", "dead-letters", "jira", "--json"});
  const json letters = json::parse(result.out);
  EXPECT_EQ(letters[0]["payload"]["name"], "jira_issue_created");
  EXPECT_EQ(letters[0]["issueKey"], nullptr);
}

TEST(DeadLetters, replay_wants_a_confirmation_and_a_dry_run_none) {
  FakeGateway gateway(WithALetter());
  auto result = Tajo(gateway, {"connectors", "dead-letters", "jira", "--replay"});
  EXPECT_EQ(result.code, 2);
  EXPECT_THAT(result.err, HasSubstr("--yes"));
  EXPECT_TRUE(gateway.Asked<v1::ReplayDeadLettersRequest>().empty());
  result = Tajo(gateway, {"connectors", "dead-letters", "jira", "--replay", "--dry-run"});
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("2 of 3 dead letters would be tried again.\n"));
  EXPECT_THAT(result.out, HasSubstr("--reason EVENT_AMBIGUOUS"));
  result = Tajo(gateway, {"connectors", "dead-letters", "jira", "--replay", "--id", "1790000000000-0", "--yes"});
  EXPECT_THAT(result.out, HasSubstr("2 of 3 dead letters are tried again.\n"));
  const auto asked = gateway.Asked<v1::ReplayDeadLettersRequest>();
  ASSERT_EQ(asked.size(), 2U);
  EXPECT_TRUE(asked[0].dry_run());
  EXPECT_FALSE(asked[1].dry_run());
  EXPECT_EQ(asked[1].filter().ids(0), "1790000000000-0");
}

TEST(DeadLetters, bad_flags_are_named) {
  FakeGateway gateway({});
  for (const auto& [flag, value] : {std::pair("--reason", "TIRED"), {"--kind", "letter"}, {"--from", "yesterday"}}) {
    const auto result = Tajo(gateway, {"connectors", "dead-letters", "jira", flag, value});
    EXPECT_EQ(result.code, 2) << flag;
    EXPECT_THAT(result.err, HasSubstr(flag));
  }
  EXPECT_EQ(Tajo(gateway, {"connectors", "dead-letters", "jira", "--dry-run"}).code, 2);
}

TEST(Trace, steps_are_a_table_and_what_was_not_seen_a_note) {
  FakeGateway::Answers answers;
  auto& step = *answers.trace.add_steps();
  step.set_stage("outbox");
  step.set_state("held");
  step.set_detail("jira_issue_created: its answer was lost");
  answers.trace.set_issue_key("SUPPORT-7");
  answers.trace.add_limits("only 2000 entries of events were looked at");
  FakeGateway gateway(answers);
  auto result = Tajo(gateway, {"connectors", "trace", "jira", "SUPPORT-7"});
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("outbox  held"));
  EXPECT_THAT(result.err, HasSubstr("only 2000 entries"));
  result = Tajo(gateway, {"connectors", "trace", "jira", "SUPPORT-7", "--json"});
  const json document = json::parse(result.out);
  EXPECT_EQ(document["steps"][0]["state"], "held");
  EXPECT_EQ(document["issueKey"], "SUPPORT-7");
  EXPECT_EQ(gateway.Asked<v1::TraceIssueRequest>()[0].issue_key(), "SUPPORT-7");
}

TEST(Preview, shows_the_customer_the_attributes_and_the_events) {
  FakeGateway::Answers answers;
  answers.preview.set_issue_key("SUPPORT-7");
  answers.preview.set_admitted(true);
  answers.preview.set_contact_email("anna@example.com");
  auto& source = *answers.preview.add_sources();
  source.set_source("reporter");
  source.set_found("an e-mail");
  source.set_chosen(true);
  auto& attribute = *answers.preview.add_mapped();
  attribute.set_name("LAST_TICKET_STATUS");
  attribute.set_source("issue_status");
  attribute.set_value_json("\"Done\"");
  attribute.set_type("text");
  auto& event = *answers.preview.add_timeline();
  event.set_name("jira_issue_created");
  event.set_state("would be sent");
  event.set_properties_json("{}");
  FakeGateway gateway(answers);
  auto result = Tajo(gateway, {"connectors", "preview", "jira", "SUPPORT-7"});
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("anna@example.com"));
  EXPECT_THAT(result.out, HasSubstr("reporter: an e-mail (taken)"));
  EXPECT_THAT(result.out, HasSubstr("LAST_TICKET_STATUS  issue_status  text  \"Done\""));
  EXPECT_THAT(result.out, HasSubstr("would be sent"));
  result = Tajo(gateway, {"connectors", "preview", "jira", "SUPPORT-7", "--json"});
  EXPECT_EQ(json::parse(result.out)["attributes"][0]["value"], "Done");
  result = Tajo(gateway, {"connectors", "preview", "jira", "SUPPORT-7", "--config", "/no/such.yaml"});
  EXPECT_EQ(result.code, 2);
}

TEST(CreateIssue, repeats_by_the_key_that_a_failure_names) {
  FakeGateway::Answers answers;
  answers.created.set_key("SUPPORT-8");
  answers.created.set_created(true);
  FakeGateway gateway(answers);
  const std::vector<std::string> command = {"connectors", "create-issue", "jira",      "--project",        "SUPPORT",
                                            "--type",     "Task",         "--summary", "Call the customer"};
  const auto result = Tajo(gateway, command);
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_EQ(result.out, "SUPPORT-8 is created.\n");
  const auto asked = gateway.Asked<v1::CreateIssueRequest>();
  ASSERT_EQ(asked.size(), 1U);
  EXPECT_EQ(asked[0].summary(), "Call the customer");
  EXPECT_EQ(asked[0].idempotency_key().size(), 32U);

  answers.code = 14;
  answers.message = "Jira gave no answer";
  FakeGateway silent(answers);
  const auto failed = Tajo(silent, command);
  EXPECT_EQ(failed.code, 1);
  EXPECT_THAT(failed.err,
              HasSubstr("--idempotency-key " + silent.Asked<v1::CreateIssueRequest>()[0].idempotency_key()));
}

TEST(Update, changes_only_what_is_given) {
  FakeGateway::Answers answers;
  answers.connection.set_connection_id("c_1");
  answers.connection.set_state(v1::PAUSED);
  FakeGateway gateway(answers);
  EXPECT_EQ(Tajo(gateway, {"connectors", "update", "jira"}).code, 2);
  const auto result = Tajo(gateway, {"connectors", "update", "jira", "--pause"});
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("paused"));
  Tajo(gateway, {"connectors", "update", "jira", "--webhook-secret", "n3w"});
  EXPECT_EQ(Tajo(gateway, {"connectors", "update", "jira", "--pause", "--resume"}).code, 2);
  EXPECT_THAT(Tajo(gateway, {"connectors", "update", "jira", "--api-token", "-"}).err,
              HasSubstr("no terminal to ask at"));
  const auto asked = gateway.Asked<v1::UpdateConnectionRequest>();
  ASSERT_EQ(asked.size(), 2U);
  EXPECT_TRUE(asked[0].paused());
  EXPECT_FALSE(asked[1].has_paused());
  EXPECT_EQ(asked[1].webhook_secret(), "n3w");
}

}  // namespace
}  // namespace tajo::testing
