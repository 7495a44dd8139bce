#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <stdexcept>

#include "tests/e2e/system/system.h"
#include "tests/support/eventually.h"

namespace tajo::e2e {
namespace {

using namespace std::chrono_literals;
using testing::Eventually;

// The change log that a kill must not tear: rate a second, for some seconds, in the background.
void Play(System& system, int count) {
  system.PostJira("/_control/play", {{"rate", 40}, {"count", count}, {"seed", 3}});
}

bool PlayIsOver(System& system) {
  return !system.Jira("/_control/play").value("running", true);
}

// Everything that Jira sent has been taken, and everything taken has arrived, once.
void ExpectTruth(System& system) {
  EXPECT_TRUE(Eventually([&] { return PlayIsOver(system); }, 60s));
  EXPECT_TRUE(Eventually([&] { return system.EventsDifference().empty(); }, 90s)) << system.EventsDifference();
  EXPECT_TRUE(Eventually([&] { return system.ContactsDifference().empty(); }, 60s)) << system.ContactsDifference();
  EXPECT_EQ(system.Brevo("/_control/truth")["duplicate_uids"], 0);
}

class Crash : public ::testing::Test {
 protected:
  void SetUp() override {
    const std::string connection = system_.ConnectBasic({"--no-initial-sync"});
    system_.RegisterAdminWebhook(connection);
    const Finished sync = system_.Tajo({"connectors", "sync", "jira", "--type", "full", "--wait"});
    ASSERT_EQ(sync.exit_code, 0) << sync.out << sync.err;
  }

  // Waits until so many events more are in Brevo, so that the kill comes in the middle of work.
  void AwaitProgress(int events) {
    const int before = system_.Brevo("/_control/truth")["events"];
    ASSERT_TRUE(Eventually([&] { return system_.Brevo("/_control/truth")["events"] >= before + events; }, 60s));
  }

  System system_;
};

TEST_F(Crash, killed_worker_loses_and_doubles_nothing) {
  Play(system_, 200);
  for (int round = 0; round < 2; ++round) {
    AwaitProgress(20);
    system_.Worker().Kill();
    system_.RestartWorker();
  }
  ExpectTruth(system_);
}

TEST_F(Crash, killed_ingest_loses_and_doubles_nothing) {
  Play(system_, 200);
  for (int round = 0; round < 2; ++round) {
    AwaitProgress(20);
    system_.Ingest().Kill();
    system_.RestartIngest();
  }
  ExpectTruth(system_);
}

TEST_F(Crash, killed_gateway_is_back_with_its_connections) {
  system_.Gateway().Kill();
  system_.RestartGateway();
  const Finished status = system_.Tajo({"connectors", "status", "jira", "--json"});
  ASSERT_EQ(status.exit_code, 0) << status.err;
  EXPECT_TRUE(nlohmann::json::parse(status.out)["connected"]);
}

TEST_F(Crash, killed_redis_loses_and_doubles_nothing) {
  Play(system_, 200);
  AwaitProgress(20);
  system_.Redis().Kill();
  system_.Redis().Restart();
  ExpectTruth(system_);
}

TEST_F(Crash, flushed_script_cache_loses_nothing) {
  Play(system_, 120);
  for (int round = 0; round < 3; ++round) {
    AwaitProgress(10);
    system_.Redis().Ask({"SCRIPT", "FLUSH"});
  }
  ExpectTruth(system_);
}

TEST(CrashDuringBackfill, killed_worker_goes_on_from_its_checkpoint) {
  System system({.issues = 3000, .customers = 300});
  system.ConnectBasic();
  const auto read = [&] {
    const Finished status = system.Tajo({"connectors", "status", "jira", "--json"});
    if (status.exit_code != 0) throw std::runtime_error("status: " + status.err);
    return nlohmann::json::parse(status.out).value("issuesTracked", 0);
  };
  ASSERT_TRUE(Eventually([&] { return read() >= 300; }, 60s));
  system.Worker().Kill();
  system.RestartWorker();
  EXPECT_TRUE(Eventually([&] { return system.ContactsDifference().empty(); }, 150s))
      << system.ContactsDifference() << "\n"
      << system.Tajo({"connectors", "status", "jira", "--json"}).out << system.Worker().Output();
  EXPECT_EQ(system.Violations(), "");
}

}  // namespace
}  // namespace tajo::e2e
