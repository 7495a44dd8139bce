#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "common/brevo/client.h"
#include "common/brevo/families.h"
#include "common/store/owner_store.h"
#include "common/telemetry/log.h"
#include "services/sync-worker/instruments.h"
#include "services/sync-worker/signal.h"
#include "tajo/jira/v1/connection.pb.h"

namespace tajo::worker {

// Sends the outbox to Brevo, each uid once. One a connection, on its loop.
//
// Brevo has no idempotency key: an entry is marked `sending` in the ledger before the call and
// `sent` after it. What a crash or a lost answer leaves `sending` is looked for in Brevo
// (GET /events) after 60 s, 5 min and 15 min; found means sent, absent each time follows the
// connection's `on_ambiguous`.
class EventSender {
 public:
  struct Options {
    jira::v1::OnAmbiguous on_ambiguous = jira::v1::RESEND;
    // Since the call; growing, never empty.
    std::vector<std::chrono::milliseconds> looks = {std::chrono::minutes(1), std::chrono::minutes(5),
                                                    std::chrono::minutes(15)};
  };
  EventSender(store::OwnerStore& store, brevo::Client& brevo, const brevo::Governor& governor, base::Clock& clock,
              telemetry::Logger& log, Instruments& instruments, Options options);

  struct Outcome {
    int64_t sent = 0;
    bool more = false;
    base::Duration rest{};                    // before the next SendOnce
    std::optional<base::Duration> held_back;  // some were, for so long at most: they wait for others
  };
  // Sends what can be sent now. The error, if any, concerns the whole account.
  base::Task<absl::StatusOr<Outcome>> SendOnce();
  // Looks for what is ambiguous when its time has come, until Stop. Beside SendOnce: these looks are calls of
  // another family, which may have to wait for most of an hour.
  base::Task<void> LookLoop();
  // The part of LookLoop that is due now. One at a time.
  base::Task<absl::Status> Look();
  // What runs ends soon: what wasn't sent yet isn't any more.
  void Stop();

  // The contact was erased: of what SendOnce has in hand, nothing more is sent for it.
  void Forget(const store::ContactId& contact) { forgotten_.insert(contact.Bytes()); }
  // Whether an event for that contact may still arrive at Brevo.
  bool MaySend(const store::ContactId& contact) const { return sending_.contains(contact.Bytes()); }

 private:
  using Entries = std::vector<store::OutboxEntry>;
  struct Ambiguous {
    std::size_t looks = 0;
    int64_t since_ms = 0;
    int64_t due_ms = 0;
    int64_t from_ms = 0;  // event time, for the window asked for
    store::OutboxEntry entry;
  };

  struct Collected {
    Entries sendable;
    bool others_wait = false;  // for their contacts, which are being written
  };
  base::Task<absl::StatusOr<Collected>> Collect(Outcome* outcome);
  // Of the last batch, whether it's better to let it fill.
  bool HoldsBack(std::span<const store::OutboxEntry> batch, Outcome* outcome);
  base::Task<absl::Status> SendBatches(Entries entries, std::vector<std::string> encoded, int64_t* sent);
  base::Task<absl::Status> SendBatch(Entries entries, std::vector<std::string> encoded, int64_t* sent);
  base::Task<absl::Status> SettleBatch(Entries entries, const brevo::EventsOutcome& outcome, int64_t* sent);
  base::Task<absl::Status> SendSingle(store::OutboxEntry entry, std::string encoded, int64_t* sent);
  base::Task<absl::Status> Sent(Entries entries, int64_t* sent);
  base::Task<absl::Status> Dead(store::OutboxEntry entry, absl::Status why);
  void Watch(const store::OutboxEntry& entry);
  base::Task<absl::StatusOr<std::set<std::string>>> Find(brevo::EventQuery query);
  base::Task<absl::Status> Absent(const std::string& uid);
  base::Duration UntilNextLook() const;
  void DropForgotten(Entries* entries, std::vector<std::string>* encoded);

  store::OwnerStore& store_;
  brevo::Client& brevo_;
  const brevo::Governor& governor_;
  base::Clock& clock_;
  telemetry::Logger& log_;
  Instruments& instruments_;
  Options options_;

  std::set<std::string> forgotten_;             // contacts' bytes; until SendOnce ends
  std::multiset<std::string> sending_;          // the same, of those in a call
  std::map<std::string, Ambiguous> ambiguous_;  // by hex uid; rebuilt from the outbox by every owner
  std::map<std::string, int> resent_;           // by uid, how often; until it is settled
  std::optional<base::MonotonicTime> holding_since_;
  absl::Status refused_;  // a look that failed for the whole account, for SendOnce to tell
  bool stopping_ = false;
  Signal look_due_{clock_};
  Signal pace_{clock_};  // after a look that failed; rung only to stop
};

}  // namespace tajo::worker
