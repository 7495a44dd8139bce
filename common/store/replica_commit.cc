#include "common/store/replica_commit.h"

#include <fmt/format.h>

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <optional>
#include <utility>
#include <vector>

#include "common/base/error.h"
#include "common/store/pipeline.h"
#include "common/store/wait_for.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::store {
namespace {

constexpr char kAckWaitMs[] = "1000";

}  // namespace

// One WAIT and all who are served by it. The first to join leads: it waits for the group before, then
// closes this one and runs it.
struct ReplicaCommit::Group {
  explicit Group(const boost::asio::any_io_executor& executor)
      : done(executor, boost::asio::steady_timer::time_point::max()) {}

  void Settle(absl::Status status) {
    if (result) return;
    result = std::move(status);
    done.cancel();
  }
  // A leader that is cancelled must not leave the others waiting.
  struct Leader {
    std::shared_ptr<Group> group;
    ~Leader() {
      group->closed = true;
      group->Settle(base::Error(jira::v1::REDIS_AMBIGUOUS, "the wait for replicas was cancelled"));
    }
  };

  bool closed = false;
  std::optional<absl::Status> result;
  boost::asio::steady_timer done;
};

base::Task<absl::Status> ReplicaCommit::Join(std::string key) {
  if (replicas_ == 0) co_return absl::OkStatus();
  if (last_ != nullptr && !last_->closed) {
    const std::shared_ptr<Group> joined = last_;
    co_await WaitFor(joined);
    co_return *joined->result;
  }
  const auto executor = co_await boost::asio::this_coro::executor;
  const std::shared_ptr<Group> before = std::exchange(last_, std::make_shared<Group>(executor));
  const Group::Leader leader{last_};
  if (before != nullptr) co_await WaitFor(before);
  leader.group->closed = true;
  std::vector<redis::Args> commands;
  commands.push_back({"HINCRBY", std::move(key), "commits", "1"});
  commands.push_back({"WAIT", std::to_string(replicas_), kAckWaitMs});
  const auto replies = co_await ExecuteAll(redis_, std::move(commands));
  absl::Status status = replies.status();
  if (status.ok() && replies->back().Integer() < replicas_) {
    status = base::Error(jira::v1::REDIS_UNAVAILABLE,
                         fmt::format("{} of {} replicas confirmed within a second; check replication, or lower "
                                     "--redis-ack-replicas",
                                     replies->back().Integer(), replicas_));
  }
  leader.group->Settle(status);
  co_return status;
}

}  // namespace tajo::store
