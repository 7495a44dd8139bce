#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "common/base/clock.h"
#include "common/base/error.h"
#include "common/base/task.h"
#include "common/redis/client.h"
#include "common/store/desired_codec.h"
#include "common/store/ids.h"
#include "common/store/issue_record.h"
#include "common/store/keys.h"
#include "common/store/replica_commit.h"
#include "common/store/tombstones.h"
#include "tajo/jira/v1/connection.pb.h"
#include "tajo/jira/v1/event.pb.h"
#include "tajo/jira/v1/record.pb.h"

namespace tajo::store {

// An entry of `events` as the owner takes it.
struct TakenEvent {
  std::string entry_id;
  jira::v1::Event event;
  bool unreadable = false;  // the payload doesn't parse
  int crashes = 0;          // how many owners ended while this entry was in their hands
};

struct IssueWrite {
  int64_t issue_id = 0;
  IssueRecord record;
  int64_t rank_ms = 0;               // its place in the contact's ticket list: updated or created
  jira::v1::DesiredContact desired;  // if this is the contact's last ticket; lists not included
  // Whose work it is and where, so that capacity can be shown; empty: not known, or nobody.
  std::string assignee_account_id;
  std::string project_key;
  // Whose ticket it is where the record has no contact: known by account only, without an e-mail. The
  // ticket waits for one, see store::Parked. Empty: nobody.
  std::string parked_account;
};

// Replaces a contact's desired state apart from any ticket: users' names, or the last ticket gone.
// Applied only if the contact's newest ticket is still `expected_last_ticket` (0: none).
struct ContactReset {
  ContactId contact;
  int64_t expected_last_ticket = 0;
  jira::v1::DesiredContact desired;
  // kCreate: for somebody who has neither a ticket nor a state; nothing where there is one.
  enum class For { kExisting, kCreate } contact_is = For::kExisting;
};

struct JobProgress {
  std::string job_id;
  std::map<std::string, std::string> fields;  // checkpoint and progress, written as they are
};

struct DeadLetterWrite {
  jira::v1::DeadLetterRecord record;
};

// A release or a sprint that is dealt with herewith; see MilestoneLog. One that was known stays as it was.
struct MilestoneWrite {
  std::string key;
  std::string known_as;
  std::optional<jira::v1::CampaignRecord> campaign;  // that it becomes
};

// Live work goes before backfill: a contact made dirty by a backfill page is due after all live ones
// (its score in `dirty` is kBackfillOffset + now; ZADD LT moves it forward when a live change comes).
enum class Lane { kLive, kBackfill };
inline constexpr int64_t kBackfillOffset = int64_t{1} << 50;

// All that follows from some changes, made true together with their acknowledgement.
struct Application {
  Lane lane = Lane::kLive;
  std::vector<std::string> acknowledged;  // entry ids of `events`
  std::vector<IssueWrite> issues;
  std::vector<ContactReset> contacts;
  std::vector<jira::v1::OutboxEvent> outbox;
  std::vector<DeadLetterWrite> dead_letters;
  std::map<std::string, int64_t> counters;     // added to
  std::map<std::string, std::string> cursors;  // set
  std::optional<JobProgress> job;
  std::vector<MilestoneWrite> milestones;
};

struct LastTicket {
  ContactId contact;
  int64_t issue_id = 0;  // 0: the contact has no ticket left
};

struct Applied {
  int64_t issues_written = 0;
  int64_t issues_stale = 0;  // a newer version, or a tombstone, was there
  int64_t events_queued = 0;
  int64_t events_known = 0;                // their uid is in the ledger
  int64_t events_erased = 0;               // of erased people: dropped
  int64_t events_of_nobody = 0;            // their contact isn't ours and never will be by them: dropped
  int64_t events_too_old = 0;              // older than the ledger remembers: dropped, they might be repetitions
  int64_t entries_gone = 0;                // acknowledged before: this call is a repetition
  std::vector<LastTicket> stale_contacts;  // whose last ticket must be re-read (or cleared)
  bool job_cancelled = false;
};

struct ContactToWrite {
  ContactId contact;
  int64_t version = 0;
  jira::v1::DesiredContact desired;  // with list_ids; none for who unsubscribed in Brevo
  std::vector<int64_t> unlink_list_ids;
  bool known = false;           // Brevo has it
  bool forget_written = false;  // write it whatever the hash says: see ReclaimInFlight and Mend
  int mends = 0;                // how often an audit had this version written again
  std::string written_hash;
  int64_t written_ms = 0;
};

struct OutboxEntry {
  std::string entry_id;
  jira::v1::OutboxEvent event;
  char ledger = 'q';  // q queued, s sending (by an earlier owner: ambiguous), h held
  int64_t sending_since_ms = 0;
  bool contact_known = false;
  std::string email;  // of the contact, to address it in Brevo
  // For which its contact was given up, so that Brevo won't know it; 0: it wasn't.
  base::Reason given_up{};
};

struct OwnerBacklog {
  int64_t events = 0, jobs = 0, outbox = 0;
  int64_t dirty_live = 0, dirty_backfill = 0;
  int64_t stale = 0;            // contacts in `stale`
  int64_t oldest_event_ms = 0;  // from the first entry's id; 0: none
  int64_t generation = 0;       // of the connection's record: another than before means config or state changed
  int64_t people = 0;           // requests of people that wait
};

// What the owner of a connection reads and writes. Every write compares the lease and answers
// LEASE_LOST if another owner has it. All scripts are idempotent: a call whose answer was lost
// (REDIS_AMBIGUOUS) is repeated as it was.
//
// Of an application: a deletion beats whatever version is known; otherwise the higher version wins and
// an equal one is written again. Without `acknowledged` entries its parts are repeatable by themselves,
// except `counters`.
class OwnerStore {
 public:
  OwnerStore(redis::Client& redis, const base::Clock& clock, std::string connection_id, LeaseToken lease,
             int ledger_days = 30, base::Secret erasure_key = {});

  // What is applied, and what is about to be sent, then waits for replicas. It outlives this.
  void ConfirmBy(ReplicaCommit* commit) { commit_ = commit; }

  // The oldest entries, without removing them; remembers them as in hand, to count crashes. One that an owner
  // crashed on comes alone: the next crash names it. Not those in `passed_over`.
  base::Task<absl::StatusOr<std::vector<TakenEvent>>> Take(int count, std::vector<std::string> passed_over = {});
  // Those taken that are left for later are in hand no more.
  base::Task<absl::Status> LayDown();
  base::Task<absl::StatusOr<std::vector<std::optional<IssueRecord>>>> Issues(std::vector<int64_t> ids);
  base::Task<absl::StatusOr<Applied>> Apply(Application application);

  // Dirty contacts of that lane, longest dirty first (those that Brevo doesn't know yet before the
  // others, since events wait for them); skips what is in flight already, and marks them in flight.
  // `from`: where the next call of the same round goes on, empty for the first. A round takes all in their order.
  base::Task<absl::StatusOr<std::vector<ContactToWrite>>> TakeDirty(int count, Lane lane, std::string* from = nullptr);
  // Not written after all (a passing fault): not in flight any more, still dirty. With kMaybe they are
  // written next time whatever their hash says: what reached Brevo is unknown.
  enum class Sent { kNo, kMaybe };
  base::Task<absl::Status> PutBack(std::vector<ContactId> contacts, Sent sent = Sent::kNo);
  base::Task<absl::StatusOr<std::vector<ContactId>>> InFlight();
  struct Settled {
    ContactId contact;
    int64_t version = 0;  // clean only if the contact is still at it
    std::string written_hash;
    bool written = true;  // false: nothing was sent (equal hash)
  };
  base::Task<absl::Status> Settle(std::vector<Settled> settled);
  // Gives up writing this version: dead letter, not dirty any more.
  base::Task<absl::Status> Abandon(ContactId contact, int64_t version, jira::v1::DeadLetterRecord letter);
  // At take-over: what an earlier owner had in flight is dirty again, whatever its hash.
  base::Task<absl::StatusOr<int64_t>> ReclaimInFlight();
  // Contacts whose last ticket must be re-read: what Applied.stale_contacts told, kept in the hash
  // `stale` (contact -> issue id) by the apply script until an IssueWrite or ContactReset settles it.
  base::Task<absl::StatusOr<std::vector<LastTicket>>> StaleContacts(int count);
  // These contacts' last tickets are to be re-read: what filled them in has changed in Jira.
  base::Task<absl::Status> MarkStale(std::vector<ContactId> contacts);
  // The ticket that the desired state was made from; 0: none.
  base::Task<absl::StatusOr<int64_t>> LastTicketOf(ContactId contact);
  struct KeptContact {
    ContactToWrite state;  // with all lists that it should be in
    bool busy = false;     // a write is due or under way
    bool unsubscribed = false;
  };
  // As they stand; nothing for those that aren't ours. In the order asked for.
  base::Task<absl::StatusOr<std::vector<std::optional<KeptContact>>>> Contacts(std::vector<ContactId> ids);
  struct Difference {
    ContactId contact;
    int64_t version = 0;        // as it was compared
    int mends = 0;              // with this one; 0: it isn't to be mended
    bool unsubscribed = false;  // in Brevo: it is put into no list from now on
  };
  // Of an audit: these are another in Brevo. Dirty again, behind live work, unless they have changed
  // since they were read. Says how many.
  base::Task<absl::StatusOr<int64_t>> Mend(std::vector<Difference> differences);
  // The desired state as it stands, for a ContactReset.
  base::Task<absl::StatusOr<std::optional<jira::v1::DesiredContact>>> Desired(ContactId contact);

  base::Task<absl::StatusOr<std::vector<OutboxEntry>>> PeekOutbox(int count, std::string after_entry_id);
  base::Task<absl::Status> MarkSending(std::vector<OutboxEntry> entries);
  base::Task<absl::Status> MarkQueued(std::vector<OutboxEntry> entries);  // surely not sent
  base::Task<absl::Status> MarkSent(std::vector<OutboxEntry> entries);    // and removes them
  base::Task<absl::Status> MarkHeld(std::vector<OutboxEntry> entries);    // ambiguous, left to a person
  base::Task<absl::Status> MarkDead(OutboxEntry entry, jira::v1::DeadLetterRecord letter);

  // Those that are known and were put within the last 7 days. Erased people aren't put.
  base::Task<absl::StatusOr<std::map<std::string, jira::v1::User>>> Users(std::vector<std::string> account_ids);
  base::Task<absl::Status> PutUsers(std::vector<jira::v1::User> users);
  base::Task<absl::StatusOr<std::map<std::string, std::string>>> Cursors();

  // Issue records, some hundred a call, in no order: begin with "0", go on with `cursor` until it is
  // "0" again. What changes meanwhile may come twice or in either state.
  struct IssuePage {
    std::string cursor;
    std::vector<std::pair<int64_t, IssueRecord>> issues;
  };
  base::Task<absl::StatusOr<IssuePage>> ScanIssues(std::string cursor);
  // Removes what is past its time: tombstones (7 days), dead letters, quarantine, users (7 days).
  // Some hundred a call: true if there may be more.
  base::Task<absl::StatusOr<bool>> Upkeep(jira::v1::RetentionSettings retention);

  const std::string& ConnectionId() const { return connection_id_; }
  const Keys& ConnectionKeys() const { return keys_; }
  const LeaseToken& Lease() const { return lease_; }
  const Tombstones& Erased() const { return tombstones_; }
  // For the other stores of an owner: runs a script behind lua/owner.lua; LEASE_LOST if it said so.
  base::Task<absl::StatusOr<redis::Reply>> Run(const redis::Script& script, redis::Args args);
  redis::Client& Redis() { return redis_; }
  int64_t NowMs() const { return base::ToMillis(clock_.Now()); }

 private:
  base::Task<absl::Status> Confirm();
  base::Task<absl::Status> NumberAttributes(std::vector<std::string> names);
  // Those known in Redis; read once.
  base::Task<absl::Status> LoadAttributes();
  base::Task<absl::Status> Mark(char state, std::vector<OutboxEntry> entries,
                                std::optional<jira::v1::DeadLetterRecord> letter);

  redis::Client& redis_;
  const base::Clock& clock_;
  std::string connection_id_;
  Keys keys_;
  LeaseToken lease_;
  int ledger_days_;
  Tombstones tombstones_;
  ReplicaCommit* commit_ = nullptr;             // null: Redis' own answer is enough
  std::optional<AttributeNumbers> attributes_;  // once they were needed
  std::string users_cursor_ = "0";              // of Upkeep
};

}  // namespace tajo::store
