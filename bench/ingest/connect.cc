// Stores connections as the gateway's Connect would, for the ingest benchmark.
//
//   tajo-bench-connect REDIS-URL KEYRING-FILE SECRET COUNT
//
// Makes the keyring where there is none. Their ids are c_00000000000000000000 and on, in hex.
#include <fmt/format.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "common/base/random.h"
#include "common/crypto/sealing.h"
#include "common/redis/open.h"
#include "common/store/connections.h"

namespace {

using tajo::store::ConnectionRecord;

// More than any run stores: the benchmark has no owner that works it off.
constexpr int64_t kHighWater = 100'000'000;

tajo::base::Task<absl::Status> CreateAll(tajo::store::Connections& connections, std::string secret, int count) {
  for (int i = 0; i < count; ++i) {
    ConnectionRecord record;
    record.connection_id = fmt::format("c_{:020x}", i);
    record.tenant_id = "bench";
    record.state = tajo::jira::v1::ACTIVE;
    record.site_host = fmt::format("bench-{}.atlassian.net", i);
    record.config.set_stream_high_water(kHighWater);
    tajo::jira::v1::Credentials credentials;
    credentials.add_webhook_secrets(secret);
    const auto created = co_await connections.Create(std::move(record), std::move(credentials));
    if (!created.ok()) co_return created.status();
  }
  co_return absl::OkStatus();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) {
    std::fprintf(stderr, "usage: tajo-bench-connect REDIS-URL KEYRING-FILE SECRET COUNT\n");
    return 2;
  }
  const std::vector<std::string> given(argv + 1, argv + argc);
  const std::filesystem::path path = given[1];
  if (!std::filesystem::exists(path)) {
    std::ofstream(path) << tajo::crypto::GenerateKeyring();
    using std::filesystem::perms;
    std::filesystem::permissions(path, perms::owner_read | perms::owner_write);
  }
  const auto keyring = tajo::crypto::Keyring::Load(path);
  if (!keyring.ok()) {
    std::fprintf(stderr, "tajo-bench-connect: %s\n", keyring.status().ToString().c_str());
    return 1;
  }
  boost::asio::io_context context;
  tajo::base::SystemClock clock;
  tajo::base::SystemRandom random;
  tajo::redis::Options options;
  options.url = given[0];
  auto redis = tajo::redis::Open(context, clock, random, options);
  if (!redis.ok()) {
    std::fprintf(stderr, "tajo-bench-connect: %s\n", redis.status().ToString().c_str());
    return 1;
  }
  tajo::store::Connections connections(**redis, clock, random, *keyring);
  absl::Status status;
  boost::asio::co_spawn(context, CreateAll(connections, given[2], std::stoi(given[3])),
                        [&](const std::exception_ptr& error, absl::Status result) {
                          status = error ? absl::InternalError("cancelled") : std::move(result);
                          context.stop();
                        });
  context.run();
  if (!status.ok()) std::fprintf(stderr, "tajo-bench-connect: %s\n", status.ToString().c_str());
  return status.ok() ? 0 : 1;
}
