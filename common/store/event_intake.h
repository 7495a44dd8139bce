#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "common/base/clock.h"
#include "common/base/task.h"
#include "common/redis/client.h"
#include "common/store/replica_commit.h"
#include "tajo/jira/v1/event.pb.h"

namespace tajo::store {

inline constexpr int64_t kDefaultHighWater = 100'000;  // of `events`

enum class Intake { kStored, kDuplicate, kFull, kChanged };

struct IntakeResult {
  Intake outcome = Intake::kStored;
  std::string owner_worker;  // who to wake; empty if nobody owns the connection
};

// The way into a connection's `events` stream; used by webhook-ingest and by the gateway's
// HandleWebhook. One script: identifier seen within 24-48 h? duplicate; stream at `high_water` (0:
// kDefaultHighWater)? full; else append all `events` (one webhook may carry two) and remember the identifier.
// CONNECTION_NOT_FOUND for a connection that was deleted, so that nothing of it comes back.
// No retries: after REDIS_UNAVAILABLE or REDIS_AMBIGUOUS the sender repeats, and a repetition of what
// was stored is a duplicate. Used from one loop.
class EventIntake {
 public:
  EventIntake(redis::Client& redis, const base::Clock& clock, int ack_replicas);
  ~EventIntake();

  // `identifier`: what names this delivery, whatever its length; hashed to 64 bits. Durable before
  // it returns kStored: with ack_replicas > 0 they have it, too (see ReplicaCommit). With a `generation` nothing
  // is stored for a connection of another one (kChanged): what admitted the webhook may no longer hold.
  base::Task<absl::StatusOr<IntakeResult>> Store(std::string connection_id, std::string identifier,
                                                 std::vector<jira::v1::Event> events, int64_t high_water,
                                                 int64_t generation = 0);
  // The same for `people`: what Brevo or an operator asks for a person. It has room for a million entries,
  // however full `events` is.
  base::Task<absl::StatusOr<IntakeResult>> StorePeople(std::string connection_id, std::string identifier,
                                                       std::vector<jira::v1::Event> events, int64_t generation = 0);
  // PUBLISH to that worker's channel; a lost message is made good by the owner's sweep.
  base::Task<absl::Status> Wake(std::string worker_id, std::string connection_id);

 private:
  // When a connection's last webhook was noted last.
  struct Noted {
    std::size_t connection = 0;
    int64_t second = 0;
    bool operator==(const Noted&) const = default;
  };
  bool IsToBeNoted(std::string_view connection_id, int64_t now_ms) const;
  void Note(std::string_view connection_id, int64_t at_ms);

  redis::Client& redis_;
  const base::Clock& clock_;
  ReplicaCommit commit_;
  std::array<Noted, 1024> noted_{};
  // Webhooks of one connection that come in the same turn of the loop are stored by one call: a burst
  // of Jira's costs Redis little more than one of them.
  struct Batch;
  enum class Stream { kEvents, kPeople };  // an entry of the former is a sign that Jira's webhooks come
  using BatchName = std::tuple<std::string, Stream, int64_t, int64_t>;  // connection, generation, high water
  base::Task<void> Lead(BatchName name, std::shared_ptr<Batch> batch);
  absl::flat_hash_map<BatchName, std::shared_ptr<Batch>> open_;
  base::Task<absl::StatusOr<IntakeResult>> Append(BatchName name, std::string identifier,
                                                  std::vector<jira::v1::Event> events);
};

}  // namespace tajo::store
