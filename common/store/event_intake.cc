#include "common/store/event_intake.h"

#include <fmt/format.h>

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstring>
#include <functional>
#include <optional>
#include <utility>

#include "common/base/error.h"
#include "common/crypto/digest.h"
#include "common/store/keys.h"
#include "common/store/lua_scripts.h"
#include "common/store/wait_for.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::store {
namespace {

constexpr char kWindowHours[] = "24";         // this window and the one before: 24 to 48 hours
constexpr char kSetLifeSeconds[] = "176400";  // 49 hours
// Of a batch: it should not hold Redis up for others.
constexpr std::size_t kMaxWebhooks = 64;
constexpr std::size_t kMaxBytes = 1u << 20;

constexpr int64_t kMostPeople = 1'000'000;

// Of the script, instead of a webhook's outcome.
constexpr int64_t kNoConnection = -2;
constexpr int64_t kAnotherGeneration = -3;

const redis::Script& TakeWebhookScript() {
  static const redis::Script script(lua::kTakeWebhook);
  return script;
}

// A webhook's place among those taken: a number, and the bucket that tells its set where there are several. The
// number is 64 bits of the digest: beside ten million others, one is mistaken for another with a chance of 1e-12.
struct Mark {
  explicit Mark(const crypto::Digest& digest) {
    std::memcpy(&number, digest.data(), sizeof number);
    std::memcpy(&bucket, digest.data() + sizeof number, sizeof bucket);
  }

  int64_t number = 0;
  uint16_t bucket = 0;
};

}  // namespace

EventIntake::EventIntake(redis::Client& redis, const base::Clock& clock, int ack_replicas)
    : redis_(redis), clock_(clock), commit_(redis, ack_replicas) {}

EventIntake::~EventIntake() = default;

// Once a second for each connection: its writing would cost Redis as much as that of the event. A slot
// that two connections share only makes it more often.
bool EventIntake::IsToBeNoted(std::string_view connection_id, int64_t now_ms) const {
  const std::size_t hash = std::hash<std::string_view>()(connection_id);
  return noted_[hash % noted_.size()] != Noted{hash, now_ms / 1000};
}

void EventIntake::Note(std::string_view connection_id, int64_t at_ms) {
  const std::size_t hash = std::hash<std::string_view>()(connection_id);
  noted_[hash % noted_.size()] = {hash, at_ms / 1000};
}

// What one call of the script stores. The first to come leads: it lets the others of this turn of the
// loop come, then closes the batch and stores it.
struct EventIntake::Batch {
  Batch(const boost::asio::any_io_executor& executor, const Keys& connection_keys)
      : keys(connection_keys), done(executor, boost::asio::steady_timer::time_point::max()) {}

  bool HasRoom() const { return webhooks < kMaxWebhooks && bytes < kMaxBytes; }

  // Its place in the batch.
  std::size_t Add(const Mark& mark, const std::vector<jira::v1::Event>& events) {
    args.push_back(std::to_string(mark.bucket));
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
  std::optional<int64_t> notes_ms;  // the time that the script notes if it stores anything
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
  BatchName name{std::move(connection_id), Stream::kEvents, generation,
                 high_water > 0 ? high_water : kDefaultHighWater};
  return Append(std::move(name), std::move(identifier), std::move(events));
}

base::Task<absl::StatusOr<IntakeResult>> EventIntake::StorePeople(std::string connection_id, std::string identifier,
                                                                  std::vector<jira::v1::Event> events,
                                                                  int64_t generation) {
  BatchName name{std::move(connection_id), Stream::kPeople, generation, kMostPeople};
  return Append(std::move(name), std::move(identifier), std::move(events));
}

base::Task<absl::StatusOr<IntakeResult>> EventIntake::Append(BatchName name, std::string identifier,
                                                             std::vector<jira::v1::Event> events) {
  const Mark mark(crypto::Sha256(identifier));
  const int64_t now_ms = base::ToMillis(clock_.Now());
  const auto executor = co_await boost::asio::this_coro::executor;
  const auto& [connection_id, stream, generation, high_water] = name;
  const bool people = stream == Stream::kPeople;
  std::shared_ptr<Batch>& open = open_[name];  // not over a suspension: the map moves its values
  const bool leads = open == nullptr || !open->HasRoom();
  if (leads) {
    open = std::make_shared<Batch>(executor, Keys(connection_id));
    if (!people && IsToBeNoted(connection_id, now_ms)) open->notes_ms = now_ms;
    const Keys& keys = open->keys;
    open->script_keys = {keys.Connection(), keys.Lease(), people ? keys.People() : keys.Events(), keys.Counters(),
                         keys.Of("taken:")};
    open->args = {std::to_string(high_water), std::to_string(now_ms),    kWindowHours, kSetLifeSeconds,
                  std::to_string(generation), open->notes_ms ? "1" : "0"};
  }
  const std::shared_ptr<Batch> batch = open;
  const std::size_t place = batch->Add(mark, events);
  if (leads) {
    co_await Lead(name, batch);
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
    // Not before: a duplicate or a failure would leave a stored one of the same second without its note.
    if (batch->notes_ms) Note(connection_id, *batch->notes_ms);
    const std::string& lease = answer[0].String();
    result.owner_worker = lease.substr(0, lease.rfind('/'));
  }
  // Also for a duplicate: the first delivery may have been stored and not confirmed.
  TAJO_CO_RETURN_IF_ERROR(co_await commit_.Join(batch->keys.Counters()));
  co_return result;
}

base::Task<absl::Status> EventIntake::Wake(std::string worker_id, std::string connection_id) {
  redis::Args publish = {"PUBLISH", WakeChannel(worker_id), std::move(connection_id)};
  const absl::StatusOr<redis::Reply> reply = co_await redis_.Execute(std::move(publish));
  co_return reply.status();
}

}  // namespace tajo::store
