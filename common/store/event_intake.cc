#include "common/store/event_intake.h"

#include <fmt/format.h>

#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <cstring>
#include <functional>
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

constexpr int64_t kWindowHours = 24;             // this window and the one before: 24 to 48 hours
constexpr char kWindowLifeSeconds[] = "176400";  // 49 hours
constexpr unsigned kBuckets = 512;
// Of a batch: it should not hold Redis up for others.
constexpr std::size_t kMaxWebhooks = 64;
constexpr std::size_t kMaxBytes = 1u << 20;
constexpr char kWaitMs[] = "1000";

constexpr int64_t kMostPeople = 1'000'000;

// Of the script, instead of a webhook's outcome.
constexpr int64_t kNoConnection = -2;
constexpr int64_t kAnotherGeneration = -3;

const redis::Script& TakeWebhookScript() {
  static const redis::Script script(lua::kTakeWebhook);
  return script;
}

// A webhook's place among those taken: a bucket, and a number in it. Together 73 bits of the digest: beside
// ten million others, one is mistaken for another with a chance of 1e-15.
struct Mark {
  explicit Mark(const crypto::Digest& digest)
      : bucket(static_cast<unsigned>(digest[8] << 8 | digest[9]) % kBuckets), number(0) {
    std::memcpy(&number, digest.data(), sizeof number);
  }

  unsigned bucket;
  int64_t number;
};

// "taken:<hour>:<bucket>", the current window first. Redis keeps a set of up to 512 numbers as a sorted
// array of them: 8 bytes each, found by bisection, up to some 262,000 webhooks a day.
void AppendWindows(const Keys& keys, int64_t now_ms, unsigned bucket, redis::Args& out) {
  const int64_t hour = now_ms / 3'600'000;
  const int64_t window = hour - hour % kWindowHours;
  for (const int64_t begin : {window, window - kWindowHours}) {
    std::string key = keys.Prefix();
    key.append("taken:").append(std::to_string(begin)).append(":").append(std::to_string(bucket));
    out.push_back(std::move(key));
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

// Until the leader has settled it.
template <class Shared>
base::Task<void> WaitFor(std::shared_ptr<Shared> shared) {
  while (!shared->result) {
    boost::system::error_code woken;
    co_await shared->done.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, woken));
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

// Once a second for each connection: its writing would cost Redis as much as that of the event. A slot
// that two connections share only makes it more often.
bool EventIntake::IsToBeNoted(std::string_view connection_id, int64_t now_ms) {
  const std::size_t hash = std::hash<std::string_view>()(connection_id);
  const Noted noted{hash, now_ms / 1000};
  return std::exchange(noted_[hash % noted_.size()], noted) != noted;
}

// What one call of the script stores. The first to come leads: it lets the others of this turn of the
// loop come, then closes the batch and stores it.
struct EventIntake::Batch {
  Batch(const boost::asio::any_io_executor& executor, const Keys& connection_keys)
      : keys(connection_keys), done(executor, boost::asio::steady_timer::time_point::max()) {}

  bool HasRoom() const { return webhooks < kMaxWebhooks && bytes < kMaxBytes; }

  // Its place in the batch.
  std::size_t Add(const Mark& mark, int64_t now_ms, const std::vector<jira::v1::Event>& events) {
    AppendWindows(keys, now_ms, mark.bucket, script_keys);
    args.push_back(std::to_string(mark.number));
    args.push_back(std::to_string(events.size()));
    for (const jira::v1::Event& event : events) {
      args.push_back(event.SerializeAsString());
      bytes += args.back().size();
    }
    return webhooks++;
  }

  void Settle(absl::StatusOr<redis::Reply> reply) {
    if (result) return;
    result = std::move(reply);
    done.cancel();
  }

  const Keys keys;
  redis::Args script_keys;
  redis::Args args;
  std::size_t webhooks = 0;
  std::size_t bytes = 0;
  std::optional<absl::StatusOr<redis::Reply>> result;
  boost::asio::steady_timer done;
};

base::Task<void> EventIntake::Lead(BatchName name, std::shared_ptr<Batch> batch) {
  // A leader that is cancelled must not leave the others waiting, nor the batch open.
  struct Closing {
    EventIntake& intake;
    const BatchName& name;
    const std::shared_ptr<Batch>& batch;
    void Close() const {
      const auto open = intake.open_.find(name);
      if (open != intake.open_.end() && open->second == batch) intake.open_.erase(open);
    }
    ~Closing() {
      Close();
      batch->Settle(base::Error(jira::v1::REDIS_AMBIGUOUS, "the storing of webhooks was cancelled"));
    }
  };
  const Closing closing{*this, name, batch};
  const auto executor = co_await boost::asio::this_coro::executor;
  co_await boost::asio::post(executor, boost::asio::use_awaitable);
  closing.Close();
  batch->Settle(co_await redis_.Run(TakeWebhookScript(), std::move(batch->script_keys), std::move(batch->args)));
}

base::Task<absl::StatusOr<IntakeResult>> EventIntake::Store(std::string connection_id, std::string identifier,
                                                            std::vector<jira::v1::Event> events, int64_t high_water,
                                                            int64_t generation) {
  const Stream stream = {Keys(connection_id).Events(), high_water > 0 ? high_water : kDefaultHighWater, true};
  return Append(stream, std::move(connection_id), std::move(identifier), std::move(events), generation);
}

base::Task<absl::StatusOr<IntakeResult>> EventIntake::StorePeople(std::string connection_id, std::string identifier,
                                                                  std::vector<jira::v1::Event> events,
                                                                  int64_t generation) {
  const Stream stream = {Keys(connection_id).People(), kMostPeople, false};
  return Append(stream, std::move(connection_id), std::move(identifier), std::move(events), generation);
}

base::Task<absl::StatusOr<IntakeResult>> EventIntake::Append(Stream stream, std::string connection_id,
                                                             std::string identifier,
                                                             std::vector<jira::v1::Event> events, int64_t generation) {
  const Mark mark(crypto::Sha256(identifier));
  const int64_t now_ms = base::ToMillis(clock_.Now());
  BatchName name(stream.key, generation, stream.high_water);
  std::shared_ptr<Batch>& open = open_[name];
  const bool leads = open == nullptr || !open->HasRoom();
  if (leads) {
    const auto executor = co_await boost::asio::this_coro::executor;
    open = std::make_shared<Batch>(executor, Keys(connection_id));
    open->script_keys = {open->keys.Connection(), open->keys.Lease(), stream.key, open->keys.Counters()};
    open->args = {std::to_string(stream.high_water), std::to_string(now_ms), kWindowLifeSeconds,
                  std::to_string(generation), stream.from_jira && IsToBeNoted(connection_id, now_ms) ? "1" : "0"};
  }
  const std::shared_ptr<Batch> batch = open;
  const std::size_t place = batch->Add(mark, now_ms, events);
  if (leads) {
    co_await Lead(std::move(name), batch);
  } else {
    co_await WaitFor(batch);
  }
  if (!batch->result->ok()) co_return batch->result->status();
  const std::vector<redis::Reply>& answer = (*batch->result)->Elements();
  const int64_t refusal = answer.size() == 1 ? answer[0].Integer() : 0;
  IntakeResult result;
  if (refusal == kAnotherGeneration) {
    result.outcome = Intake::kChanged;
    co_return result;
  }
  if (refusal == kNoConnection) {
    co_return base::Error(jira::v1::CONNECTION_NOT_FOUND, fmt::format("there is no connection {}", connection_id));
  }
  if (answer.size() != batch->webhooks + 1) {
    co_return base::Error(jira::v1::INTERNAL, "the intake script gave no answer");
  }
  const int64_t outcome = answer[place + 1].Integer();
  if (outcome < 0) {
    result.outcome = Intake::kFull;
    co_return result;
  }
  if (outcome == 0) {
    result.outcome = Intake::kDuplicate;
  } else {
    const std::string& lease = answer[0].String();
    result.owner_worker = lease.substr(0, lease.rfind('/'));
  }
  // Also for a duplicate: the first delivery may have been stored and not confirmed.
  if (ack_replicas_ > 0) TAJO_CO_RETURN_IF_ERROR(co_await JoinCommit(batch->keys.Counters()));
  co_return result;
}

base::Task<absl::Status> EventIntake::Wake(std::string worker_id, std::string connection_id) {
  redis::Args publish = {"PUBLISH", WakeChannel(worker_id), std::move(connection_id)};
  const absl::StatusOr<redis::Reply> reply = co_await redis_.Execute(std::move(publish));
  co_return reply.status();
}

}  // namespace tajo::store
