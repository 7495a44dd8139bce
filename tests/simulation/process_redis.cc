#include "tests/simulation/process_redis.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "common/base/error.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::simulation {
namespace {

using std::chrono::microseconds;
using std::chrono::seconds;

// As redis::Options has them.
constexpr seconds kConnectWait{2};
constexpr seconds kCommandTimeout{5};

}  // namespace

ProcessRedis::ProcessRedis(Surroundings& around, Process& process, RedisLink& link, Publish publish)
    : around_(around), process_(process), link_(link), publish_(std::move(publish)) {}

base::Task<absl::StatusOr<redis::Reply>> ProcessRedis::Execute(redis::Args command) {
  if (command.front() == "PUBLISH") {
    co_await process_.Gate();
    if (!around_.Happens(around_.weather.wake_lost)) publish_(command.at(1), command.at(2));
    co_return redis::Reply(int64_t{1});
  }
  std::string name = command.front() + (command.size() > 1 ? " " + command[1] : "");
  Work work = [this, command = std::move(command)] { return link_.Execute(command, around_.clock.Now()); };
  co_return co_await Send(std::move(name), std::move(work));
}

base::Task<absl::StatusOr<redis::Reply>> ProcessRedis::Run(const redis::Script& script, redis::Args keys,
                                                           redis::Args args) {
  std::string name = fmt::format("script {} {}", script.Sha().substr(0, 8), keys.empty() ? "" : keys.front());
  // Scripts live as long as the process.
  Work work = [this, &script, keys = std::move(keys), args = std::move(args)] {
    return link_.Run(script, keys, args, around_.clock.Now());
  };
  co_return co_await Send(std::move(name), std::move(work));
}

base::Task<absl::StatusOr<redis::Reply>> ProcessRedis::Send(std::string name, Work work) {
  co_await process_.Gate();
  const Weather& weather = around_.weather;
  if (around_.Happens(weather.redis_away)) {
    co_await process_.Clock().Sleep(kConnectWait);
    co_return base::Error(jira::v1::REDIS_UNAVAILABLE, "simulated: Redis can't be reached");
  }
  const base::MonotonicTime now = around_.clock.Monotonic();
  const base::Duration travel = around_.Between(microseconds(50), microseconds(800));
  last_arrival_ = std::max(last_arrival_, now + travel);
  co_await around_.clock.Sleep(last_arrival_ - now);
  if (around_.Happens(weather.redis_lost)) {
    co_await process_.Clock().Sleep(kCommandTimeout);
    co_return base::Error(jira::v1::REDIS_AMBIGUOUS, "simulated: no answer");
  }
  auto reply = work();
  around_.trace.Add(process_.Name(), reply.ok() ? name : name + " " + std::string(reply.status().message()));
  if (around_.Happens(weather.redis_answer_lost)) {
    co_await process_.Clock().Sleep(around_.Between(seconds(0), kCommandTimeout));
    co_return base::Error(jira::v1::REDIS_AMBIGUOUS, "simulated: the answer was lost");
  }
  co_await process_.Clock().Sleep(travel);
  co_return reply;
}

}  // namespace tajo::simulation
