#include "services/gateway/monitor.h"

#include <algorithm>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "common/base/error.h"
#include "common/store/keys.h"
#include "common/store/policy.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::gateway {
namespace {

constexpr std::chrono::seconds kLook{1};
constexpr int kLooksPerCount = 15;
constexpr std::size_t kConnectionsPerRead = 500;

}  // namespace

Monitor::Monitor(Shard& shard, Instruments& instruments, std::function<void(const absl::Status&)> on_redis)
    : shard_(shard), instruments_(instruments), on_redis_(std::move(on_redis)) {
  boost::asio::co_spawn(
      shard_.executor, Run(),
      boost::asio::bind_cancellation_slot(stop_.slot(), [this](const std::exception_ptr&) { ended_.set_value(); }));
}

Monitor::~Monitor() {
  boost::asio::post(shard_.executor, [this] { stop_.emit(boost::asio::cancellation_type::terminal); });
  ended_.get_future().wait();
}

base::Task<void> Monitor::Run() {
  for (int looks = 0;; ++looks) {
    co_await LookAtRedis();
    if (looks % kLooksPerCount == 0) co_await CountConnections();
    co_await shard_.backend.clock.Sleep(kLook);
  }
}

base::Task<void> Monitor::LookAtRedis() {
  redis::Args look = {"EXISTS", std::string(store::kConnectionsKey)};
  const auto reply = co_await shard_.redis->Execute(std::move(look));
  const int now = reply.ok() ? 1 : 0;
  if (now == std::exchange(told_, now)) co_return;
  on_redis_(reply.status());
  if (!reply.ok()) co_return;
  // Not a reason to refuse calls: TestConnection must be able to say it.
  const auto policy = co_await store::CheckRedisPolicy(*shard_.redis);
  if (base::ReasonOf(policy.status()) == jira::v1::REDIS_POLICY_UNSAFE) {
    shard_.backend.log.Error("redis may drop keys", {{"error", std::string(policy.status().message())}});
  }
}

base::Task<void> Monitor::CountConnections() {
  redis::Args read = {"SMEMBERS", std::string(store::kConnectionsKey)};
  const auto members = co_await shard_.redis->Execute(std::move(read));
  if (!members.ok()) co_return;
  std::map<std::string, int64_t> by_state;
  std::vector<std::string> ids;
  for (const redis::Reply& id : members->Elements()) ids.push_back(id.String());
  for (std::size_t begin = 0; begin < ids.size(); begin += kConnectionsPerRead) {
    const std::size_t end = std::min(ids.size(), begin + kConnectionsPerRead);
    std::vector<std::string> some(ids.begin() + static_cast<std::ptrdiff_t>(begin),
                                  ids.begin() + static_cast<std::ptrdiff_t>(end));
    const auto records = co_await shard_.store.Many(std::move(some));
    if (!records.ok()) co_return;
    for (const store::ConnectionRecord& record : *records) ++by_state[jira::v1::ConnectionState_Name(record.state)];
  }
  instruments_.Connections(by_state);
}

}  // namespace tajo::gateway
