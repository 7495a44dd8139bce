#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "tests/e2e/cli/fake_gateway.h"
#include "tests/e2e/cli/program.h"
#include "tests/e2e/cli/run_tajo.h"

namespace tajo::testing {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr int kFailedPrecondition = 9;
constexpr int kUnimplemented = 12;

FakeGateway::Answers Installed() {
  FakeGateway::Answers answers;
  auto& connection = *answers.connect.mutable_connection();
  connection.set_connection_id("c_1");
  connection.set_state(v1::ACTIVE);
  connection.set_brevo_account("Acme");
  connection.set_webhook_url("https://hooks.example.com/webhooks/jira/c_1");
  connection.mutable_config()->set_site_url("https://your-domain.atlassian.net");
  answers.connect.set_webhook_secret("shown-once");
  answers.connect.set_sync_id("s_1");
  return answers;
}

v1::Sync SyncIn(v1::SyncState state, int64_t read) {
  v1::Sync sync;
  sync.set_sync_id("s_7");
  sync.set_type(v1::FULL);
  sync.set_state(state);
  sync.set_issues_read(read);
  sync.set_issues_expected(5000);
  return sync;
}

TEST(Install, api_token_command_of_the_product_page_runs_as_printed) {
  FakeGateway gateway(Installed());
  const auto result = Tajo(
      gateway, {"connectors", "install", "jira", "--site-url", "your-domain.atlassian.net", "--api-token", "t0ken"},
      {{"JIRA_EMAIL", "ops@example.com"}, {"BREVO_API_KEY", "xkeysib-1"}, {"TAJO_TENANT", "acme"}});
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("Connection      c_1\n"));
  EXPECT_THAT(result.out, HasSubstr("Webhook URL     https://hooks.example.com/webhooks/jira/c_1\n"));
  EXPECT_THAT(result.out, HasSubstr("Webhook secret  shown-once\n"));
  const auto asked = gateway.Asked<v1::ConnectRequest>();
  ASSERT_EQ(asked.size(), 1U);
  EXPECT_EQ(asked[0].tenant_id(), "acme");
  EXPECT_EQ(asked[0].basic().site_url(), "your-domain.atlassian.net");
  EXPECT_EQ(asked[0].basic().email(), "ops@example.com");
  EXPECT_EQ(asked[0].basic().api_token(), "t0ken");
  EXPECT_EQ(asked[0].brevo_api_key(), "xkeysib-1");
}

TEST(Install, oauth_command_of_the_product_page_prints_where_to_consent) {
  FakeGateway::Answers answers = Installed();
  answers.connect.mutable_connection()->set_state(v1::PENDING);
  answers.connect.set_authorization_url("https://auth.atlassian.com/authorize?client_id=abc");
  FakeGateway gateway(answers);
  const auto result = Tajo(
      gateway,
      {"connectors", "install", "jira", "--client-id", "abc", "--client-secret", "s3cret", "--cloud-id", "11223344"},
      {{"BREVO_API_KEY", "xkeysib-1"}});
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("\n  https://auth.atlassian.com/authorize?client_id=abc\n"));
  const auto asked = gateway.Asked<v1::ConnectRequest>();
  ASSERT_EQ(asked.size(), 1U);
  EXPECT_EQ(asked[0].oauth().client_id(), "abc");
  EXPECT_EQ(asked[0].oauth().client_secret(), "s3cret");
  EXPECT_EQ(asked[0].oauth().cloud_id(), "11223344");
}

TEST(Install, everything_from_the_environment_chooses_the_mode_that_it_speaks_of) {
  FakeGateway gateway(Installed());
  const Variables variables{{"JIRA_CLIENT_ID", "abc"},
                            {"JIRA_CLIENT_SECRET", "s"},
                            {"JIRA_CLOUD_ID", "1"},
                            {"BREVO_API_KEY", "k"},
                            {"TAJO_API_KEY", "tajo-token"}};
  const auto result = Tajo(gateway, {"connectors", "install", "jira", "--json", "--no-initial-sync"}, variables);
  EXPECT_EQ(result.code, 0) << result.err;
  const json document = json::parse(result.out);
  EXPECT_EQ(document["connectionId"], "c_1");
  EXPECT_EQ(document["webhookSecret"], "shown-once");
  EXPECT_EQ(document["authorizationUrl"], nullptr);
  EXPECT_EQ(gateway.LastAuthorization(), "Bearer tajo-token");
  const auto asked = gateway.Asked<v1::ConnectRequest>();
  ASSERT_EQ(asked.size(), 1U);
  EXPECT_TRUE(asked[0].has_oauth());
  EXPECT_TRUE(asked[0].no_initial_sync());
}

TEST(Install, what_is_missing_without_a_terminal_is_named_with_flag_and_variable) {
  FakeGateway gateway({});
  const auto result = Tajo(gateway, {"connectors", "install", "jira", "--site-url", "your-domain.atlassian.net"});
  EXPECT_EQ(result.code, 2);
  EXPECT_EQ(result.err,
            "tajo: missing: --email (or JIRA_EMAIL), --api-token (or JIRA_API_TOKEN), --brevo-api-key (or "
            "BREVO_API_KEY)\n");
  EXPECT_THAT(gateway.Asked<v1::ConnectRequest>(), IsEmpty());
}

TEST(Install, both_ways_to_log_in_at_once_are_refused) {
  FakeGateway gateway({});
  const auto result =
      Tajo(gateway, {"connectors", "install", "jira", "--client-id", "a", "--email", "ops@example.com"});
  EXPECT_EQ(result.code, 2);
  EXPECT_THAT(result.err, HasSubstr("give one set"));
}

TEST(Install, config_that_cannot_be_read_is_a_usage_error) {
  FakeGateway gateway({});
  const auto result = Tajo(gateway, {"connectors", "install", "jira", "--config", "/nonexistent.yaml"});
  EXPECT_EQ(result.code, 2);
  EXPECT_THAT(result.err, HasSubstr("--config: can't read /nonexistent.yaml"));
}

TEST(Failure, reason_and_remedy_of_the_gateway_stand_in_one_line) {
  FakeGateway::Answers answers;
  answers.code = kFailedPrecondition;
  answers.message = "Jira refused the e-mail or API token";
  answers.detail.set_reason(v1::JIRA_AUTHENTICATION_FAILED);
  answers.detail.set_field("basic.api_token");
  answers.detail.set_remedy("Make a new token.");
  FakeGateway gateway(answers);
  const auto result = Tajo(gateway, {"connectors", "test", "jira"});
  EXPECT_EQ(result.code, 1);
  EXPECT_EQ(result.err,
            "tajo: can't test the connection: basic.api_token: Jira refused the e-mail or API token. Make a new token. "
            "(JIRA_AUTHENTICATION_FAILED)\n");
}

TEST(Failure, gateway_that_does_not_know_the_call_is_told_cleanly) {
  FakeGateway::Answers answers;
  answers.code = kUnimplemented;
  answers.message = "GetStatus isn't built yet";
  answers.detail.set_reason(v1::NOT_IMPLEMENTED);
  FakeGateway gateway(answers);
  EXPECT_EQ(Tajo(gateway, {"connectors", "status", "jira"}).err,
            "tajo: can't get the status: GetStatus isn't built yet (NOT_IMPLEMENTED)\n");
  FakeGateway::Answers of_an_older_one;
  of_an_older_one.code = kUnimplemented;
  FakeGateway older(of_an_older_one);
  const auto trace = Tajo(older, {"connectors", "trace", "jira", "SUPPORT-7"});
  EXPECT_EQ(trace.code, 1);
  EXPECT_THAT(trace.err, HasSubstr("doesn't offer this call (NOT_IMPLEMENTED)"));
  EXPECT_EQ(Tajo(gateway, {"connectors", "dead-letters", "jira"}).code, 1);
}

TEST(Capacity, rows_name_whom_Jira_shows_and_say_who_is_unknown) {
  FakeGateway::Answers answers;
  answers.capacity.mutable_counted_at()->set_seconds(1'790'000'000);
  auto* nobody = answers.capacity.add_rows();
  nobody->set_unassigned(true);
  nobody->set_project_key("SUPPORT");
  nobody->set_open_issues(1200);
  auto* unknown = answers.capacity.add_rows();
  unknown->set_project_id(10001);
  unknown->set_open_issues(3);
  auto* agent = answers.capacity.add_rows();
  agent->set_assignee_account_id("712020:aaaa");
  agent->set_assignee_name("Agent One");
  agent->set_project_key("SUPPORT");
  agent->set_project_id(10000);
  agent->set_open_issues(4);
  agent->set_remaining_estimate_s(5400);
  agent->set_story_points(2.5);
  FakeGateway gateway(answers);
  const auto shown = Tajo(gateway, {"connectors", "capacity", "jira"});
  EXPECT_EQ(shown.code, 0) << shown.err;
  for (const char* text : {"(nobody)", "1,200", "(unknown)", "10001", "Agent One", "1.5 h", "2.5"}) {
    EXPECT_THAT(shown.out, HasSubstr(text));
  }
  const json rows = json::parse(Tajo(gateway, {"connectors", "capacity", "jira", "--json"}).out);
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_EQ(rows[0]["unassigned"], true);
  EXPECT_EQ(rows[0]["assigneeAccountId"], nullptr);
  EXPECT_EQ(rows[1]["projectKey"], nullptr);
  EXPECT_EQ(rows[2]["assigneeName"], "Agent One");
  EXPECT_EQ(rows[2]["openIssues"], 4);
  EXPECT_EQ(rows[2]["storyPoints"], 2.5);
}

TEST(Capacity, nothing_open_and_nothing_counted_are_told_apart) {
  FakeGateway uncounted({});
  EXPECT_THAT(Tajo(uncounted, {"connectors", "capacity", "jira"}).out, HasSubstr("isn't counted yet"));
  FakeGateway::Answers answers;
  answers.capacity.mutable_counted_at()->set_seconds(1'790'000'000);
  FakeGateway idle(answers);
  EXPECT_EQ(Tajo(idle, {"connectors", "capacity", "jira"}).out, "No open issues.\n");
}

TEST(Failure, no_gateway_at_the_address_names_it_and_the_way_to_start_one) {
  std::string address;
  {
    FakeGateway gateway({});
    address = gateway.Address();
  }
  const auto result = RunProgram({"connectors", "status", "jira", "--insecure", "--gateway", address});
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.err, HasSubstr("no gateway answers at " + address));
  EXPECT_THAT(result.err, HasSubstr("'tajo up'"));
}

TEST(Failure, plaintext_to_another_machine_is_refused) {
  const auto result =
      RunProgram({"connectors", "status", "jira", "--insecure", "--gateway", "gateway.example.com:50051"});
  EXPECT_EQ(result.code, 2);
  EXPECT_THAT(result.err, HasSubstr("--insecure is for a gateway on this machine"));
}

TEST(Test, each_check_is_a_line_and_a_failed_one_fails_the_command) {
  FakeGateway::Answers answers;
  for (const char* name : {"API authentication successful", "Project access verified"}) {
    auto& check = *answers.test.add_checks();
    check.set_name(name);
    check.set_passed(true);
  }
  auto& failed = *answers.test.add_checks();
  failed.set_name("Webhook registration active");
  failed.set_detail("the webhook\nexpired");
  FakeGateway gateway(answers);
  const auto result = Tajo(gateway, {"connectors", "test", "jira"});
  EXPECT_EQ(result.code, 1);
  EXPECT_EQ(result.out,
            "✓ API authentication successful\n✓ Project access verified\n"
            "✗ Webhook registration active: the webhook expired\n");
  EXPECT_EQ(json::parse(Tajo(gateway, {"connectors", "test", "jira", "--json"}).out)["checks"][2]["passed"], false);
}

TEST(Test, all_checks_passed_is_success) {
  FakeGateway::Answers answers;
  answers.test.set_passed(true);
  answers.test.add_checks()->set_passed(true);
  FakeGateway gateway(answers);
  EXPECT_EQ(Tajo(gateway, {"connectors", "test", "jira"}).code, 0);
}

TEST(Sync, flags_reach_the_gateway) {
  FakeGateway::Answers answers;
  answers.started = SyncIn(v1::QUEUED, 0);
  FakeGateway gateway(answers);
  const auto result = Tajo(gateway, {"connectors", "sync", "--resources", "issues,users", "jira", "--type", "full",
                                     "--jql", "project = SUPPORT", "--batch-size", "50", "--connection", "c_2"});
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("Sync s_7 is queued."));
  const auto asked = gateway.Asked<v1::StartSyncRequest>();
  ASSERT_EQ(asked.size(), 1U);
  EXPECT_EQ(asked[0].type(), v1::FULL);
  EXPECT_THAT(asked[0].resources(), ::testing::ElementsAre("issues", "users"));
  EXPECT_EQ(asked[0].jql(), "project = SUPPORT");
  EXPECT_EQ(asked[0].batch_size(), 50);
  EXPECT_EQ(asked[0].connection().connection_id(), "c_2");
}

TEST(Sync, waiting_goes_on_when_the_stream_breaks_off) {
  FakeGateway::Answers answers;
  answers.started = SyncIn(v1::QUEUED, 0);
  answers.watched = {{SyncIn(v1::RUNNING, 2500)}, {SyncIn(v1::RUNNING, 4000), SyncIn(v1::SUCCEEDED, 5000)}};
  FakeGateway gateway(answers);
  const auto result = Tajo(gateway, {"connectors", "sync", "jira", "--wait"});
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_EQ(result.out, "Reading issues   50%  2,500 of 5,000\nSync s_7 succeeded: 5,000 issues read.\n");
}

TEST(Sync, one_that_fails_while_waited_for_fails_the_command) {
  FakeGateway::Answers answers;
  answers.started = SyncIn(v1::QUEUED, 0);
  v1::Sync failed = SyncIn(v1::FAILED, 10);
  failed.set_error_reason(v1::JIRA_JQL_INVALID);
  failed.set_error_message("Jira can't read the JQL");
  answers.watched = {{failed}};
  FakeGateway gateway(answers);
  const auto result = Tajo(gateway, {"connectors", "sync", "jira", "--wait", "--json"});
  EXPECT_EQ(result.code, 1);
  EXPECT_EQ(json::parse(result.out)["state"], "FAILED");
  EXPECT_EQ(result.err, "tajo: the sync failed: Jira can't read the JQL (JIRA_JQL_INVALID)\n");
}

TEST(Sync, one_is_cancelled_by_its_id_and_none_is_started) {
  FakeGateway::Answers answers;
  answers.cancelled = SyncIn(v1::CANCELLED, 2500);
  FakeGateway gateway(answers);
  const auto result = Tajo(gateway, {"connectors", "sync", "jira", "--cancel", "s_7", "--connection", "c_2"});
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_EQ(result.out, "Sync s_7 was cancelled after 2,500 issues.\n");
  const auto asked = gateway.Asked<v1::CancelSyncRequest>();
  ASSERT_EQ(asked.size(), 1U);
  EXPECT_EQ(asked[0].sync_id(), "s_7");
  EXPECT_EQ(asked[0].connection().connection_id(), "c_2");
  EXPECT_THAT(gateway.Asked<v1::StartSyncRequest>(), IsEmpty());
  const auto as_json = Tajo(gateway, {"connectors", "sync", "jira", "--cancel", "s_7", "--json"});
  EXPECT_EQ(json::parse(as_json.out)["state"], "CANCELLED");
}

TEST(Sync, cancelling_one_that_runs_or_has_ended_says_so) {
  FakeGateway::Answers answers;
  answers.cancelled = SyncIn(v1::RUNNING, 2500);
  FakeGateway running(answers);
  const auto asked = Tajo(running, {"connectors", "sync", "jira", "--cancel", "s_7"});
  EXPECT_EQ(asked.code, 0) << asked.err;
  EXPECT_EQ(asked.out, "Sync s_7 ends with the page that it is reading.\n");
  answers.cancelled = SyncIn(v1::SUCCEEDED, 5000);
  FakeGateway ended(answers);
  const auto late = Tajo(ended, {"connectors", "sync", "jira", "--cancel", "s_7"});
  EXPECT_EQ(late.code, 1);
  EXPECT_EQ(late.out, "Sync s_7 succeeded: 5,000 issues read.\n");
}

TEST(Sync, cancelling_goes_with_no_flag_of_a_new_sync) {
  FakeGateway gateway({});
  for (const std::vector<std::string>& flag :
       {std::vector<std::string>{"--wait"}, {"--type", "full"}, {"--jql", "x"}, {"--batch-size", "5"}}) {
    std::vector<std::string> arguments = {"connectors", "sync", "jira", "--cancel", "s_7"};
    arguments.insert(arguments.end(), flag.begin(), flag.end());
    const auto result = Tajo(gateway, arguments);
    EXPECT_EQ(result.code, 2) << flag.front();
    EXPECT_THAT(result.err, HasSubstr("--cancel"));
  }
  EXPECT_THAT(gateway.Asked<v1::CancelSyncRequest>(), IsEmpty());
}

TEST(Status, json_has_the_names_of_the_sdk) {
  FakeGateway::Answers answers;
  answers.status.set_connection_id("c_1");
  answers.status.set_connected(true);
  answers.status.mutable_last_sync()->set_seconds(1'774'540'800);
  answers.status.set_issues_tracked(5000);
  answers.status.set_projects_monitored(2);
  answers.status.set_users_linked(1000);
  answers.status.set_state(v1::ACTIVE);
  FakeGateway gateway(answers);
  const json document = json::parse(Tajo(gateway, {"connectors", "status", "jira", "--json"}).out);
  EXPECT_EQ(document["connected"], true);
  EXPECT_EQ(document["lastSync"], "2026-03-26T16:00:00.000Z");
  EXPECT_EQ(document["issuesTracked"], 5000);
  EXPECT_EQ(document["projectsMonitored"], 2);
  EXPECT_EQ(document["usersLinked"], 1000);
  for (const char* name : {"connectionId", "webhookUrl", "backlog", "deadLetters", "state", "reason"}) {
    EXPECT_TRUE(document.contains(name)) << name;
  }
  const auto human = Tajo(gateway, {"connectors", "status", "jira"});
  EXPECT_THAT(human.out, HasSubstr("Issues tracked             5,000\n"));
  EXPECT_EQ(human.out.find("refused"), std::string::npos) << human.out;
}

TEST(Status, refused_webhooks_are_told_with_their_cause) {
  FakeGateway::Answers answers;
  answers.status.set_connection_id("c_1");
  answers.status.mutable_last_refused_webhook()->set_seconds(1'774'540'800);
  answers.status.set_refused_why("signature");
  answers.status.set_refused_detail("the signature doesn't match:\nset the same secret in both");
  FakeGateway gateway(answers);
  EXPECT_THAT(Tajo(gateway, {"connectors", "status", "jira"}).out,
              HasSubstr("Webhooks refused           last 2026-03-26 16:00:00 UTC: the signature doesn't match: set the "
                        "same secret in both\n"));
  const json document = json::parse(Tajo(gateway, {"connectors", "status", "jira", "--json"}).out);
  EXPECT_EQ(document["lastRefusedWebhook"], "2026-03-26T16:00:00.000Z");
  EXPECT_EQ(document["refusedWhy"], "signature");
}

TEST(Query, pages_are_followed_up_to_the_limit) {
  FakeGateway::Answers answers;
  answers.pages.resize(2);
  for (std::size_t page = 0; page < 2; ++page) {
    for (int i = 0; i < 2; ++i) {
      auto& row = *answers.pages[page].add_issues();
      row.set_key("SUPPORT-" + std::to_string(page * 2 + i + 1));
      row.set_fields_json(R"({"summary":"Can't log\u001b[2J in","status":{"name":"In Progress"}})");
    }
    answers.pages[page].set_next_page_token("more");
  }
  answers.pages[0].add_warnings("the search was truncated");
  {
    FakeGateway gateway(answers);
    const auto result = Tajo(gateway, {"connectors", "query", "jira", "--jql", "project = SUPPORT", "--max-results",
                                       "3", "--fields", "status,summary"});
    EXPECT_EQ(result.code, 0) << result.err;
    EXPECT_EQ(result.out,
              "KEY        STATUS       SUMMARY\n"
              "SUPPORT-1  In Progress  Can't log [2J in\n"
              "SUPPORT-2  In Progress  Can't log [2J in\n"
              "SUPPORT-3  In Progress  Can't log [2J in\n");
    EXPECT_EQ(result.err, "tajo: Jira warns: the search was truncated\n");
    const auto asked = gateway.Asked<v1::QueryRequest>();
    ASSERT_EQ(asked.size(), 2U);
    EXPECT_EQ(asked[0].max_results(), 3);
    EXPECT_EQ(asked[1].max_results(), 1);
    EXPECT_EQ(asked[1].page_token(), "more");
  }
  FakeGateway gateway(answers);
  const json issues =
      json::parse(Tajo(gateway, {"connectors", "query", "jira", "--jql", "x", "--max-results", "3", "--json"}).out);
  ASSERT_EQ(issues.size(), 3U);
  EXPECT_EQ(issues[2]["key"], "SUPPORT-3");
  EXPECT_EQ(issues[0]["fields"]["status"]["name"], "In Progress");
}

TEST(List, all_pages_are_in_one_table) {
  FakeGateway::Answers answers;
  answers.lists.resize(2);
  for (std::size_t i = 0; i < 2; ++i) {
    auto& connection = *answers.lists[i].add_connections();
    connection.set_connection_id("c_" + std::to_string(i));
    connection.set_state(i == 0 ? v1::ACTIVE : v1::NEEDS_REAUTHORIZATION);
    connection.mutable_config()->set_site_url("https://a.atlassian.net");
  }
  answers.lists[0].set_next_page_token("2");
  FakeGateway gateway(answers);
  const auto result = Tajo(gateway, {"connectors", "list", "jira"});
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_EQ(result.out,
            "CONNECTION  JIRA SITE                BREVO ACCOUNT  STATE                  REASON\n"
            "c_0         https://a.atlassian.net                 active\n"
            "c_1         https://a.atlassian.net                 needs reauthorization\n");
}

TEST(Remove, without_terminal_and_without_yes_nothing_is_removed) {
  FakeGateway gateway({});
  const auto result = Tajo(gateway, {"connectors", "remove", "jira"});
  EXPECT_EQ(result.code, 2);
  EXPECT_THAT(result.err, HasSubstr("--yes"));
  EXPECT_THAT(gateway.Asked<v1::DisconnectRequest>(), IsEmpty());
}

TEST(Remove, what_stays_behind_in_jira_is_told) {
  FakeGateway::Answers answers;
  answers.disconnect.add_left_behind("webhook 7: Jira doesn't answer");
  FakeGateway gateway(answers);
  const auto result = Tajo(gateway, {"connectors", "remove", "jira", "--yes"});
  EXPECT_EQ(result.code, 0);
  EXPECT_THAT(result.err, HasSubstr("left behind in Jira: webhook 7"));
}

TEST(Usage, wrong_arguments_are_one_line_and_exit_code_2) {
  for (const auto& [arguments, expected] : std::vector<std::pair<std::vector<std::string>, std::string>>{
           {{"connectors", "status", "github"}, "connector: github not in {jira}"},
           {{"connectors", "sync", "jira", "--batch-size", "500"}, "--batch-size"},
           {{"connectors", "sync", "jira", "--type", "half"}, "--type"},
           {{"connectors", "status", "jira", "--colour"}, "--colour"},
           {{"connectors"}, "subcommand"},
           {{}, "subcommand"},
           {{"connect"}, "'connect' isn't known; see tajo --help"},
           {{"connectors", "instal", "jira"}, "'instal' isn't known; see tajo connectors --help"},
           {{"connectors", "query", "jira"}, "--jql"},
           {{"connectors", "dead-letters", "jira", "--insecure", "--reason", "BAD_LUCK"}, "BAD_LUCK"},
           {{"up", "--gateway-listen", "0.0.0.0:50051"}, "--gateway-listen"},
           {{"up", "--pass", "nobody=--x"}, "--pass"}}) {
    const auto result = RunProgram(arguments);
    EXPECT_EQ(result.code, 2) << expected;
    EXPECT_THAT(result.err, HasSubstr(expected));
    EXPECT_EQ(std::ranges::count(result.err, '\n'), 1) << result.err;
    EXPECT_THAT(result.out, IsEmpty());
  }
}

TEST(Usage, help_is_everywhere_and_version_is_short) {
  for (const std::vector<std::string>& command :
       {std::vector<std::string>{}, {"connectors"}, {"connectors", "install"}, {"keyring", "generate"}, {"up"}}) {
    std::vector<std::string> arguments = command;
    arguments.emplace_back("--help");
    const auto result = RunProgram(arguments);
    EXPECT_EQ(result.code, 0);
    EXPECT_THAT(result.out, HasSubstr("--help"));
    EXPECT_THAT(result.err, IsEmpty());
  }
  const auto version = RunProgram({"--version"});
  EXPECT_EQ(version.code, 0);
  EXPECT_THAT(version.out, ::testing::StartsWith("tajo 0."));
}

FakeGateway::Answers Forgotten(v1::ForgottenPlace::State in_brevo) {
  FakeGateway::Answers answers;
  answers.forgotten.set_erased(in_brevo == v1::ForgottenPlace::ERASED);
  auto& contact = *answers.forgotten.add_places();
  contact.set_place("contact in Brevo");
  contact.set_state(in_brevo);
  contact.set_detail("why it is so");
  auto& log = *answers.forgotten.add_places();
  log.set_place("custom events in Brevo's log");
  log.set_state(v1::ForgottenPlace::NOT_ERASED);
  return answers;
}

TEST(Forget, says_place_by_place_what_was_erased_and_what_was_not) {
  FakeGateway gateway(Forgotten(v1::ForgottenPlace::ERASED));
  const auto result = Tajo(gateway, {"connectors", "forget", "jira", "--email", "ann@example.com", "--yes"});
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("contact in Brevo"));
  EXPECT_THAT(result.out, HasSubstr("why it is so"));
  EXPECT_THAT(result.out, HasSubstr("NOT erased"));
  EXPECT_THAT(result.out, HasSubstr("The person is erased, and stays so."));
  const auto asked = gateway.Asked<v1::ForgetContactRequest>();
  ASSERT_EQ(asked.size(), 1U);
  EXPECT_EQ(asked[0].email(), "ann@example.com");
}

TEST(Forget, takes_an_account_instead_and_prints_json) {
  FakeGateway gateway(Forgotten(v1::ForgottenPlace::ERASED));
  const auto result = Tajo(gateway, {"connectors", "forget", "jira", "--account-id", "712020:a", "--yes", "--json"});
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_EQ(json::parse(result.out)["places"][0]["state"], "ERASED");
  EXPECT_EQ(json::parse(result.out)["done"], true);
  EXPECT_EQ(gateway.Asked<v1::ForgetContactRequest>().at(0).account_id(), "712020:a");
}

TEST(Forget, fails_while_the_contact_is_still_in_brevo) {
  for (const auto state : {v1::ForgottenPlace::PENDING, v1::ForgottenPlace::NOT_ERASED}) {
    FakeGateway gateway(Forgotten(state));
    const auto result = Tajo(gateway, {"connectors", "forget", "jira", "--email", "ann@example.com", "--yes"});
    EXPECT_EQ(result.code, 1);
    EXPECT_THAT(result.out, HasSubstr("isn't erased everywhere yet"));
  }
}

TEST(Forget, wants_one_person_and_a_confirmation) {
  FakeGateway gateway(Forgotten(v1::ForgottenPlace::ERASED));
  EXPECT_EQ(Tajo(gateway, {"connectors", "forget", "jira", "--yes"}).code, 2);
  EXPECT_EQ(Tajo(gateway, {"connectors", "forget", "jira", "--email", "a@b.c", "--account-id", "x", "--yes"}).code, 2);
  EXPECT_EQ(Tajo(gateway, {"connectors", "forget", "jira", "--email", "a@b.c"}).code, 2);
  EXPECT_TRUE(gateway.Asked<v1::ForgetContactRequest>().empty());
}

}  // namespace
}  // namespace tajo::testing
