#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/e2e/system/system.h"
#include "tests/support/eventually.h"

namespace tajo::e2e {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using testing::Eventually;

// Traps of the vendors that only the whole product can fall into; docs/vendor-traps.md lists them all.
class VendorTraps : public ::testing::Test {
 protected:
  static json Status(System& system) {
    const Finished status = system.Tajo({"connectors", "status", "jira", "--json"});
    return status.exit_code == 0 ? json::parse(status.out) : json::object();
  }
};

// Contacts come by a slow import, their events by webhooks at the same time.
TEST_F(VendorTraps, events_wait_for_the_import_that_makes_their_contacts) {
  System system({.issues = 900, .customers = 500, .import_delay = "3s"});
  system.RegisterAdminWebhook(system.ConnectBasic());
  system.PostJira("/_control/act", {{"count", 120}, {"seed", 5}, {"kinds", {"transition", "priority", "comment"}}});
  EXPECT_TRUE(Eventually([&] { return system.EventsDifference().empty(); }, 100s)) << system.EventsDifference();
  EXPECT_TRUE(Eventually([&] { return system.ContactsDifference().empty(); }, 60s)) << system.ContactsDifference();
  EXPECT_EQ(system.Brevo("/_control/truth")["duplicate_uids"], 0);
  const json requests = system.Brevo("/_control/requests");
  EXPECT_TRUE(requests.contains("POST /contacts/import")) << requests;
  // Nothing is read before it is written: that halves the throughput.
  EXPECT_FALSE(requests.contains("GET /contacts/{identifier}")) << requests;
  EXPECT_EQ(system.Violations(), "");
}

TEST_F(VendorTraps, api_token_that_expired_asks_for_a_new_one) {
  System system;
  system.ConnectBasic({"--no-initial-sync"});
  system.PostJira("/_control/faults",
                  {{"kind", "status"}, {"status", 401}, {"count", -1}, {"match", {{"path", "/rest/api/"}}}});
  const Finished started = system.Tajo({"connectors", "sync", "jira", "--type", "full"});
  ASSERT_EQ(started.exit_code, 0) << started.out << started.err;
  ASSERT_TRUE(Eventually([&] { return Status(system).value("state", "") == "NEEDS_REAUTHORIZATION"; }, 60s))
      << Status(system);
  const std::string reason = Status(system).value("reason", "");
  EXPECT_NE(reason.find("expire"), std::string::npos) << reason;
}

// The same, but it passes: Brevo is written all the while, and nobody has to do anything.
TEST_F(VendorTraps, api_token_that_jira_refuses_for_a_while_holds_up_only_what_reads_jira) {
  System system;
  system.RegisterAdminWebhook(system.ConnectBasic({"--no-initial-sync"}));
  const Finished full = system.Tajo({"connectors", "sync", "jira", "--type", "full", "--wait"});
  ASSERT_EQ(full.exit_code, 0) << full.out << full.err;
  system.PostJira("/_control/faults",
                  {{"kind", "status"}, {"status", 401}, {"count", -1}, {"match", {{"path", "/rest/api/"}}}});
  const Finished refused = system.Tajo({"connectors", "sync", "jira", "--type", "incremental"});
  ASSERT_EQ(refused.exit_code, 0) << refused.out << refused.err;
  ASSERT_TRUE(Eventually([&] { return Status(system).value("state", "") == "NEEDS_REAUTHORIZATION"; }, 60s))
      << Status(system);

  // What webhooks tell whole needs no call of Jira.
  system.PostJira("/_control/act", {{"count", 40}, {"seed", 9}, {"kinds", {"transition", "priority"}}});
  EXPECT_TRUE(Eventually([&] { return system.EventsDifference().empty(); }, 60s)) << system.EventsDifference();
  EXPECT_TRUE(Eventually([&] { return system.ContactsDifference().empty(); }, 60s)) << system.ContactsDifference();
  EXPECT_EQ(Status(system).value("state", ""), "NEEDS_REAUTHORIZATION");

  // What no webhook tells is found as soon as Jira can be read again: the next pass is an hour away.
  system.PostJira("/_control/faults", {{"kind", "lose_webhook"}, {"count", -1}});
  system.PostJira("/_control/act",
                  {{"count", 40}, {"seed", 11}, {"kinds", {"create", "transition", "assign", "comment", "priority"}}});
  EXPECT_NE(system.EventsDifference(), "");
  system.Delete(system.JiraUrl() + "/_control/faults");
  EXPECT_TRUE(Eventually([&] { return system.EventsDifference().empty(); }, 60s)) << system.EventsDifference();
  EXPECT_TRUE(Eventually([&] { return system.ContactsDifference().empty(); }, 60s)) << system.ContactsDifference();
  EXPECT_EQ(system.Brevo("/_control/truth")["duplicate_uids"], 0);
  EXPECT_EQ(Status(system).value("state", ""), "ACTIVE");
  EXPECT_EQ(Status(system).value("deadLetters", -1), 0);
}

// A release whose settled tickets fill several pages, while Jira repeats a page's token.
TEST_F(VendorTraps, milestone_found_through_a_repeated_token_reaches_every_customer) {
  System system({.issues = 16000, .customers = 700});
  system.RegisterAdminWebhook(system.ConnectBasic({"--no-initial-sync"}));
  system.PostJira("/_control/faults", {{"kind", "short_page"}, {"count", 8}});
  system.PostJira("/_control/faults", {{"kind", "repeat_token"}, {"count", 1}});
  system.PostJira("/_control/act", {{"count", 2}, {"seed", 3}, {"kinds", {"release_version"}}});
  EXPECT_TRUE(Eventually([&] { return system.EventsDifference().empty(); }, 60s)) << system.EventsDifference();
  const json faults = system.Jira("/_control/faults");
  for (const auto& fault : faults["faults"]) {
    EXPECT_TRUE(fault["kind"] != "repeat_token" || fault["left"] == 0) << "the release had too few tickets: " << faults;
  }
}

// Jira's agile API doesn't list a sprint's issues any more; the simulator counts who asks it.
TEST_F(VendorTraps, sprint_that_ended_reaches_its_customers) {
  System system;
  system.RegisterAdminWebhook(system.ConnectBasic({"--no-initial-sync"}));
  system.PostJira("/_control/act", {{"count", 1}, {"seed", 3}, {"kinds", {"sprint_close"}}});
  EXPECT_TRUE(Eventually([&] { return system.EventsDifference().empty(); }, 60s)) << system.EventsDifference();
  EXPECT_GT(system.Brevo("/_control/truth")["events_by_name"].value("jira_sprint_completed", 0), 0);
  EXPECT_EQ(system.Violations(), "");
}

TEST_F(VendorTraps, address_that_brevo_does_not_know_pauses_and_loses_nothing) {
  System system;
  system.RegisterAdminWebhook(system.ConnectBasic({"--no-initial-sync"}));
  const Finished sync = system.Tajo({"connectors", "sync", "jira", "--type", "full", "--wait"});
  ASSERT_EQ(sync.exit_code, 0) << sync.out << sync.err;
  ASSERT_TRUE(Eventually([&] { return system.ContactsDifference().empty(); }, 60s)) << system.ContactsDifference();

  system.PostBrevo("/_control/accounts", {{"api_key", kBrevoKey}, {"mode", "ip_blocked"}});
  system.PostJira("/_control/act", {{"count", 40}, {"seed", 9}});
  ASSERT_TRUE(Eventually([&] { return Status(system).value("state", "") == "PAUSED"; }, 60s)) << Status(system);
  const std::string reason = Status(system).value("reason", "");
  EXPECT_NE(reason.find("Authorized IPs"), std::string::npos) << reason;

  system.PostBrevo("/_control/accounts", {{"api_key", kBrevoKey}, {"mode", "ok"}});
  EXPECT_TRUE(Eventually([&] { return system.EventsDifference().empty(); }, 100s)) << system.EventsDifference();
  EXPECT_TRUE(Eventually([&] { return system.ContactsDifference().empty(); }, 60s)) << system.ContactsDifference();
  EXPECT_EQ(system.Brevo("/_control/truth")["duplicate_uids"], 0);
  EXPECT_EQ(Status(system).value("deadLetters", -1), 0);
  EXPECT_EQ(Status(system).value("state", ""), "ACTIVE");
}

}  // namespace
}  // namespace tajo::e2e
