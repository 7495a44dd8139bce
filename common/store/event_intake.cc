#include "common/store/event_intake.h"

#include <fmt/format.h>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <optional>
#include <utility>

#include "common/base/error.h"
#include "common/crypto/digest.h"
#include "common/store/keys.h"
#include "common/store/lua_scripts.h"
#include "common/store/pipeline.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::store {
namespace {

constexpr int64_t kDefaultHighWater = 100'000;
constexpr int64_t kWindowHours = 6;
constexpr int kWindows = 5;                      // this one and four before: 24 to 30 hours
constexpr char kWindowLifeSeconds[] = "111600";  // 31 hours
constexpr char kWaitMs[] = "1000";

const redis::Script& TakeWebhookScript() {
  static const redis::Script script(lua::kTakeWebhook);
  return script;
}

// "seen:<hour>:<bucket>", the current window first. A bucket is a 256th, so that it stays a listpack
// up to some 30,000 webhooks in six hours.
void AppendWindows(const Keys& keys, int64_t now_ms, std::string_view digest, redis::Args& out) {
  const int64_t hour = now_ms / 3'600'000;
  const int64_t window = hour - hour % kWindowHours;
  const auto bucket = static_cast<uint8_t>(digest[0]);
  for (int i = 0; i < kWindows; ++i) {
    out.push_back(fmt::format("{}seen:{}:{:02x}", keys.Prefix(), window - i * kWindowHours, bucket));
  }
}

}  // namespace

// One WAIT and all who are served by it. The first to join leads: it waits for the commit before,
// then closes this one and runs it.
struct EventIntake::Commit {
  explicit Commit(const boost::asio::any_io_executor& executor)
      : done(executor, boost::asio::steady_timer::time_point::max()) {}

  void Settle(absl::Status status) {
    if (result) return;
    result = std::move(status);
    done.cancel();
  }
  // A leader that is cancelled must not leave the others waiting.
  struct Leader {
    std::shared_ptr<Commit> commit;
    ~Leader() {
      commit->closed = true;
      commit->Settle(base::Error(jira::v1::REDIS_AMBIGUOUS, "the wait for replicas was cancelled"));
    }
  };

  bool closed = false;
  std::optional<absl::Status> result;
  boost::asio::steady_timer done;
};

namespace {

template <class Commit>
base::Task<void> WaitFor(std::shared_ptr<Commit> commit) {
  while (!commit->result) {
    boost::system::error_code woken;
    co_await commit->done.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, woken));
    const auto state = co_await boost::asio::this_coro::cancellation_state;
    if (state.cancelled() != boost::asio::cancellation_type::none) {
      throw boost::system::system_error(boost::asio::error::operation_aborted);
    }
  }
}

}  // namespace

EventIntake::EventIntake(redis::Client& redis, const base::Clock& clock, int ack_replicas)
    : redis_(redis), clock_(clock), ack_replicas_(ack_replicas) {}

EventIntake::~EventIntake() = default;

base::Task<absl::Status> EventIntake::JoinCommit(std::string key) {
  if (commit_ != nullptr && !commit_->closed) {
    const std::shared_ptr<Commit> joined = commit_;
    co_await WaitFor(joined);
    co_return *joined->result;
  }
  const auto executor = co_await boost::asio::this_coro::executor;
  const std::shared_ptr<Commit> before = std::exchange(commit_, std::make_shared<Commit>(executor));
  const Commit::Leader leader{commit_};
  if (before != nullptr) co_await WaitFor(before);
  leader.commit->closed = true;
  std::vector<redis::Args> commands;
  commands.push_back({"HINCRBY", std::move(key), "commits", "1"});
  commands.push_back({"WAIT", std::to_string(ack_replicas_), kWaitMs});
  const auto replies = co_await ExecuteAll(redis_, std::move(commands));
  absl::Status status = replies.status();
  if (status.ok() && replies->back().Integer() < ack_replicas_) {
    status = base::Error(jira::v1::REDIS_UNAVAILABLE,
                         fmt::format("{} of {} replicas confirmed within a second; check replication, or lower "
                                     "--redis-ack-replicas",
                                     replies->back().Integer(), ack_replicas_));
  }
  leader.commit->Settle(status);
  co_return status;
}

base::Task<absl::StatusOr<IntakeResult>> EventIntake::Store(std::string connection_id, std::string identifier,
                                                            std::vector<jira::v1::Event> events, int64_t high_water,
                                                            int64_t generation) {
  const Keys keys(connection_id);
  const crypto::Digest sha = crypto::Sha256(identifier);
  const std::string digest(sha.begin(), sha.begin() + 16);
  const int64_t now_ms = base::ToMillis(clock_.Now());
  redis::Args script_keys = {keys.Connection(), keys.Lease(), keys.Events(), keys.Counters()};
  AppendWindows(keys, now_ms, digest, script_keys);
  redis::Args args = {digest, std::to_string(high_water > 0 ? high_water : kDefaultHighWater), std::to_string(now_ms),
                      kWindowLifeSeconds, std::to_string(generation)};
  for (const jira::v1::Event& event : events) args.push_back(event.SerializeAsString());
  TAJO_CO_ASSIGN_OR_RETURN(const redis::Reply reply,
                           co_await redis_.Run(TakeWebhookScript(), std::move(script_keys), std::move(args)));
  if (reply.Elements().size() != 2) co_return base::Error(jira::v1::INTERNAL, "the intake script gave no answer");
  IntakeResult result;
  switch (reply.Elements()[0].Integer()) {
    case 1: {
      const std::string& lease = reply.Elements()[1].String();
      result.owner_worker = lease.substr(0, lease.rfind('/'));
      break;
    }
    case 0:
      result.outcome = Intake::kDuplicate;
      break;
    case -1:
      result.outcome = Intake::kFull;
      co_return result;
    case -3:
      result.outcome = Intake::kChanged;
      co_return result;
    default:
      co_return base::Error(jira::v1::CONNECTION_NOT_FOUND, fmt::format("there is no connection {}", connection_id));
  }
  // Also for a duplicate: the first delivery may have been stored and not confirmed.
  if (ack_replicas_ > 0) TAJO_CO_RETURN_IF_ERROR(co_await JoinCommit(keys.Counters()));
  co_return result;
}

base::Task<absl::Status> EventIntake::Wake(std::string worker_id, std::string connection_id) {
  redis::Args publish = {"PUBLISH", WakeChannel(worker_id), std::move(connection_id)};
  const absl::StatusOr<redis::Reply> reply = co_await redis_.Execute(std::move(publish));
  co_return reply.status();
}

}  // namespace tajo::store
