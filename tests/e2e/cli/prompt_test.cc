#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>

#include "tests/e2e/cli/fake_gateway.h"
#include "tests/e2e/cli/program.h"

// At a pseudo-terminal, as a person sees it.
namespace tajo::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

Program AtTerminal(FakeGateway& gateway, std::vector<std::string> arguments) {
  arguments.insert(arguments.end(), {"--insecure", "--gateway", gateway.Address()});
  return Program(arguments, {}, Program::At::kTerminal);
}

TEST(Prompt, missing_credentials_are_asked_for_and_secrets_are_not_shown) {
  FakeGateway gateway({});
  Program program = AtTerminal(gateway, {"connectors", "install", "jira"});
  program.Expect("Jira site (your-domain.atlassian.net): ");
  program.Type("your-domain.atlassian.net\n");
  program.Expect("E-mail of the Jira account: ");
  program.Type("ops@example.com\n");
  program.Expect("Jira API token: ");
  program.Type("t0kem\x7Fn\n");
  program.Expect("Brevo API key: ");
  program.Type("xkeysib-secret\n");
  EXPECT_EQ(program.Wait(), 0) << program.Out();
  EXPECT_THAT(program.Out(), HasSubstr("ops@example.com"));
  EXPECT_THAT(program.Out(), Not(HasSubstr("t0k")));
  EXPECT_THAT(program.Out(), Not(HasSubstr("xkeysib")));
  const auto asked = gateway.Asked<v1::ConnectRequest>();
  ASSERT_EQ(asked.size(), 1U);
  EXPECT_EQ(asked[0].basic().api_token(), "t0ken");
  EXPECT_EQ(asked[0].brevo_api_key(), "xkeysib-secret");
}

TEST(Prompt, interrupt_while_a_secret_is_asked_for_ends_without_a_call) {
  FakeGateway gateway({});
  Program program = AtTerminal(
      gateway, {"connectors", "install", "jira", "--site-url", "a.atlassian.net", "--email", "ops@example.com"});
  program.Expect("Jira API token: ");
  program.Type("half\x03");
  EXPECT_EQ(program.Wait(), -SIGINT);
  EXPECT_THAT(gateway.Asked<v1::ConnectRequest>(), IsEmpty());
}

TEST(Prompt, end_of_input_names_what_is_missing) {
  FakeGateway gateway({});
  Program program = AtTerminal(
      gateway, {"connectors", "install", "jira", "--site-url", "a.atlassian.net", "--email", "ops@example.com"});
  program.Expect("Jira API token: ");
  program.Type("\x04");
  EXPECT_EQ(program.Wait(), 2);
  EXPECT_THAT(program.Out(), HasSubstr("missing: --api-token (or JIRA_API_TOKEN)"));
}

TEST(Prompt, new_secret_given_as_a_dash_is_asked_for_and_not_shown) {
  FakeGateway gateway({});
  Program program = AtTerminal(gateway, {"connectors", "update", "jira", "--brevo-api-key", "-"});
  program.Expect("New Brevo API key: ");
  program.Type("xkeysib-new\n");
  EXPECT_EQ(program.Wait(), 0) << program.Out();
  EXPECT_THAT(program.Out(), Not(HasSubstr("xkeysib")));
  const auto asked = gateway.Asked<v1::UpdateConnectionRequest>();
  ASSERT_EQ(asked.size(), 1U);
  EXPECT_EQ(asked[0].brevo_api_key(), "xkeysib-new");
  EXPECT_EQ(asked[0].jira_api_token(), "");
}

TEST(Prompt, removal_is_only_done_after_a_yes) {
  FakeGateway::Answers answers;
  answers.connection.set_connection_id("c_1");
  FakeGateway gateway(answers);
  {
    Program program = AtTerminal(gateway, {"connectors", "remove", "jira"});
    program.Expect("Remove connection c_1");
    program.Type("\n");
    EXPECT_EQ(program.Wait(), 1);
    EXPECT_THAT(gateway.Asked<v1::DisconnectRequest>(), IsEmpty());
  }
  Program program = AtTerminal(gateway, {"connectors", "remove", "jira"});
  program.Expect("[y/N]");
  program.Type("y\n");
  EXPECT_EQ(program.Wait(), 0);
  EXPECT_EQ(gateway.Asked<v1::DisconnectRequest>().size(), 1U);
}

TEST(Terminal, checks_have_a_colour_and_progress_is_drawn_in_one_line) {
  FakeGateway::Answers answers;
  answers.test.set_passed(true);
  auto& check = *answers.test.add_checks();
  check.set_name("User lookup available");
  check.set_passed(true);
  v1::Sync sync;
  sync.set_sync_id("s_1");
  sync.set_state(v1::RUNNING);
  sync.set_issues_read(50);
  sync.set_issues_expected(100);
  v1::Sync ended = sync;
  ended.set_state(v1::SUCCEEDED);
  answers.started = sync;
  answers.watched = {{sync, sync, ended}};
  FakeGateway gateway(answers);
  Program test = AtTerminal(gateway, {"connectors", "test", "jira"});
  EXPECT_EQ(test.Wait(), 0);
  EXPECT_THAT(test.Out(), HasSubstr("\x1b[32m✓\x1b[0m User lookup available"));
  Program wait = AtTerminal(gateway, {"connectors", "sync", "jira", "--wait"});
  EXPECT_EQ(wait.Wait(), 0);
  EXPECT_THAT(wait.Out(), HasSubstr("\r\x1b[KReading issues  [██████████░░░░░░░░░░]  50%  50 of 100\r\x1b[K"));
  EXPECT_THAT(wait.Out(), HasSubstr("\r\nSync s_1 succeeded"));
}

}  // namespace
}  // namespace tajo::testing
