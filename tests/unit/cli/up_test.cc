#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "cli/keyring_file.h"
#include "cli/up/data_dir.h"
#include "cli/up/log_file.h"
#include "cli/up/programs.h"
#include "cli/up/readiness.h"
#include "common/crypto/sealing.h"

namespace tajo::cli {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class UpTest : public testing::Test {
 protected:
  UpTest() {
    std::string folder = "/tmp/tajo-up-XXXXXX";
    folder_ = mkdtemp(folder.data());
  }
  ~UpTest() override { std::filesystem::remove_all(folder_); }

  static std::string Read(const std::string& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  static mode_t Mode(const std::string& path) {
    struct stat file {};
    return stat(path.c_str(), &file) == 0 ? file.st_mode & 07777 : 0;
  }

  std::string folder_;
};

TEST_F(UpTest, new_keyring_is_for_its_owner_only_and_can_be_read) {
  const std::string path = folder_ + "/keyring";
  ASSERT_TRUE(WriteNewKeyring(path).ok());
  EXPECT_EQ(Mode(path), 0600U);
  EXPECT_TRUE(crypto::Keyring::Load(path).ok());
}

TEST_F(UpTest, keyring_that_exists_is_left_as_it_is) {
  const std::string path = folder_ + "/keyring";
  ASSERT_TRUE(WriteNewKeyring(path).ok());
  const std::string before = Read(path);
  EXPECT_THAT(std::string(WriteNewKeyring(path).message()), HasSubstr("exists and is left as it is"));
  EXPECT_EQ(Read(path), before);
}

TEST_F(UpTest, keyring_in_a_folder_that_does_not_exist_is_refused_with_the_cause) {
  EXPECT_THAT(std::string(WriteNewKeyring(folder_ + "/none/keyring").message()), HasSubstr("No such file"));
}

TEST_F(UpTest, data_dir_is_made_with_keyring_and_closed_to_others) {
  const auto data = DataDir::Open(folder_ + "/a/b");
  ASSERT_TRUE(data.ok()) << data.status();
  EXPECT_EQ(Mode(folder_ + "/a/b"), 0700U);
  EXPECT_EQ(Mode((*data)->Keyring()), 0600U);
  EXPECT_TRUE(std::filesystem::is_directory((*data)->Redis()));
}

TEST_F(UpTest, data_dir_in_use_is_refused_until_its_user_is_gone) {
  {
    const auto first = DataDir::Open(folder_);
    ASSERT_TRUE(first.ok());
    const auto second = DataDir::Open(folder_);
    EXPECT_THAT(std::string(second.status().message()),
                HasSubstr("another 'tajo up' (process " + std::to_string(getpid()) + ") runs on it"));
  }
  EXPECT_TRUE(DataDir::Open(folder_).ok());
}

TEST_F(UpTest, data_dir_opened_again_keeps_its_keyring) {
  { ASSERT_TRUE(DataDir::Open(folder_).ok()); }
  const std::string before = Read(folder_ + "/keyring");
  { ASSERT_TRUE(DataDir::Open(folder_).ok()); }
  EXPECT_EQ(Read(folder_ + "/keyring"), before);
}

TEST_F(UpTest, data_dir_too_long_for_a_socket_is_refused) {
  const auto data = DataDir::Open(folder_ + "/" + std::string(100, 'x'));
  EXPECT_THAT(std::string(data.status().message()), HasSubstr("too long for a unix socket"));
}

TEST_F(UpTest, log_is_begun_anew_at_start_and_when_it_is_full) {
  const std::string path = folder_ + "/gateway.log";
  for (const char* line : {"first run", "second run"}) LogFile(path).Write(line);
  EXPECT_EQ(Read(path), "second run\n");
  EXPECT_EQ(Read(path + ".1"), "first run\n");
  LogFile small(path, 10);
  for (const char* line : {"12345678", "abcdefgh", "x"}) small.Write(line);
  EXPECT_EQ(Read(path), "x\n");
  EXPECT_EQ(Read(path + ".1"), "abcdefgh\n");
  EXPECT_EQ(Read(path + ".2"), "12345678\n");
  EXPECT_EQ(Read(path + ".3"), "second run\n");
}

TEST_F(UpTest, log_keeps_five_older_ones) {
  const std::string path = folder_ + "/worker.log";
  for (int i = 0; i < 9; ++i) LogFile(path).Write(std::to_string(i));
  EXPECT_EQ(Read(path + ".5"), "3\n");
  EXPECT_FALSE(std::filesystem::exists(path + ".6"));
}

TEST_F(UpTest, simulated_programs_know_each_other) {
  UpOptions options;
  options.bin_dir = "/opt/tajo/bin";
  options.redis_server = "/usr/bin/redis-server";
  options.simulate = true;
  options.further = {{"worker", "--threads=1"}};
  const auto data = DataDir::Open(folder_);
  ASSERT_TRUE(data.ok());
  const Places places{"http://127.0.0.1:8080", "http://127.0.0.1:4000", "http://127.0.0.1:5000"};
  const auto worker = WorkerProgram(options, **data, places).arguments;
  EXPECT_EQ(worker.front(), "/opt/tajo/bin/tajo-sync-worker");
  EXPECT_EQ(worker.back(), "--threads=1");
  for (const char* argument :
       {"--allow-insecure-upstreams", "--jira-api-url=http://127.0.0.1:4000", "--jira-auth-url=http://127.0.0.1:4000",
        "--brevo-api-url=http://127.0.0.1:5000/v3", "--public-url=http://127.0.0.1:8080", "--shutdown-grace=25s"}) {
    EXPECT_THAT(worker, Contains(argument));
  }
  EXPECT_THAT(worker, Contains("--redis-url=unix://" + folder_ + "/redis/redis.sock"));
  EXPECT_THAT(GatewayProgram(options, **data, places).arguments, Contains("--insecure"));
  EXPECT_THAT(RedisProgram(options, **data).arguments, Contains("noeviction"));
}

TEST_F(UpTest, real_jira_without_a_public_url_gets_no_webhooks_registered) {
  UpOptions options;
  const auto data = DataDir::Open(folder_);
  ASSERT_TRUE(data.ok());
  const auto worker = WorkerProgram(options, **data, {"http://127.0.0.1:8080", "", ""}).arguments;
  EXPECT_THAT(worker, Not(Contains(StartsWith("--public-url"))));
  EXPECT_THAT(worker, Not(Contains("--allow-insecure-upstreams")));
}

TEST(Pinned, addresses_that_were_chosen_are_kept_for_the_next_start) {
  EXPECT_THAT(Pinned({"/x", "--listen=127.0.0.1:0", "--metrics-listen=127.0.0.1:0", "--insecure"}, "127.0.0.1:7",
                     "127.0.0.1:8"),
              testing::ElementsAre("/x", "--listen=127.0.0.1:7", "--metrics-listen=127.0.0.1:8", "--insecure"));
}

TEST(ParseListening, services_and_simulators_say_it_each_in_their_way) {
  const auto service = ParseListening(
      R"({"time":"2026-11-23T22:54:00.000Z","level":"info","service":"tajo-gateway","message":"listening",)"
      R"("listen":"127.0.0.1:50051","metrics":"127.0.0.1:9464"})");
  ASSERT_TRUE(service);
  EXPECT_EQ(service->address, "127.0.0.1:50051");
  EXPECT_EQ(service->metrics, "127.0.0.1:9464");
  const auto simulator = ParseListening(R"({"listening":"127.0.0.1:4000"})");
  ASSERT_TRUE(simulator);
  EXPECT_EQ(simulator->address, "127.0.0.1:4000");
}

TEST(ParseListening, other_lines_say_nothing) {
  for (const char* line : {"", "listening", R"({"message":"not listening"})", R"({"message":"listening")",
                           R"(["listening"])", R"({"listening":7})"}) {
    EXPECT_FALSE(ParseListening(line)) << line;
  }
}

TEST(PlainLogLine, json_is_told_in_words) {
  EXPECT_EQ(PlainLogLine(R"({"level":"error","message":"can't listen","error":"address in use"})"),
            "can't listen: address in use");
  EXPECT_EQ(PlainLogLine("tajo-gateway: --listen: bad"), "tajo-gateway: --listen: bad");
}

}  // namespace
}  // namespace tajo::cli
