#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/e2e/system/system.h"
#include "tests/support/eventually.h"

namespace tajo::e2e {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using testing::Eventually;

class PeopleTest : public ::testing::Test {
 protected:
  explicit PeopleTest(SystemOptions options = {}) : system_(options) {}

  void Connect() {
    connection_ = system_.ConnectBasic({"--no-initial-sync"});
    system_.RegisterAdminWebhook(connection_);
    Sync();
    ASSERT_TRUE(Eventually([&] { return !Webhooks().empty(); }, 60s)) << system_.Worker().Output();
  }
  void Sync() {
    const Finished sync = system_.Tajo({"connectors", "sync", "jira", "--type", "full", "--wait"});
    ASSERT_EQ(sync.exit_code, 0) << sync.out << sync.err;
    ASSERT_TRUE(Eventually([&] { return system_.ContactsDifference().empty(); }, 60s)) << system_.ContactsDifference();
  }
  json Webhooks() { return system_.Brevo("/_control/webhooks")["webhooks"]; }
  json Customers() { return system_.Jira("/_control/truth/customers")["customers"]; }
  bool IsInBrevo(const std::string& email) {
    return !system_.Brevo("/_control/truth?email=" + email)["contact"].is_null();
  }
  // Some live changes of every kind, and then all of them have been decided.
  void Change(int seed) {
    system_.PostJira("/_control/act",
                     {{"count", 60}, {"seed", seed}, {"kinds", {"transition", "priority", "comment"}}});
    AwaitQuiet();
  }
  void AwaitQuiet() {
    const auto quiet = [&] {
      const Finished status = system_.Tajo({"connectors", "status", "jira", "--json"});
      return status.exit_code == 0 && json::parse(status.out).value("backlog", 1) == 0;
    };
    EXPECT_TRUE(Eventually(quiet, 60s)) << system_.Worker().Output();
  }
  System system_;
  std::string connection_;
};

TEST_F(PeopleTest, contact_deleted_in_brevo_is_never_written_again) {
  Connect();
  const json registered = Webhooks();
  ASSERT_EQ(registered.size(), 1u);
  EXPECT_TRUE(registered[0]["url"].get<std::string>().ends_with("/webhooks/brevo/" + connection_));
  const json customers = Customers();
  const std::string email = customers[0]["email"];
  ASSERT_TRUE(IsInBrevo(email));

  const json told = system_.PostBrevo("/_control/contacts/delete", {{"email", email}});
  EXPECT_EQ(told["contacts"], 1);
  EXPECT_EQ(told["webhooks"], 1);
  EXPECT_EQ(system_.Brevo("/_control/webhooks")["accepted"], 1) << system_.Ingest().Output();
  AwaitQuiet();
  for (const int seed : {5, 6, 7}) Change(seed);
  // A full sync reads every ticket of theirs anew, and would import them.
  const Finished sync = system_.Tajo({"connectors", "sync", "jira", "--type", "full", "--wait"});
  EXPECT_EQ(sync.exit_code, 0) << sync.out << sync.err;
  AwaitQuiet();
  EXPECT_FALSE(IsInBrevo(email));
  EXPECT_EQ(system_.Brevo("/_control/violations")["total"], 0) << system_.Violations();
  for (std::size_t i = 1; i < customers.size(); ++i) EXPECT_TRUE(IsInBrevo(customers[i]["email"]));
}

TEST_F(PeopleTest, forgotten_person_is_gone_everywhere_and_stays_so) {
  Connect();
  const std::string email = Customers()[0]["email"];
  const Finished forgotten = system_.Tajo({"connectors", "forget", "jira", "--email", email, "--yes", "--json"});
  EXPECT_EQ(forgotten.exit_code, 0) << forgotten.out << forgotten.err;
  const json said = json::parse(forgotten.out);
  EXPECT_EQ(said["erased"], true) << forgotten.out;
  EXPECT_FALSE(IsInBrevo(email));
  Change(11);
  const Finished sync = system_.Tajo({"connectors", "sync", "jira", "--type", "full", "--wait"});
  EXPECT_EQ(sync.exit_code, 0) << sync.err;
  AwaitQuiet();
  EXPECT_FALSE(IsInBrevo(email));
  // Nor does the log know them.
  EXPECT_EQ(system_.Worker().Output().find(email), std::string::npos);
}

TEST_F(PeopleTest, person_is_forgotten_by_their_account) {
  Connect();
  const json customer = Customers()[1];
  const std::string account = customer["account_id"];
  const Finished forgotten = system_.Tajo({"connectors", "forget", "jira", "--account-id", account, "--yes", "--json"});
  EXPECT_EQ(forgotten.exit_code, 0) << forgotten.out << forgotten.err;
  EXPECT_FALSE(IsInBrevo(customer["email"]));
  Change(12);
  EXPECT_FALSE(IsInBrevo(customer["email"]));
}

// So many contacts that they are imported.
class ImportedPeopleTest : public PeopleTest {
 protected:
  ImportedPeopleTest() : PeopleTest({.issues = 2000, .customers = 500}) {}
};

// The write that is under way when the person is erased must not bring them back.
TEST_F(ImportedPeopleTest, import_under_way_is_cleaned_up_behind_the_erasure) {
  connection_ = system_.ConnectBasic({"--no-initial-sync"});
  const std::string email = Customers()[0]["email"];
  const Finished started = system_.Tajo({"connectors", "sync", "jira", "--type", "full"});
  ASSERT_EQ(started.exit_code, 0) << started.err;
  ASSERT_TRUE(Eventually([&] { return system_.Brevo("/_control/truth")["imports"] > 0; }, 60s));
  const Finished forgotten = system_.Tajo({"connectors", "forget", "jira", "--email", email, "--yes"});
  EXPECT_EQ(forgotten.exit_code, 0) << forgotten.out << forgotten.err;
  AwaitQuiet();
  EXPECT_TRUE(Eventually([&] { return !IsInBrevo(email); }, 30s));
  Change(13);
  EXPECT_FALSE(IsInBrevo(email));
}

TEST_F(PeopleTest, who_unsubscribed_is_put_into_no_list_again) {
  Connect();
  const std::string email = Customers()[2]["email"];
  system_.PostBrevo("/_control/contacts/unsubscribe", {{"email", email}});
  AwaitQuiet();
  ASSERT_TRUE(Eventually(
      [&] {
        return system_.Redis().Ask({"SCARD", "tajo:{" + connection_ + "}:unsubscribed"}) == ":1\r\n";
      },
      30s));
  // They leave the lists by their own hand; a change of their tickets doesn't put them back.
  const auto contact = [&] { return system_.Brevo("/_control/truth?email=" + email)["contact"]; };
  EXPECT_EQ(contact()["emailBlacklisted"], true);
  for (const int seed : {21, 22, 23, 24}) Change(seed);
  EXPECT_EQ(contact()["emailBlacklisted"], true);
  EXPECT_EQ(system_.Violations(), "");
}

TEST_F(PeopleTest, account_closed_at_atlassian_is_erased) {
  system_.ConnectOAuth();
  const json customers = Customers();
  const std::string closed = customers[0]["account_id"], email = customers[0]["email"];
  system_.PostJira("/_control/accounts", {{"accountId", closed}, {"status", "closed"}});
  const Finished sync = system_.Tajo({"connectors", "sync", "jira", "--type", "full", "--wait"});
  ASSERT_EQ(sync.exit_code, 0) << sync.out << sync.err;
  const auto reported = [&] { return system_.Jira("/_control/accounts/reports")["reported"].contains(closed); };
  ASSERT_TRUE(Eventually(reported, 60s)) << system_.Worker().Output();
  ASSERT_TRUE(Eventually([&] { return !IsInBrevo(email); }, 30s)) << system_.Worker().Output();
  Change(31);
  EXPECT_FALSE(IsInBrevo(email));
  for (std::size_t i = 1; i < customers.size(); ++i) EXPECT_TRUE(IsInBrevo(customers[i]["email"]));
  EXPECT_EQ(system_.Jira("/_control/violations")["total"], 0) << system_.Violations();
}

}  // namespace
}  // namespace tajo::e2e
