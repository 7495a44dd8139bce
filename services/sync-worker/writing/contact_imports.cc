// Large numbers of contacts: the part of ContactWriter that works by imports.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <iterator>
#include <utility>

#include "common/base/ascii.h"
#include "common/brevo/errors.h"
#include "services/sync-worker/writing/contact_writer.h"
#include "services/sync-worker/writing/content_hash.h"
#include "services/sync-worker/writing/on_their_way.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::worker {
namespace {

constexpr std::size_t kSettledAtOnce = 100;
constexpr char kImportCursor[] = "import";  // "" none, "sending:<ms>", "<process id> <ms>"
constexpr int kTakenAtOnce = 100;           // neither Redis nor this loop is kept busy with more
constexpr std::chrono::seconds kBetweenTurns{2};
constexpr int kLooksForATurn = 5;  // imports take seconds; whoever waits for longer isn't stopped by it
constexpr int kTriesForAFile = 3;
constexpr std::chrono::seconds kBetweenTries{5};
constexpr std::chrono::milliseconds kMayArriveFor{60'000};  // an import that was sent without our having heard
constexpr std::chrono::milliseconds kLongestImport = std::chrono::hours(6);  // what runs for longer is stuck

bool IsRefusedForGood(const absl::Status& status) {
  const brevo::Remedy remedy = brevo::RemedyFor(status);
  return remedy == brevo::Remedy::kDead || remedy == brevo::Remedy::kFixAndRetry;
}

absl::Status Stopped() {
  return base::Error(jira::v1::LEASE_LOST, "the work ended while it waited for an import");
}

// The number that it begins with.
int64_t NumberIn(const std::string& text) {
  int64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

}  // namespace

base::Task<absl::StatusOr<ContactWriter::Outcome>> ContactWriter::WriteBackfill() {
  Outcome outcome;
  // Two imports at once get each other stuck.
  if (earlier_import_) TAJO_CO_RETURN_IF_ERROR(co_await AwaitEarlierImport());
  Contacts needed;
  brevo::ImportPlanner planner;
  const auto wanted = static_cast<std::size_t>(options_.import_batch);
  std::size_t taken = 0;
  std::string from;
  while (taken < wanted && !stopping_) {
    auto part = co_await Take(kTakenAtOnce, brevo::Lane::kBackfill, &from);
    if (!part.ok()) {
      co_await LetGo(brevo::Lane::kBackfill);
      co_return part.status();
    }
    if (part->empty()) break;
    taken += part->size();
    auto changed = co_await WithoutNoOps(*std::move(part), brevo::Lane::kBackfill, &outcome.settled);
    if (!changed.ok()) {
      co_await LetGo(brevo::Lane::kBackfill);
      co_return changed.status();
    }
    for (store::ContactToWrite& contact : *changed) {
      planner.Add(RowOf(contact));
      needed.push_back(std::move(contact));
    }
  }
  outcome.more = taken >= wanted;
  auto settled = co_await Imports(std::move(needed), planner.Finish());
  co_await LetGo(brevo::Lane::kBackfill);
  if (!settled.ok()) co_return settled.status();
  outcome.settled += *settled;
  co_return outcome;
}

base::Task<absl::StatusOr<int64_t>> ContactWriter::Imports(Contacts contacts, brevo::ImportPlan plan) {
  int64_t settled = 0;
  for (auto& import : plan.imports) {
    if (stopping_) co_return settled;
    auto imported = co_await ImportOne(contacts, import, &plan.upserts);
    if (!imported.ok() && IsRefusedForGood(imported.status())) {
      // A list that is gone, say: one by one Brevo says for which of them.
      plan.upserts.insert(plan.upserts.end(), import.contacts.begin(), import.contacts.end());
      continue;
    }
    if (!imported.ok()) co_return imported.status();
    settled += *imported;
  }
  Contacts singles;
  for (const std::size_t index : plan.upserts) singles.push_back(std::move(contacts[index]));
  auto upserted = co_await Upserts(std::move(singles), brevo::Lane::kBackfill);
  if (!upserted.ok()) co_return upserted.status();
  co_return settled + *upserted;
}

base::Task<bool> ContactWriter::Rest(base::Duration duration) {
  if (!stopping_) co_await clock_.Sleep(duration, &stopped_);
  co_return !stopping_;
}

base::Task<absl::StatusOr<int64_t>> ContactWriter::ImportOne(const Contacts& contacts, brevo::PlannedImport& plan,
                                                             std::vector<std::size_t>* left) {
  std::vector<std::string> rows;
  rows.reserve(plan.rows.size());
  OnTheirWay on_their_way(sending_);
  for (std::size_t i = 0; i < plan.contacts.size(); ++i) {
    const store::ContactId& contact = contacts[plan.contacts[i]].contact;
    if (forgotten_.contains(contact)) continue;
    on_their_way.Add(contact);
    rows.push_back(std::move(plan.rows[i]));
  }
  if (rows.empty()) co_return 0;
  TAJO_CO_RETURN_IF_ERROR(co_await AwaitTurn());
  TAJO_CO_RETURN_IF_ERROR(co_await NoteSending());
  for (const std::size_t index : plan.contacts) MarkSent(contacts[index].contact);
  auto process_id = co_await importer_.Import(std::move(rows), plan.list_ids);
  if (!process_id.ok()) {
    // An ambiguous one may still run: the note stays, and the next turn waits for it.
    earlier_import_ = !brevo::SurelyNotActed(process_id.status());
    if (!earlier_import_) (void)co_await ImportEnded();
    co_return process_id.status();
  }
  const int64_t since_ms = base::ToMillis(clock_.Now());
  const absl::Status noted = co_await NoteImport(fmt::format("{} {}", *process_id, since_ms));
  earlier_import_ = !noted.ok();
  if (!noted.ok()) co_return noted;
  auto process = co_await AwaitProcess(*process_id, plan.contacts.size(), since_ms);
  earlier_import_ = !process.ok();  // it goes on without us
  if (!process.ok()) co_return process.status();
  auto refused = co_await NotTaken(process->files);
  if (!refused.ok()) co_return refused.status();
  int64_t count = 0;
  std::vector<store::OwnerStore::Settled> settled;
  for (const std::size_t index : plan.contacts) {
    const auto& contact = contacts[index];
    const bool completed = process->state == brevo::ProcessState::kCompleted && refused->has_value();
    const bool taken = completed && !(*refused)->contains(base::LowerCase(contact.desired.email()));
    if (taken) {
      settled.push_back({contact.contact, contact.version, ContentHash(contact), /*written=*/true});
    } else {
      left->push_back(index);  // one by one, Brevo says why
    }
    if (settled.size() < kSettledAtOnce && index != plan.contacts.back()) continue;
    count += static_cast<int64_t>(settled.size());
    TAJO_CO_RETURN_IF_ERROR(co_await Settle(std::exchange(settled, {}), brevo::Lane::kBackfill));
  }
  TAJO_CO_RETURN_IF_ERROR(co_await ImportEnded());
  instruments_.ContactsSettled("imported", count);
  co_return count;
}

base::Task<absl::StatusOr<std::optional<std::set<std::string>>>> ContactWriter::NotTaken(
    std::vector<brevo::ResultFile> files) {
  std::set<std::string> emails;
  for (const auto& file : files) {
    auto named = co_await importer_.RejectedEmails(file);
    for (int tries = 1; !named.ok() && brevo::RemedyFor(named.status()) == brevo::Remedy::kRetry; ++tries) {
      if (tries == kTriesForAFile || base::ReasonOf(named.status()) == jira::v1::LEASE_LOST) break;
      if (!co_await Rest(kBetweenTries)) co_return Stopped();
      named = co_await importer_.RejectedEmails(file);
    }
    if (base::ReasonOf(named.status()) == jira::v1::LEASE_LOST) co_return named.status();
    if (!named.ok()) {
      log_.Warn("an import's result file can't be read: its contacts are written one by one",
                {{"file", file.kind}, {"error", std::string(named.status().message())}});
      co_return std::optional<std::set<std::string>>();
    }
    for (const std::string& email : *named) emails.insert(base::LowerCase(email));
  }
  co_return std::optional(std::move(emails));
}

base::Task<absl::StatusOr<brevo::Process>> ContactWriter::AwaitProcess(int64_t process_id, std::size_t rows,
                                                                       int64_t since_ms) {
  for (int look = 0;; ++look) {
    if (!co_await Rest(brevo::ImportPollDelay(look, rows))) co_return Stopped();
    const bool overdue = base::ToMillis(clock_.Now()) - since_ms >= kLongestImport.count();
    auto process = co_await brevo_.GetProcess(process_id);
    const brevo::ProcessState state = process.ok() ? process->state : brevo::ProcessState::kUnknown;
    if (state != brevo::ProcessState::kQueued && state != brevo::ProcessState::kRunning &&
        state != brevo::ProcessState::kUnknown) {
      co_return process;
    }
    if (!process.ok() && base::ReasonOf(process.status()) == jira::v1::LEASE_LOST) co_return process.status();
    if (overdue || (!process.ok() && IsRefusedForGood(process.status()))) {
      log_.Warn("how an import ended can't be known: its contacts are written one by one",
                {{"process", std::to_string(process_id)},
                 {"error", process.ok() ? "it runs for too long" : std::string(process.status().message())}});
      co_return brevo::Process{process_id, brevo::ProcessState::kUnknown, {}};
    }
    if (!process.ok()) co_return process.status();
    (void)co_await turn_.Take();  // for as long as it runs
  }
}

base::Task<absl::Status> ContactWriter::AwaitEarlierImport() {
  auto cursors = co_await store_.Cursors();
  if (!cursors.ok()) co_return cursors.status();
  const std::string note = (*cursors)[kImportCursor];
  if (note.empty()) {
    earlier_import_ = false;
    co_return co_await turn_.GiveBack();
  }
  if (note.starts_with("sending:")) {
    // It may have been accepted without our having heard; imports take seconds.
    const std::chrono::milliseconds gone(base::ToMillis(clock_.Now()) - NumberIn(note.substr(8)));
    const auto left = std::min(kMayArriveFor - gone, kMayArriveFor);
    if (left.count() > 0 && !co_await Rest(left)) co_return Stopped();
  } else {
    const std::size_t blank = note.find(' ');
    const int64_t since_ms =
        blank == std::string::npos ? base::ToMillis(clock_.Now()) : NumberIn(note.substr(blank + 1));
    const auto process = co_await AwaitProcess(NumberIn(note), 0, since_ms);
    if (!process.ok()) co_return process.status();
  }
  earlier_import_ = false;
  co_return co_await ImportEnded();
}

base::Task<absl::Status> ContactWriter::AwaitTurn() {
  for (int looks = 0; looks < kLooksForATurn; ++looks) {
    TAJO_CO_ASSIGN_OR_RETURN(const bool ours, co_await turn_.Take());
    if (ours) co_return absl::OkStatus();
    if (!co_await Rest(kBetweenTurns)) co_return Stopped();
  }
  co_return base::Error(jira::v1::BREVO_TOO_EARLY, "another connection of the Brevo account imports");
}

base::Task<absl::Status> ContactWriter::ImportEnded() {
  TAJO_CO_RETURN_IF_ERROR(co_await NoteImport(""));
  co_return co_await turn_.GiveBack();
}

base::Task<absl::Status> ContactWriter::NoteSending() {
  return NoteImport(fmt::format("sending:{}", base::ToMillis(clock_.Now())));
}

base::Task<absl::Status> ContactWriter::NoteImport(std::string note) {
  store::Application application;
  application.cursors[kImportCursor] = std::move(note);
  const auto applied = co_await store_.Apply(std::move(application));
  co_return applied.status();
}

brevo::ContactWrite ContactWriter::RowOf(const store::ContactToWrite& contact) const {
  brevo::ContactWrite write = WriteOf(contact);
  if (contact.mends > 0) write.list_ids.clear();  // an import would make it anew: it goes by update
  if (!contact.known) std::erase_if(write.attributes, [](const auto& item) { return item.second == "\"\""; });
  return write;
}

}  // namespace tajo::worker
