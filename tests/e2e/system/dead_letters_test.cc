#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "tests/e2e/system/system.h"
#include "tests/support/eventually.h"

namespace tajo::e2e {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using testing::Eventually;

class DeadLetterSystemTest : public ::testing::Test {
 protected:
  void Connect() {
    connection_ = system_.ConnectBasic({"--no-initial-sync"});
    system_.RegisterAdminWebhook(connection_);
    const Finished sync = system_.Tajo({"connectors", "sync", "jira", "--type", "full", "--wait"});
    ASSERT_EQ(sync.exit_code, 0) << sync.out << sync.err;
    ASSERT_TRUE(Eventually([&] { return system_.ContactsDifference().empty(); }, 60s)) << system_.ContactsDifference();
  }
  json Command(std::vector<std::string> args) {
    args.emplace_back("--json");
    const Finished finished = system_.Tajo(std::move(args));
    EXPECT_EQ(finished.exit_code, 0) << finished.out << finished.err;
    return finished.exit_code == 0 ? json::parse(finished.out) : json();
  }
  json Letters() { return Command({"connectors", "dead-letters", "jira"}); }

  System system_;
  std::string connection_;
};

// Brevo refuses an event for good; once it takes it, a replay brings it to the customer's timeline, once.
TEST_F(DeadLetterSystemTest, event_that_brevo_refused_arrives_after_its_replay) {
  Connect();
  // A single event or a batch of one: whichever the sender takes.
  system_.PostBrevo("/_control/faults", {{"kind", "status"},
                                         {"status", 400},
                                         {"code", "invalid_parameter"},
                                         {"message", "Invalid event"},
                                         {"match", {{"method", "POST"}, {"path", "/events"}}}});
  const std::string email = system_.Jira("/_control/truth/customers")["customers"][0]["email"];
  const json made = system_.PostJira("/_control/change",
                                     {{"op", "create"}, {"project", "SUPPORT"}, {"type", "Bug"}, {"reporter", email}});
  const std::string key = made["issue"];
  ASSERT_TRUE(Eventually([&] { return !Letters().empty(); }, 60s)) << system_.Worker().Output();
  EXPECT_EQ(Letters()[0]["issueKey"], key);
  const json trace = Command({"connectors", "trace", "jira", key});
  EXPECT_TRUE(std::any_of(trace["steps"].begin(), trace["steps"].end(), [](const json& step) {
    return step["stage"] == "dead";
  })) << trace;

  const json replayed = Command({"connectors", "dead-letters", "jira", "--issue", key, "--replay", "--yes"});
  EXPECT_EQ(replayed["replayed"], 1) << replayed;
  ASSERT_TRUE(Eventually([&] { return system_.EventsDifference().empty(); }, 60s)) << system_.EventsDifference();
  EXPECT_TRUE(Letters().empty());
}

// The echo of our own creation comes back as any ticket does: its reporter is a customer like others.
TEST_F(DeadLetterSystemTest, issue_that_we_create_comes_back_by_its_webhook) {
  Connect();
  const json made = Command({"connectors", "create-issue", "jira", "--project", "SUPPORT", "--type", "Task",
                             "--summary", "Call the customer", "--idempotency-key", "order-4711"});
  EXPECT_EQ(made["created"], true);
  const auto contact = [&] { return system_.Brevo("/_control/truth?email=ops%40example.com")["contact"]; };
  ASSERT_TRUE(Eventually([&] { return !contact().is_null(); }, 60s)) << system_.Worker().Output();
  ASSERT_TRUE(Eventually([&] { return system_.EventsDifference().empty(); }, 60s)) << system_.EventsDifference();
  EXPECT_EQ(system_.Violations(), "");
}

}  // namespace
}  // namespace tajo::e2e
