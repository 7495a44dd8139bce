#include "services/sync-worker/writing/contact_writer.h"

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <utility>

#include "common/base/all_of.h"
#include "common/base/ascii.h"
#include "common/brevo/errors.h"
#include "common/store/people.h"
#include "services/sync-worker/writing/content_hash.h"
#include "services/sync-worker/writing/on_their_way.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::worker {
namespace {

constexpr std::size_t kUpsertsAtOnce = 8;
constexpr std::size_t kPutBackAtOnce = 1000;
constexpr std::size_t kFieldsToDrop = 3;  // refused fields dropped from one contact before giving it up
// A failure is a contact's own if Brevo fails at it so often, for so long, while others succeed.
constexpr int kFailuresOfItsOwn = 20;
constexpr std::chrono::minutes kFailsForAtLeast{10};
constexpr std::size_t kMostFailing = 1000;

bool MayBeTheContacts(const absl::Status& status) {
  switch (base::ReasonOf(status)) {
    case jira::v1::BREVO_UNAVAILABLE:
    case jira::v1::BREVO_RESPONSE_INVALID:
    case jira::v1::UPSTREAM_AMBIGUOUS:
      return true;
    default:
      return false;
  }
}

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

// Takes out of the write what Brevo names as the cause of its refusal: a bad field costs the field, not
// the contact. False if there is nothing to leave out.
bool LeaveOut(const absl::Status& refusal, brevo::ContactWrite& write) {
  std::vector<std::string> culprits = brevo::ClashingIdentifiers(refusal);
  if (std::string field = brevo::RefusedField(refusal); !field.empty()) culprits.push_back(std::move(field));
  bool smaller = false;
  for (const std::string& culprit : culprits) {
    std::string name = base::LowerCase(culprit);
    if (name == "ext_id" || name == "email") {
      // Of two identifiers that are two contacts' the e-mail says who it is.
      smaller |= !write.email.empty() && !write.ext_id.empty();
      if (!write.email.empty()) write.ext_id.clear();
    } else if (name == "listids") {
      smaller |= !write.list_ids.empty() || !write.unlink_list_ids.empty();
      write.list_ids.clear();
      write.unlink_list_ids.clear();
    } else {
      if (name == "landline") name = "landline_number";
      const auto same = [&name](const auto& attribute) { return base::LowerCase(attribute.first) == name; };
      smaller |= std::erase_if(write.attributes, same) > 0;
    }
  }
  return smaller;
}

// A JSON value as text, for an identifier; empty for what isn't one.
std::string PlainText(const std::string& json) {
  const auto value = nlohmann::json::parse(json, nullptr, /*allow_exceptions=*/false);
  if (value.is_string()) return value.get<std::string>();
  return value.is_number_integer() ? value.dump() : std::string();
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
      options_(std::move(options)),
      turn_(store_.Redis(), options_.account, store_.ConnectionId()) {}

base::Task<absl::StatusOr<ContactWriter::Contacts>> ContactWriter::Take(int count, brevo::Lane lane,
                                                                        std::string* from) {
  TAJO_CO_RETURN_IF_ERROR(co_await FreeStuck());
  ++taking_;
  auto taken =
      co_await store_.TakeDirty(count, lane == brevo::Lane::kLive ? store::Lane::kLive : store::Lane::kBackfill, from);
  --taking_;
  take_lost_ |= !taken.ok();
  if (taken.ok()) {
    for (const store::ContactToWrite& contact : *taken) in_hand_.insert_or_assign(contact.contact, Held{lane});
  }
  co_return taken;
}

void ContactWriter::Drop(const store::ContactId& contact, brevo::Lane lane) {
  if (const auto held = in_hand_.find(contact); held != in_hand_.end() && held->second.lane == lane) {
    in_hand_.erase(held);
  }
}

void ContactWriter::MarkSent(const store::ContactId& contact) {
  if (const auto held = in_hand_.find(contact); held != in_hand_.end()) held->second.sent = Sent::kMaybe;
}

base::Task<void> ContactWriter::LetGo(brevo::Lane lane) {
  std::vector<store::ContactId> unsent, sent;
  for (const auto& [contact, held] : in_hand_) {
    if (held.lane == lane) (held.sent == Sent::kNo ? unsent : sent).push_back(contact);
  }
  co_await PutBack(std::move(unsent), lane, Sent::kNo);
  co_await PutBack(std::move(sent), lane, Sent::kMaybe);
}

base::Task<void> ContactWriter::PutBack(std::vector<store::ContactId> contacts, brevo::Lane lane, Sent sent) {
  // In parts, so that no script keeps Redis busy for long.
  for (std::size_t begin = 0; begin < contacts.size(); begin += kPutBackAtOnce) {
    const std::size_t end = std::min(begin + kPutBackAtOnce, contacts.size());
    const std::vector<store::ContactId> part(contacts.begin() + static_cast<std::ptrdiff_t>(begin),
                                             contacts.begin() + static_cast<std::ptrdiff_t>(end));
    const absl::Status status = co_await store_.PutBack(part, sent);
    if (!status.ok()) stuck_.insert(part.begin(), part.end());
    for (const store::ContactId& contact : part) Drop(contact, lane);
  }
}

void ContactWriter::Stop() {
  stopping_ = true;
  stopped_.Ring();
}

base::Task<absl::Status> ContactWriter::Settle(std::vector<store::OwnerStore::Settled> settled, brevo::Lane lane) {
  TAJO_CO_RETURN_IF_ERROR(co_await store_.Settle(settled));
  for (const auto& one : settled) Drop(one.contact, lane);
  co_return absl::OkStatus();
}

base::Task<absl::Status> ContactWriter::FreeStuck() {
  // While the other lane takes, what it takes is in flight and not in its hands yet.
  if (take_lost_ && taking_ == 0) {
    TAJO_CO_ASSIGN_OR_RETURN(const std::vector<store::ContactId> in_flight, co_await store_.InFlight());
    if (taking_ == 0) {
      for (const store::ContactId& contact : in_flight) {
        if (!in_hand_.contains(contact)) stuck_.insert(contact);
      }
      take_lost_ = false;
    }
  }
  if (stuck_.empty()) co_return absl::OkStatus();
  std::vector<store::ContactId> contacts(stuck_.begin(), stuck_.end());
  TAJO_CO_RETURN_IF_ERROR(co_await store_.PutBack(contacts, store::OwnerStore::Sent::kMaybe));
  for (const store::ContactId& contact : contacts) stuck_.erase(contact);
  co_return absl::OkStatus();
}

base::Task<absl::StatusOr<ContactWriter::Outcome>> ContactWriter::WriteLive() {
  Outcome outcome;
  auto dirty = co_await Take(options_.batch, brevo::Lane::kLive);
  if (!dirty.ok()) co_return dirty.status();
  outcome.more = dirty->size() == static_cast<std::size_t>(options_.batch);
  auto settled = co_await Upserts(*std::move(dirty), brevo::Lane::kLive);
  co_await LetGo(brevo::Lane::kLive);
  if (!settled.ok()) co_return settled.status();
  outcome.settled = *settled;
  co_return outcome;
}

base::Task<absl::StatusOr<ContactWriter::Contacts>> ContactWriter::WithoutNoOps(Contacts contacts, brevo::Lane lane,
                                                                                int64_t* settled) {
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
    const absl::Status status = co_await Settle(std::move(unchanged), lane);
    if (!status.ok()) co_return status;
    instruments_.ContactsSettled("unchanged", count);
    *settled += count;
  }
  co_return needed;
}

base::Task<absl::StatusOr<int64_t>> ContactWriter::Upserts(Contacts contacts, brevo::Lane lane) {
  Round round;
  auto needed = co_await WithoutNoOps(std::move(contacts), lane, &round.settled);
  if (!needed.ok()) co_return needed.status();
  round.queue = *std::move(needed);
  // However many fail each time, the others come first.
  std::stable_partition(round.queue.begin(), round.queue.end(),
                        [this](const store::ContactToWrite& contact) { return !failing_.contains(contact.contact); });
  // Different contacts, so their order doesn't matter.
  std::vector<base::Task<void>> calls;
  const std::size_t at_once = round.queue.size() < 3 ? 1 : kUpsertsAtOnce;
  for (std::size_t i = 0; i < at_once; ++i) calls.push_back(UpsertFrom(&round, lane));
  co_await base::AllOf(std::move(calls));
  if (!round.error.ok()) co_return round.error;
  // Only then would going on at once be in vain.
  if (round.settled == 0 && !round.passed.ok()) co_return round.passed;
  co_return round.settled;
}

base::Task<void> ContactWriter::UpsertFrom(Round* round, brevo::Lane lane) {
  while (round->next < round->queue.size() && round->error.ok() && !stopping_) {
    if (round->failed_in_a_row >= kUpsertsAtOnce) break;  // more likely Brevo than these contacts
    store::ContactToWrite contact = std::move(round->queue[round->next++]);
    const store::ContactId id = contact.contact;
    absl::Status status = co_await Upsert(std::move(contact), lane);
    if (status.ok()) {
      ++round->settled;
      round->failed_in_a_row = 0;
      continue;
    }
    std::vector<store::ContactId> back(1, id);
    co_await PutBack(std::move(back), lane, Sent::kMaybe);
    const bool failed = MayBeTheContacts(status);
    if (failed) ++round->failed_in_a_row;
    const bool passed = failed || base::ReasonOf(status) == jira::v1::BREVO_TOO_EARLY;
    absl::Status& first = passed ? round->passed : round->error;
    if (first.ok()) first = std::move(status);
  }
}

base::Task<absl::Status> ContactWriter::Upsert(store::ContactToWrite contact, brevo::Lane lane) {
  if (forgotten_.erase(contact.contact) > 0) {
    std::vector<store::ContactId> gone(1, contact.contact);
    co_await PutBack(std::move(gone), lane, Sent::kNo);
    co_return absl::OkStatus();
  }
  OnTheirWay on_its_way(sending_);
  on_its_way.Add(contact.contact);
  const std::string hash = ContentHash(contact);
  brevo::ContactWrite write = WriteOf(contact);
  absl::Status status = co_await GuardExtId(contact, &write, lane);
  if (!status.ok()) {
    if (!FailsForGood(contact, status)) co_return status;
    write.ext_id.clear();
    instruments_.FieldDropped("ext_id that can't be looked up");
  }
  MarkSent(contact.contact);
  for (std::size_t dropped = 0;; ++dropped) {
    status = co_await Send(contact, write, lane);
    if (status.ok()) break;
    if (contact.mends > 0 && base::ReasonOf(status) == jira::v1::BREVO_NOT_FOUND) {
      co_return co_await Gone(contact, lane);
    }
    const brevo::Remedy remedy = brevo::RemedyFor(status);
    if (remedy == brevo::Remedy::kPauseConnection) co_return status;
    if (remedy == brevo::Remedy::kRetry) {
      if (!FailsForGood(contact, status)) co_return status;
      co_return co_await GiveUp(contact, status, failing_.at(contact.contact).failures, lane);
    }
    if (!LeaveOut(status, write) || dropped >= kFieldsToDrop) {
      co_return co_await GiveUp(contact, status, static_cast<int>(dropped) + 1, lane);
    }
    instruments_.FieldDropped(base::ReasonName(base::ReasonOf(status)));
  }
  ++written_;
  failing_.erase(contact.contact);
  std::vector<store::OwnerStore::Settled> settled;
  settled.push_back({contact.contact, contact.version, hash, /*written=*/true});
  instruments_.ContactsSettled("written", 1);
  co_return co_await Settle(std::move(settled), lane);
}

bool ContactWriter::FailsForGood(const store::ContactToWrite& contact, const absl::Status& status) {
  if (!MayBeTheContacts(status)) return false;
  if (!failing_.contains(contact.contact) && failing_.size() >= kMostFailing) failing_.clear();
  const base::MonotonicTime now = clock_.Monotonic();
  Failing& failing = failing_[contact.contact];
  const bool is_new = failing.version != contact.version;
  if (is_new) failing = Failing{contact.version, 0, now, 0};
  // While nothing succeeds it's Brevo's fault.
  if (!is_new && failing.written == written_) return false;
  failing.written = written_;
  ++failing.failures;
  return failing.failures >= kFailuresOfItsOwn && now - failing.first >= kFailsForAtLeast;
}

base::Task<absl::Status> ContactWriter::GiveUp(const store::ContactToWrite& contact, absl::Status why, int attempts,
                                               brevo::Lane lane) {
  log_.Warn("contact given up", {{"reason", base::ReasonName(base::ReasonOf(why))}});
  instruments_.DeadLetter(base::ReasonOf(why));
  auto letter = LetterFor(contact, why, attempts, base::ToMillis(clock_.Now()));
  TAJO_CO_RETURN_IF_ERROR(co_await store_.Abandon(contact.contact, contact.version, std::move(letter)));
  failing_.erase(contact.contact);
  Drop(contact.contact, lane);
  co_return absl::OkStatus();
}

base::Task<absl::Status> ContactWriter::Send(const store::ContactToWrite& contact, const brevo::ContactWrite& write,
                                             brevo::Lane lane) {
  if (contact.mends == 0) {
    const auto upserted = co_await brevo_.UpsertContact(write, lane);
    co_return upserted.status();
  }
  // An audit saw it there: mending must not make it anew.
  const brevo::Identifier identifier{brevo::IdentifierType::kEmail, write.email};
  co_return co_await brevo_.UpdateContact(identifier, write, lane);
}

base::Task<absl::Status> ContactWriter::GuardExtId(const store::ContactToWrite& contact, brevo::ContactWrite* write,
                                                   brevo::Lane lane) {
  if (write->ext_id.empty() || contact.known) co_return absl::OkStatus();
  const brevo::Identifier identifier{brevo::IdentifierType::kExtId, write->ext_id};
  const auto holder = co_await brevo_.GetContact(identifier, lane);
  if (base::ReasonOf(holder.status()) == jira::v1::BREVO_NOT_FOUND) co_return absl::OkStatus();
  if (base::ReasonOf(holder.status()) == jira::v1::BREVO_REQUEST_INVALID) {
    // Brevo can't look up such a value: this contact goes without it, and holds up no other.
    write->ext_id.clear();
    instruments_.FieldDropped("ext_id that can't be looked up");
    co_return absl::OkStatus();
  }
  if (!holder.ok()) co_return holder.status();
  const bool same = base::LowerCase(holder->email) == write->email;
  if (same || (holder->email.empty() && !holder->email_blocklisted)) co_return absl::OkStatus();
  write->ext_id.clear();
  instruments_.FieldDropped("ext_id of another contact");
  co_return absl::OkStatus();
}

base::Task<absl::Status> ContactWriter::Gone(const store::ContactToWrite& contact, brevo::Lane lane) {
  jira::v1::Event event;
  event.set_received_ms(store_.NowMs());
  event.set_occurred_ms(store_.NowMs());
  event.mutable_erasure()->set_email(contact.desired.email());
  event.mutable_erasure()->set_origin(jira::v1::PersonErasure::ORIGIN_BREVO);
  store::People people(store_.Redis(), store_);
  TAJO_CO_RETURN_IF_ERROR(co_await people.Add(std::move(event)));
  std::vector<store::OwnerStore::Settled> settled;
  settled.push_back({contact.contact, contact.version, contact.written_hash, /*written=*/false});
  co_return co_await Settle(std::move(settled), lane);
}

brevo::ContactWrite ContactWriter::WriteOf(const store::ContactToWrite& contact) const {
  brevo::ContactWrite write;
  write.email = contact.desired.email();
  write.attributes.insert(contact.desired.attributes().begin(), contact.desired.attributes().end());
  write.list_ids.assign(contact.desired.list_ids().begin(), contact.desired.list_ids().end());
  write.unlink_list_ids = contact.unlink_list_ids;
  const auto ext_id = write.attributes.find(options_.ext_id_from);
  if (ext_id != write.attributes.end()) write.ext_id = PlainText(ext_id->second);
  return write;
}

}  // namespace tajo::worker
