// Compares a connection's `events` stream with what a sender saw accepted.
//
//   tajo-bench-check REDIS-URL CONNECTION-ID ACCEPTED-FILE
//
// ACCEPTED-FILE holds issue ids, one a line (tajo-bench-load writes it). Prints one line of JSON:
// entries of the stream, ids that are in it more than once, accepted ids that aren't in it, and ids in
// it that nobody saw accepted (stored, but the answer was lost). Exit 1 if one is missing or doubled.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <fstream>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "common/base/clock.h"
#include "common/base/error.h"
#include "common/base/random.h"
#include "common/redis/open.h"
#include "common/store/keys.h"
#include "tajo/jira/v1/event.pb.h"

namespace {

using Counts = std::unordered_map<int64_t, int>;

// How often each issue id is in the stream.
tajo::base::Task<absl::StatusOr<Counts>> Read(tajo::redis::Client& redis, std::string stream) {
  Counts counts;
  std::string after = "-";
  while (true) {
    tajo::redis::Args command = {"XRANGE", stream, after, "+", "COUNT", "1000"};
    TAJO_CO_ASSIGN_OR_RETURN(const tajo::redis::Reply page, co_await redis.Execute(std::move(command)));
    if (page.Elements().empty()) co_return counts;
    for (const tajo::redis::Reply& entry : page.Elements()) {
      after = "(" + entry.Elements()[0].String();
      tajo::jira::v1::Event event;
      if (!event.ParseFromString(entry.Elements()[1].Elements()[1].String())) {
        co_return absl::DataLossError("an entry doesn't parse");
      }
      ++counts[event.issue().issue().id()];
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fprintf(stderr, "usage: tajo-bench-check REDIS-URL CONNECTION-ID ACCEPTED-FILE\n");
    return 2;
  }
  const std::vector<std::string> given(argv + 1, argv + argc);
  boost::asio::io_context context;
  tajo::base::SystemClock clock;
  tajo::base::SystemRandom random;
  tajo::redis::Options options;
  options.url = given[0];
  auto redis = tajo::redis::Open(context, clock, random, options);
  if (!redis.ok()) {
    std::fprintf(stderr, "tajo-bench-check: %s\n", redis.status().ToString().c_str());
    return 1;
  }
  absl::StatusOr<Counts> counts = absl::InternalError("not read");
  boost::asio::co_spawn(context, Read(**redis, tajo::store::Keys(given[1]).Events()),
                        [&](const std::exception_ptr& error, absl::StatusOr<Counts> result) {
                          if (!error) counts = std::move(result);
                          context.stop();
                        });
  context.run();
  if (!counts.ok()) {
    std::fprintf(stderr, "tajo-bench-check: %s\n", counts.status().ToString().c_str());
    return 1;
  }
  int64_t entries = 0, doubled = 0, missing = 0, accepted = 0;
  for (const auto& [id, times] : *counts) {
    entries += times;
    if (times > 1) ++doubled;
  }
  std::ifstream file(given[2]);
  for (int64_t id = 0; file >> id; ++accepted) missing += counts->erase(id) == 0;
  std::printf("{\"accepted\":%lld,\"entries\":%lld,\"missing\":%lld,\"doubled\":%lld,\"stored_unseen\":%zu}\n",
              static_cast<long long>(accepted), static_cast<long long>(entries), static_cast<long long>(missing),
              static_cast<long long>(doubled), counts->size());
  return missing == 0 && doubled == 0 && accepted > 0 ? 0 : 1;
}
