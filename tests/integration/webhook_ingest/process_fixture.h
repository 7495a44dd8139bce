#pragma once

#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "tests/integration/webhook_ingest/fixture.h"
#include "tests/integration/webhook_ingest/process.h"

namespace tajo::ingest {

// The binary against the fixture's Redis.
class ProcessTest : public IngestTest {
 protected:
  ProcessTest() {
    const std::string path = redis_server_.Folder() + "/keyring";
    std::ofstream(path) << keyring_text_;
    std::filesystem::permissions(path, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    keyring_ = crypto::Keyring::Parse(keyring_text_, "test").value();
    flags_ = {"--listen=127.0.0.1:0", "--metrics-listen=127.0.0.1:0", "--keyring-file=" + path, "--threads=2",
              "--redis-url=" + redis_server_.Url()};
  }

  // How often each issue stands in the stream.
  std::map<int64_t, int> Stored(const std::string& connection) {
    std::map<int64_t, int> counts;
    for (const auto& event : Events(connection)) ++counts[event.issue().issue().id()];
    return counts;
  }
  void ExpectEachOnce(const std::set<int64_t>& taken, const std::string& connection) {
    const std::map<int64_t, int> stored = Stored(connection);
    for (const int64_t issue : taken) EXPECT_TRUE(stored.contains(issue)) << issue << " was acknowledged and is lost";
    for (const auto& [issue, count] : stored) EXPECT_EQ(count, 1) << issue;
  }

  const std::string keyring_text_ = crypto::GenerateKeyring("k1");
  std::vector<std::string> flags_;
};

}  // namespace tajo::ingest
