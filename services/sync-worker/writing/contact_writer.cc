#include "services/sync-worker/writing/contact_writer.h"

#include <fmt/format.h>

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <charconv>
#include <iterator>
#include <set>
#include <utility>

#include "common/brevo/errors.h"
#include "services/sync-worker/writing/content_hash.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::worker {
namespace {

using boost::asio::experimental::awaitable_operators::operator&&;

constexpr char kImportCursor[] = "import";  // "" none, "sending:<ms>", "<process id>"
constexpr int kTakenAtOnce = 1000;
constexpr std::size_t kFieldsToDrop = 3;  // refused fields dropped from one contact before giving it up

jira::v1::DeadLetterRecord LetterFor(const store::ContactToWrite& contact, const absl::Status& status, int attempts,
                                     int64_t now_ms) {
  jira::v1::DeadLetterRecord letter;
  letter.set_kind("contact");
  letter.set_payload(contact.desired.SerializeAsString());
  letter.set_reason(static_cast<int>(base::ReasonOf(status)));
  letter.set_message(std::string(status.message()));
  letter.set_attempts(attempts);
  letter.set_first_error_ms(now_ms);
  letter.set_last_error_ms(now_ms);
  return letter;
}

// Contacts that are on their way to Brevo, for as long as it lives.
class OnTheirWay {
 public:
  explicit OnTheirWay(std::multiset<store::ContactId>& sending) : sending_(sending) {}
  ~OnTheirWay() {
    for (const store::ContactId& contact : contacts_) sending_.erase(sending_.find(contact));
  }
  OnTheirWay(const OnTheirWay&) = delete;
  OnTheirWay& operator=(const OnTheirWay&) = delete;
  void Add(const store::ContactId& contact) {
    contacts_.push_back(contact);
    sending_.insert(contact);
  }

 private:
  std::multiset<store::ContactId>& sending_;
  std::vector<store::ContactId> contacts_;
};

int64_t NumberIn(const std::string& text) {
  int64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

}  // namespace

ContactWriter::ContactWriter(store::OwnerStore& store, brevo::Client& brevo, brevo::Client& importer,
                             base::Clock& clock, telemetry::Logger& log, Instruments& instruments, Options options)
    : store_(store),
      brevo_(brevo),
      importer_(importer),
      clock_(clock),
      log_(log),
      instruments_(instruments),
      options_(std::move(options)) {}

base::Task<absl::StatusOr<ContactWriter::Outcome>> ContactWriter::WriteLive() {
  Outcome outcome;
  auto dirty = co_await store_.TakeDirty(options_.batch, store::Lane::kLive);
  if (!dirty.ok()) co_return dirty.status();
  outcome.more = dirty->size() == static_cast<std::size_t>(options_.batch);
  auto settled = co_await Upserts(*std::move(dirty), brevo::Lane::kLive);
  if (!settled.ok()) co_return settled.status();
  outcome.settled = *settled;
  co_return outcome;
}

base::Task<absl::StatusOr<ContactWriter::Outcome>> ContactWriter::WriteBackfill() {
  Outcome outcome;
  // In parts, so that no script keeps Redis busy for long.
  Contacts dirty;
  const auto wanted = static_cast<std::size_t>(options_.import_batch);
  while (dirty.size() < wanted) {
    auto part = co_await store_.TakeDirty(kTakenAtOnce, store::Lane::kBackfill);
    if (!part.ok()) co_return part.status();
    if (part->empty()) break;
    std::move(part->begin(), part->end(), std::back_inserter(dirty));
  }
  outcome.more = dirty.size() >= wanted;
  auto settled = co_await Imports(std::move(dirty));
  if (!settled.ok()) co_return settled.status();
  outcome.settled = *settled;
  co_return outcome;
}

base::Task<absl::StatusOr<ContactWriter::Contacts>> ContactWriter::WithoutNoOps(Contacts contacts, int64_t* settled) {
  Contacts needed;
  std::vector<store::OwnerStore::Settled> unchanged;
  for (auto& contact : contacts) {
    std::string hash = ContentHash(contact);
    if (contact.known && !contact.forget_written && hash == contact.written_hash) {
      unchanged.push_back({contact.contact, contact.version, std::move(hash), /*written=*/false});
    } else {
      needed.push_back(std::move(contact));
    }
  }
  if (!unchanged.empty()) {
    const auto count = static_cast<int64_t>(unchanged.size());
    const absl::Status status = co_await store_.Settle(std::move(unchanged));
    if (!status.ok()) co_return status;
    instruments_.ContactsSettled("unchanged", count);
    *settled += count;
  }
  co_return needed;
}

base::Task<absl::StatusOr<int64_t>> ContactWriter::Upserts(Contacts contacts, brevo::Lane lane) {
  int64_t settled = 0;
  auto needed = co_await WithoutNoOps(std::move(contacts), &settled);
  if (!needed.ok()) co_return needed.status();
  absl::Status first_error;
  std::size_t next = 0;
  Contacts queue = *std::move(needed);
  // Different contacts, so their order doesn't matter.
  auto one = [&] { return UpsertFrom(&queue, &next, lane, &settled, &first_error); };
  if (queue.size() < 3) {
    co_await one();
  } else {
    co_await (one() && one() && one() && one() && one() && one() && one() && one());
  }
  if (!first_error.ok()) {
    std::vector<store::ContactId> left;
    for (std::size_t i = next; i < queue.size(); ++i) left.push_back(queue[i].contact);
    if (!left.empty()) (void)co_await store_.PutBack(std::move(left));
    co_return first_error;
  }
  co_return settled;
}

base::Task<void> ContactWriter::UpsertFrom(Contacts* queue, std::size_t* next, brevo::Lane lane, int64_t* settled,
                                           absl::Status* first_error) {
  while (*next < queue->size() && first_error->ok()) {
    store::ContactToWrite contact = std::move((*queue)[(*next)++]);
    const store::ContactId id = contact.contact;
    absl::Status status = co_await Upsert(std::move(contact), lane);
    if (status.ok()) {
      ++*settled;
      continue;
    }
    std::vector<store::ContactId> back(1, id);
    (void)co_await store_.PutBack(std::move(back));
    if (first_error->ok()) *first_error = std::move(status);
  }
}

base::Task<absl::Status> ContactWriter::Upsert(store::ContactToWrite contact, brevo::Lane lane) {
  if (forgotten_.erase(contact.contact) > 0) {
    std::vector<store::ContactId> gone(1, contact.contact);
    co_return co_await store_.PutBack(std::move(gone));
  }
  OnTheirWay on_its_way(sending_);
  on_its_way.Add(contact.contact);
  const std::string hash = ContentHash(contact);
  brevo::ContactWrite write = WriteOf(contact);
  absl::Status status;
  for (std::size_t dropped = 0;; ++dropped) {
    const auto result = co_await brevo_.UpsertContact(write, lane);
    status = result.status();
    if (status.ok()) break;
    const brevo::Remedy remedy = brevo::RemedyFor(status);
    if (remedy == brevo::Remedy::kRetry || remedy == brevo::Remedy::kPauseConnection) co_return status;
    if (base::ReasonOf(status) == jira::v1::LEASE_LOST) co_return status;
    // A bad field costs the field, not the contact.
    std::vector<std::string> culprits = brevo::ClashingIdentifiers(status);
    if (const std::string field = brevo::RefusedField(status); !field.empty()) culprits.push_back(field);
    bool smaller = false;
    for (const std::string& culprit : culprits) {
      smaller |= write.attributes.erase(culprit) > 0;
      if (culprit == "ext_id" && !write.ext_id.empty()) {
        write.ext_id.clear();
        smaller = true;
      }
    }
    if (!smaller || dropped >= kFieldsToDrop) {
      const int64_t now = base::ToMillis(clock_.Now());
      log_.Warn("contact given up", {{"reason", base::ReasonName(base::ReasonOf(status))}});
      instruments_.DeadLetter(base::ReasonOf(status));
      co_return co_await store_.Abandon(contact.contact, contact.version,
                                        LetterFor(contact, status, static_cast<int>(dropped) + 1, now));
    }
    instruments_.FieldDropped(base::ReasonName(base::ReasonOf(status)));
  }
  std::vector<store::OwnerStore::Settled> settled;
  settled.push_back({contact.contact, contact.version, hash, /*written=*/true});
  instruments_.ContactsSettled("written", 1);
  co_return co_await store_.Settle(std::move(settled));
}

base::Task<absl::StatusOr<int64_t>> ContactWriter::Imports(Contacts contacts) {
  int64_t settled = 0;
  auto needed = co_await WithoutNoOps(std::move(contacts), &settled);
  if (!needed.ok()) co_return needed.status();
  std::vector<brevo::ContactWrite> writes;
  writes.reserve(needed->size());
  for (const auto& contact : *needed) writes.push_back(RowOf(contact));
  const brevo::ImportPlan plan = brevo::PlanImport(writes);
  writes.clear();
  for (const auto& import : plan.imports) {
    auto imported = co_await ImportOne(*needed, import);
    if (!imported.ok()) {
      std::vector<store::ContactId> all;
      for (const auto& contact : *needed) all.push_back(contact.contact);
      (void)co_await store_.PutBack(std::move(all));  // those settled already are not in flight
      co_return imported.status();
    }
    settled += *imported;
  }
  Contacts singles;
  for (const std::size_t index : plan.upserts) singles.push_back(std::move((*needed)[index]));
  auto upserted = co_await Upserts(std::move(singles), brevo::Lane::kBackfill);
  if (!upserted.ok()) co_return upserted.status();
  co_return settled + *upserted;
}

base::Task<absl::StatusOr<int64_t>> ContactWriter::ImportOne(const Contacts& contacts,
                                                             const brevo::PlannedImport& plan) {
  std::vector<brevo::ImportRow> rows;
  rows.reserve(plan.rows.size());
  OnTheirWay on_their_way(sending_);
  for (const std::size_t index : plan.rows) {
    if (forgotten_.contains(contacts[index].contact)) continue;
    on_their_way.Add(contacts[index].contact);
    brevo::ContactWrite write = RowOf(contacts[index]);
    rows.push_back({std::move(write.email), std::move(write.attributes)});
  }
  if (rows.empty()) co_return 0;
  const std::string note = fmt::format("sending:{}", base::ToMillis(clock_.Now()));
  TAJO_CO_RETURN_IF_ERROR(co_await NoteImport(note));
  auto process_id = co_await importer_.Import(std::move(rows), plan.list_ids);
  if (!process_id.ok()) {
    // An ambiguous one may still run: the note stays, and the next turn waits for it.
    if (brevo::SurelyNotActed(process_id.status())) (void)co_await NoteImport("");
    co_return process_id.status();
  }
  TAJO_CO_RETURN_IF_ERROR(co_await NoteImport(std::to_string(*process_id)));
  auto process = co_await AwaitProcess(*process_id, plan.rows.size());
  if (!process.ok()) co_return process.status();

  std::set<std::string> refused;
  for (const auto& file : process->files) {
    auto emails = co_await importer_.RejectedEmails(file);
    if (!emails.ok()) co_return emails.status();
    refused.insert(emails->begin(), emails->end());
  }
  Contacts singles;
  std::vector<store::OwnerStore::Settled> settled;
  for (const std::size_t index : plan.rows) {
    const auto& contact = contacts[index];
    const bool taken = process->state == brevo::ProcessState::kCompleted && !refused.contains(contact.desired.email());
    if (taken) {
      settled.push_back({contact.contact, contact.version, ContentHash(contact), /*written=*/true});
    } else {
      singles.push_back(contact);  // one by one, Brevo says why
    }
  }
  const auto count = static_cast<int64_t>(settled.size());
  TAJO_CO_RETURN_IF_ERROR(co_await store_.Settle(std::move(settled)));
  TAJO_CO_RETURN_IF_ERROR(co_await NoteImport(""));
  instruments_.ContactsSettled("imported", count);
  auto upserted = co_await Upserts(std::move(singles), brevo::Lane::kBackfill);
  if (!upserted.ok()) co_return upserted.status();
  co_return count + *upserted;
}

base::Task<absl::StatusOr<brevo::Process>> ContactWriter::AwaitProcess(int64_t process_id, std::size_t rows) {
  for (int look = 0;; ++look) {
    co_await clock_.Sleep(brevo::ImportPollDelay(look, rows));
    auto process = co_await brevo_.GetProcess(process_id);
    if (!process.ok()) co_return process.status();
    if (process->state != brevo::ProcessState::kQueued && process->state != brevo::ProcessState::kRunning &&
        process->state != brevo::ProcessState::kUnknown) {
      co_return process;
    }
  }
}

base::Task<absl::Status> ContactWriter::AwaitEarlierImport() {
  auto cursors = co_await store_.Cursors();
  if (!cursors.ok()) co_return cursors.status();
  const std::string note = (*cursors)[kImportCursor];
  if (note.empty()) {
    earlier_import_ = false;
    co_return absl::OkStatus();
  }
  if (note.starts_with("sending:")) {
    // It may have been accepted without our having heard; imports take seconds.
    const int64_t until = NumberIn(note.substr(8)) + 60'000;
    const int64_t now = base::ToMillis(clock_.Now());
    if (until > now) co_await clock_.Sleep(std::chrono::milliseconds(until - now));
  } else {
    const auto process = co_await AwaitProcess(NumberIn(note), 0);
    if (!process.ok() && base::ReasonOf(process.status()) != jira::v1::BREVO_NOT_FOUND) co_return process.status();
  }
  earlier_import_ = false;
  co_return co_await NoteImport("");
}

base::Task<absl::Status> ContactWriter::NoteImport(std::string note) {
  store::Application application;
  application.cursors[kImportCursor] = std::move(note);
  const auto applied = co_await store_.Apply(std::move(application));
  co_return applied.status();
}

brevo::ContactWrite ContactWriter::WriteOf(const store::ContactToWrite& contact) const {
  brevo::ContactWrite write;
  write.email = contact.desired.email();
  write.attributes.insert(contact.desired.attributes().begin(), contact.desired.attributes().end());
  write.list_ids.assign(contact.desired.list_ids().begin(), contact.desired.list_ids().end());
  write.unlink_list_ids = contact.unlink_list_ids;
  if (!options_.ext_id_from.empty()) write.ext_id = contact.desired.account_id();
  return write;
}

brevo::ContactWrite ContactWriter::RowOf(const store::ContactToWrite& contact) const {
  brevo::ContactWrite write = WriteOf(contact);
  if (!contact.known) std::erase_if(write.attributes, [](const auto& item) { return item.second == "\"\""; });
  return write;
}

}  // namespace tajo::worker
