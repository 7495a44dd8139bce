#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/e2e/system/system.h"
#include "tests/support/eventually.h"

namespace tajo::e2e {
namespace {

using namespace std::chrono_literals;
using testing::Eventually;

TEST(MainJob, basic_auth_backfill_and_day_of_webhooks_arrive_in_brevo) {
  System system;
  const std::string connection = system.ConnectBasic({"--no-initial-sync"});
  system.RegisterAdminWebhook(connection);

  const Finished sync = system.Tajo({"connectors", "sync", "jira", "--type", "full", "--wait"});
  EXPECT_EQ(sync.exit_code, 0) << sync.out << sync.err;
  EXPECT_TRUE(Eventually([&] { return system.ContactsDifference().empty(); }, 60s)) << system.ContactsDifference();
  EXPECT_EQ(system.Brevo("/_control/truth")["events"], 0) << "history must not become events";

  system.PostJira("/_control/act", {{"count", 150}, {"seed", 7}});
  EXPECT_TRUE(Eventually([&] { return system.EventsDifference().empty(); }, 60s)) << system.EventsDifference();
  EXPECT_TRUE(Eventually([&] { return system.ContactsDifference().empty(); }, 30s)) << system.ContactsDifference();
  EXPECT_EQ(system.Brevo("/_control/truth")["duplicate_uids"], 0);
  EXPECT_EQ(system.Violations(), "");
}

TEST(MainJob, oauth_connection_registers_its_webhooks_and_hears_of_changes) {
  System system;
  system.ConnectOAuth();
  const Finished sync = system.Tajo({"connectors", "sync", "jira", "--type", "full", "--wait"});
  ASSERT_EQ(sync.exit_code, 0) << sync.out << sync.err;
  ASSERT_TRUE(Eventually([&] { return !system.Jira("/_control/webhooks")["webhooks"].empty(); }, 60s));

  // Worklogs don't come by dynamic webhooks, and aren't configured.
  system.PostJira("/_control/act", {{"count", 120}, {"seed", 13}});
  EXPECT_TRUE(Eventually([&] { return system.EventsDifference().empty(); }, 60s)) << system.EventsDifference();
  EXPECT_TRUE(Eventually([&] { return system.ContactsDifference().empty(); }, 30s)) << system.ContactsDifference();
  EXPECT_EQ(system.Brevo("/_control/truth")["duplicate_uids"], 0);

  // All of the product page's checks pass, and disconnecting takes the webhooks out of Jira again.
  const Finished checks = system.Tajo({"connectors", "test", "jira"});
  EXPECT_EQ(checks.exit_code, 0) << checks.out << checks.err;
  const Finished removed = system.Tajo({"connectors", "remove", "jira", "--yes"});
  EXPECT_EQ(removed.exit_code, 0) << removed.out << removed.err;
  EXPECT_TRUE(system.Jira("/_control/webhooks")["webhooks"].empty());
  EXPECT_EQ(system.Violations(), "");
}

TEST(MainJob, webhooks_that_got_lost_are_registered_anew_and_what_they_did_not_tell_is_read_at_once) {
  SystemOptions options;
  options.sync_interval = "4h";  // no pass is due
  System system(options);
  system.ConnectOAuth();
  const Finished sync = system.Tajo({"connectors", "sync", "jira", "--type", "full", "--wait"});
  ASSERT_EQ(sync.exit_code, 0) << sync.out << sync.err;
  const auto registered = [&] { return !system.Jira("/_control/webhooks")["webhooks"].empty(); };
  ASSERT_TRUE(Eventually(registered, 60s));

  system.Delete(system.JiraUrl() + "/_control/webhooks");
  // Deletions and milestones aren't in a search.
  system.PostJira("/_control/act",
                  {{"count", 40}, {"seed", 17}, {"kinds", {"create", "transition", "assign", "comment", "priority"}}});
  EXPECT_FALSE(system.EventsDifference().empty());
  system.RestartWorker();  // which looks when it takes a connection over

  EXPECT_TRUE(Eventually(registered, 60s));
  EXPECT_TRUE(Eventually([&] { return system.EventsDifference().empty(); }, 60s)) << system.EventsDifference();
  EXPECT_TRUE(Eventually([&] { return system.ContactsDifference().empty(); }, 30s)) << system.ContactsDifference();
  EXPECT_EQ(system.Brevo("/_control/truth")["duplicate_uids"], 0);
  EXPECT_EQ(system.Violations(), "");
}

TEST(MainJob, incremental_sync_finds_what_no_webhook_brought) {
  System system;
  system.ConnectBasic({"--no-initial-sync"});
  const Finished full = system.Tajo({"connectors", "sync", "jira", "--type", "full", "--wait"});
  ASSERT_EQ(full.exit_code, 0) << full.out << full.err;

  // No webhook is registered: only the search can tell. Deletions and milestones aren't in a search.
  system.PostJira("/_control/act",
                  {{"count", 80}, {"seed", 11}, {"kinds", {"create", "transition", "assign", "comment", "priority"}}});
  const Finished incremental = system.Tajo({"connectors", "sync", "jira", "--type", "incremental", "--wait"});
  EXPECT_EQ(incremental.exit_code, 0) << incremental.out << incremental.err;
  EXPECT_TRUE(Eventually([&] { return system.EventsDifference().empty(); }, 60s)) << system.EventsDifference();
  EXPECT_TRUE(Eventually([&] { return system.ContactsDifference().empty(); }, 30s)) << system.ContactsDifference();
  EXPECT_EQ(system.Violations(), "");
}

TEST(MainJob, milestone_reaches_customers_whose_tickets_were_never_read) {
  System system;
  system.RegisterAdminWebhook(system.ConnectBasic({"--no-initial-sync"}));

  system.PostJira("/_control/act", {{"count", 2}, {"seed", 3}, {"kinds", {"release_version"}}});
  EXPECT_TRUE(Eventually([&] { return system.EventsDifference().empty(); }, 60s)) << system.EventsDifference();
  EXPECT_GT(system.Brevo("/_control/truth")["events_by_name"].value("jira_version_released", 0), 0);
  EXPECT_EQ(system.Violations(), "");
}

}  // namespace
}  // namespace tajo::e2e
