#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/base/bell.h"
#include "common/base/clock.h"
#include "common/brevo/batching.h"
#include "common/brevo/client.h"
#include "common/store/import_turn.h"
#include "common/store/owner_store.h"
#include "common/telemetry/log.h"
#include "services/sync-worker/instruments.h"

namespace tajo::worker {

// Turns dirty contacts into writes to Brevo. One a connection, on its loop.
class ContactWriter {
 public:
  struct Options {
    int batch = 200;            // live contacts taken at once
    int import_batch = 25'000;  // backfill contacts taken at once: about 8 MB of rows
    std::string ext_id_from;    // attribute whose value becomes ext_id; empty: none
    std::string account;        // of Brevo (ConnectionRecord::brevo_account_key), whose imports take turns
  };
  ContactWriter(store::OwnerStore& store, brevo::Client& brevo, brevo::Client& importer, base::Clock& clock,
                telemetry::Logger& log, Instruments& instruments, Options options);

  struct Outcome {
    int64_t settled = 0;
    bool more = false;  // the lane may hold further ones
  };
  // Writes what is dirty now in one lane; the two may run at once. The error, if any, is the first that
  // concerns the whole account (see brevo::RemedyFor); contacts that could not be written stay dirty.
  // A contact that Brevo is busy with, or fails at, stays dirty and holds up no other; one at which it fails
  // again and again while others succeed is given up.
  base::Task<absl::StatusOr<Outcome>> WriteLive();
  // By imports where that takes fewer calls; returns when Brevo has finished them.
  base::Task<absl::StatusOr<Outcome>> WriteBackfill();

  // An import that an earlier owner, or an earlier turn, had started or may have started. Returns when
  // Brevo can't change contacts by it any more.
  base::Task<absl::Status> AwaitEarlierImport();
  // Notes that an import leaves now; to be called before each try. Without the note nothing may be sent.
  base::Task<absl::Status> NoteSending();

  // The contact was erased while it was in flight: what isn't on its way to Brevo yet isn't sent.
  void Forget(const store::ContactId& contact) {
    forgotten_.insert(contact);
    failing_.erase(contact);
  }
  // What runs ends soon: what wasn't sent yet isn't any more, and an import goes on without us.
  void Stop();
  // Whether a write of that contact may still arrive at Brevo.
  bool MayWrite(const store::ContactId& contact) const { return earlier_import_ || sending_.contains(contact); }

 private:
  using Contacts = std::vector<store::ContactToWrite>;
  using Sent = store::OwnerStore::Sent;

  struct Held {
    brevo::Lane lane;
    Sent sent = Sent::kNo;
  };
  // A version that Brevo answers with an error which may be its own fault or the contact's.
  struct Failing {
    int64_t version = 0;
    int failures = 0;
    base::MonotonicTime first{};
    int64_t written = 0;  // others (written_), as of the last failure that counted
  };

  // What several upserts side by side share.
  struct Round {
    Contacts queue;
    std::size_t next = 0;
    int64_t settled = 0;
    absl::Status error;   // the first that concerns the account
    absl::Status passed;  // the first for which a contact was passed over
    std::size_t failed_in_a_row = 0;
  };

  base::Task<absl::StatusOr<Contacts>> Take(int count, brevo::Lane lane, std::string* from = nullptr);
  // A turn of a lane failed or was stopped: what it still has in hand is dirty again.
  base::Task<void> LetGo(brevo::Lane lane);
  // Never fails: what can't be put back now (Redis is away) is before the next turn.
  base::Task<void> PutBack(std::vector<store::ContactId> contacts, brevo::Lane lane, Sent sent);
  base::Task<absl::Status> Settle(std::vector<store::OwnerStore::Settled> settled, brevo::Lane lane);
  // The lane has that contact no more; by now the other may have it.
  void Drop(const store::ContactId& contact, brevo::Lane lane);
  base::Task<absl::Status> FreeStuck();
  // On its way to Brevo from here on.
  void MarkSent(const store::ContactId& contact);
  // Counts a failure; true once it must be the contact's own, and not Brevo's.
  bool FailsForGood(const store::ContactToWrite& contact, const absl::Status& status);
  base::Task<absl::Status> GiveUp(const store::ContactToWrite& contact, absl::Status why, int attempts,
                                  brevo::Lane lane);
  base::Task<absl::StatusOr<int64_t>> Upserts(Contacts contacts, brevo::Lane lane);
  base::Task<void> UpsertFrom(Round* round, brevo::Lane lane);
  base::Task<absl::Status> Upsert(store::ContactToWrite contact, brevo::Lane lane);
  base::Task<absl::Status> Send(const store::ContactToWrite& contact, const brevo::ContactWrite& write,
                                brevo::Lane lane);
  // Without the ext_id where taking it over would change another contact's e-mail: Brevo subscribes a
  // blocklisted contact again when its e-mail changes.
  base::Task<absl::Status> GuardExtId(const store::ContactToWrite& contact, brevo::ContactWrite* write,
                                      brevo::Lane lane);
  // It was deleted in Brevo between an audit's look and our write: an erasure that begins there.
  base::Task<absl::Status> Gone(const store::ContactToWrite& contact, brevo::Lane lane);
  base::Task<absl::StatusOr<int64_t>> Imports(Contacts contacts, brevo::ImportPlan plan);
  // Moves the rows out of the plan. Those that it didn't take are added to `left`.
  base::Task<absl::StatusOr<int64_t>> ImportOne(const Contacts& contacts, brevo::PlannedImport& plan,
                                                std::vector<std::size_t>* left);
  // Of unknown state if Brevo doesn't tell how it ended.
  base::Task<absl::StatusOr<brevo::Process>> AwaitProcess(int64_t process_id, std::size_t rows, int64_t since_ms);
  // False if it was stopped.
  base::Task<bool> Rest(base::Duration duration);
  // The e-mails, in lower case, that result files name; nothing if one can't be read for good.
  base::Task<absl::StatusOr<std::optional<std::set<std::string>>>> NotTaken(std::vector<brevo::ResultFile> files);
  // BREVO_TOO_EARLY while another connection of the account imports.
  base::Task<absl::Status> AwaitTurn();
  // None of ours runs any more, at Brevo or on its way there.
  base::Task<absl::Status> ImportEnded();
  base::Task<absl::Status> NoteImport(std::string note);
  // Settles those that are already as they should be, and returns the others.
  base::Task<absl::StatusOr<Contacts>> WithoutNoOps(Contacts contacts, brevo::Lane lane, int64_t* settled);
  brevo::ContactWrite WriteOf(const store::ContactToWrite& contact) const;
  // A row of an import can't clear; of a contact that we never wrote there is nothing to clear.
  brevo::ContactWrite RowOf(const store::ContactToWrite& contact) const;

  store::OwnerStore& store_;
  brevo::Client& brevo_;
  brevo::Client& importer_;  // the same account with a longer time-out
  base::Clock& clock_;
  telemetry::Logger& log_;
  Instruments& instruments_;
  Options options_;
  std::set<store::ContactId> forgotten_;
  std::multiset<store::ContactId> sending_;  // on their way to Brevo, by a call or an import
  store::ImportTurn turn_;
  bool earlier_import_ = true;                // may still run, as far as is known
  std::map<store::ContactId, Held> in_hand_;  // taken, and neither settled nor put back yet
  std::set<store::ContactId> stuck_;          // in flight by Redis, in nobody's hands
  bool take_lost_ = false;                    // an answer with contacts that are in flight now
  int taking_ = 0;
  std::map<store::ContactId, Failing> failing_;  // at most kMostFailing; the next owner begins anew
  int64_t written_ = 0;
  bool stopping_ = false;
  base::Bell stopped_;  // for the backfill lane, which alone rests
};

}  // namespace tajo::worker
