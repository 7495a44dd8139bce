#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "tests/e2e/cli/program.h"

// `tajo up` with a real Redis, and scripts in place of the services: they say what the services say.
namespace tajo::testing {
namespace {

using ::testing::HasSubstr;

class Up : public ::testing::Test {
 protected:
  Up() {
    std::string folder = "/tmp/tajo-e2e-XXXXXX";
    folder_ = mkdtemp(folder.data());
    std::filesystem::create_directory(folder_ + "/bin");
    constexpr char kService[] =
        "echo '{\"message\":\"listening\",\"listen\":\"127.0.0.1:7\",\"metrics\":\"127.0.0.1:8\"}' >&2";
    for (const char* name : {"tajo-gateway", "tajo-webhook-ingest", "tajo-sync-worker"}) Script(name, kService);
    for (const char* name : {"tajo-jira-sim", "tajo-brevo-sim"}) Script(name, "echo '{\"listening\":\"127.0.0.1:9\"}'");
  }
  ~Up() override { std::filesystem::remove_all(folder_); }

  // Notes its process id and arguments, says `says`, and waits for SIGTERM.
  void Script(const std::string& name, const std::string& says) const {
    const std::string path = folder_ + "/bin/" + name;
    std::ofstream(path) << "#!/bin/sh\necho $$ >> " << folder_ << "/" << name << ".pids\necho \"$@\" > " << folder_
                        << "/" << name << ".args\ntrap 'echo stopped >&2; exit 0' TERM\n"
                        << says << "\nwhile :; do sleep 0.02; done\n";
    chmod(path.c_str(), 0700);
  }
  std::vector<std::string> Arguments(const std::vector<std::string>& more = {}) const {
    std::vector<std::string> arguments{"up",          "--data-dir",      folder_ + "/data",
                                       "--bin-dir",   folder_ + "/bin",  "--gateway-listen",
                                       "127.0.0.1:0", "--ingest-listen", "127.0.0.1:0"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
  }
  std::string Read(const std::string& name) const {
    std::ifstream file(folder_ + "/" + name);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  std::vector<pid_t> Pids(const std::string& name) const {
    std::ifstream file(folder_ + "/" + name + ".pids");
    return {std::istream_iterator<pid_t>(file), {}};
  }
  // A zombie that nobody waits for doesn't run.
  static bool Runs(pid_t pid) {
    std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
    const std::string stat{std::istreambuf_iterator<char>(file), {}};
    return !stat.empty() && stat.find(") Z ") == std::string::npos;
  }

  std::string folder_;
};

TEST_F(Up, everything_starts_is_announced_and_stops_cleanly) {
  Program up(Arguments({"--simulate", "--json"}));
  up.Expect("\n");
  const auto where = nlohmann::json::parse(up.Out());
  EXPECT_EQ(where["gateway"], "127.0.0.1:7");
  EXPECT_EQ(where["ingest"], "127.0.0.1:7");
  EXPECT_EQ(where["metrics"]["worker"], "127.0.0.1:8");
  EXPECT_EQ(where["jiraSim"], "127.0.0.1:9");
  EXPECT_TRUE(std::filesystem::is_socket(folder_ + "/data/redis/redis.sock"));
  EXPECT_THAT(Read("tajo-sync-worker.args"), HasSubstr("--jira-api-url=http://127.0.0.1:9"));
  EXPECT_THAT(Read("tajo-sync-worker.args"), HasSubstr("--public-url=http://127.0.0.1:7"));
  up.Signal(SIGTERM);
  EXPECT_EQ(up.Wait(), 0) << up.Err();
  EXPECT_THAT(Read("data/logs/gateway.log"), HasSubstr("stopped"));
  for (const char* name : {"tajo-gateway", "tajo-sync-worker", "tajo-jira-sim"}) {
    for (const pid_t pid : Pids(name)) EXPECT_FALSE(Runs(pid)) << name;
  }
}

TEST_F(Up, people_are_told_the_exact_commands_to_go_on_with) {
  Program up(Arguments({"--simulate"}));
  up.Expect("connectors status jira");
  EXPECT_THAT(up.Out(), HasSubstr("  tajo connectors install jira --insecure --gateway 127.0.0.1:7 --tenant demo "
                                  "--site-url http://127.0.0.1:9 --email ops@example.com --api-token sim-token "
                                  "--brevo-api-key xkeysib-demo\n"));
  up.Signal(SIGINT);
  EXPECT_EQ(up.Wait(), 0);
}

TEST_F(Up, crashed_service_is_started_again_where_it_was) {
  Program up(Arguments({"--json"}));
  up.Expect("\n");
  const auto pids = Pids("tajo-gateway");
  ASSERT_EQ(pids.size(), 1U);
  kill(pids[0], SIGKILL);
  up.ReadUntil([this] { return Pids("tajo-gateway").size() == 2; });
  up.ReadUntil([this] { return Read("tajo-gateway.args").find("--listen=127.0.0.1:7 ") != std::string::npos; });
  EXPECT_THAT(up.Err(), HasSubstr("gateway ended with signal 9 (Killed); it is started again in 500ms"));
  up.Signal(SIGTERM);
  EXPECT_EQ(up.Wait(), 0);
}

TEST_F(Up, second_one_on_the_same_data_is_refused) {
  Program first(Arguments({"--json"}));
  first.Expect("\n");
  const auto second = RunProgram(Arguments());
  EXPECT_EQ(second.code, 1);
  EXPECT_THAT(second.err, HasSubstr("another 'tajo up'"));
  first.Signal(SIGTERM);
  EXPECT_EQ(first.Wait(), 0);
}

TEST_F(Up, service_that_cannot_start_ends_it_with_the_cause_and_leaves_nothing) {
  Script("tajo-gateway", "echo '{\"message\":\"cannot listen\",\"error\":\"address in use\"}' >&2; exit 1");
  const auto result = RunProgram(Arguments());
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.err,
              HasSubstr("gateway ended with exit code 1 before it was ready: cannot listen: address in use"));
  for (const pid_t pid : Pids("tajo-webhook-ingest")) EXPECT_FALSE(Runs(pid));
}

TEST_F(Up, killed_it_leaves_no_child_behind) {
  Program up(Arguments({"--json"}));
  up.Expect("\n");
  const auto pids = Pids("tajo-sync-worker");
  ASSERT_EQ(pids.size(), 1U);
  up.Signal(SIGKILL);
  // The children hold no end of our pipes, so this doesn't wait for them.
  EXPECT_EQ(up.Wait(), -SIGKILL);
  Program again(Arguments({"--json"}));
  again.Expect("\n");
  EXPECT_FALSE(Runs(pids[0])) << "gone, at the latest when a new one is up";
  again.Signal(SIGTERM);
  EXPECT_EQ(again.Wait(), 0);
}

TEST(Keyring, generate_makes_one_and_refuses_to_overwrite_it) {
  std::string folder = "/tmp/tajo-e2e-XXXXXX";
  ASSERT_NE(mkdtemp(folder.data()), nullptr);
  const std::string path = folder + "/keyring";
  EXPECT_EQ(RunProgram({"keyring", "generate", "--output", path}).code, 0);
  const auto again = RunProgram({"keyring", "generate", "--output", path});
  EXPECT_EQ(again.code, 1);
  EXPECT_THAT(again.err, HasSubstr("exists and is left as it is"));
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace tajo::testing
