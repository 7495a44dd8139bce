#include "services/sync-worker/writing/event_sender.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <set>
#include <utility>

#include "common/brevo/batching.h"
#include "common/brevo/errors.h"
#include "common/brevo/event.h"
#include "common/crypto/digest.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::worker {
namespace {

constexpr int kPeek = 1000;
constexpr int kPage = 250;  // keeps Redis busy for some ms
// Many that wait for their contacts are looked through each time: not at once again, or Redis does little else.
constexpr std::chrono::microseconds kRestForAnEntry{100};
constexpr std::chrono::seconds kLongestRest{2};
// History that a backfill tells isn't waited for: an event of that age may wait so long for others to fill its batch.
constexpr std::chrono::minutes kHistory{10};
constexpr std::chrono::minutes kHoldBack{1};
// Jira's clock, ours and Brevo's differ: the window is wider than the events in it.
constexpr int64_t kWindowMarginMs = 15 * 60'000;
constexpr std::chrono::minutes kIdleWait{15};
constexpr std::chrono::seconds kAfterAFailedLook{10};
// An event that was lost so often with its batch goes alone: it may be what Brevo fails at.
constexpr int kLostTogether = 2;

// g++ 12 can't compile an initializer list inside a co_await.
std::vector<store::OutboxEntry> One(store::OutboxEntry entry) {
  std::vector<store::OutboxEntry> one;
  one.push_back(std::move(entry));
  return one;
}

// Whose events are in a call to Brevo, for as long as it lives.
class InCall {
 public:
  InCall(std::multiset<std::string>& sending, const std::vector<store::OutboxEntry>& entries) : sending_(sending) {
    for (const auto& entry : entries) {
      contacts_.push_back(entry.event.contact());
      sending_.insert(contacts_.back());
    }
  }
  ~InCall() {
    for (const std::string& contact : contacts_) sending_.erase(sending_.find(contact));
  }
  InCall(const InCall&) = delete;
  InCall& operator=(const InCall&) = delete;

 private:
  std::multiset<std::string>& sending_;
  std::vector<std::string> contacts_;
};

bool IsFinalRefusal(const absl::Status& status) {
  return brevo::RemedyFor(status) == brevo::Remedy::kDead || brevo::RemedyFor(status) == brevo::Remedy::kFixAndRetry;
}

}  // namespace

EventSender::EventSender(store::OwnerStore& store, brevo::Client& brevo, const brevo::Governor& governor,
                         base::Clock& clock, telemetry::Logger& log, Instruments& instruments, Options options)
    : store_(store),
      brevo_(brevo),
      governor_(governor),
      clock_(clock),
      log_(log),
      instruments_(instruments),
      options_(std::move(options)) {}

void EventSender::DropForgotten(Entries* entries, std::vector<std::string>* encoded) {
  if (forgotten_.empty()) return;
  std::size_t kept = 0;
  for (std::size_t i = 0; i < entries->size(); ++i) {
    if (forgotten_.contains((*entries)[i].event.contact())) continue;
    if (kept != i) {
      (*entries)[kept] = std::move((*entries)[i]);
      (*encoded)[kept] = std::move((*encoded)[i]);
    }
    ++kept;
  }
  entries->resize(kept);
  encoded->resize(kept);
}

base::Task<absl::StatusOr<EventSender::Outcome>> EventSender::SendOnce() {
  Outcome outcome;
  // What was erased before isn't in the outbox any more.
  forgotten_.clear();
  if (!refused_.ok()) co_return std::exchange(refused_, absl::OkStatus());
  auto collected = co_await Collect(&outcome);
  if (!collected.ok()) co_return collected.status();

  Entries alone, together;
  std::vector<std::string> alone_encoded, encoded;
  for (auto& entry : collected->sendable) {
    brevo::TimelineEvent event;
    event.name = entry.event.name();
    event.contact = {brevo::IdentifierType::kEmail, entry.email};
    event.at_ms = entry.event.event_ms();
    event.properties_json = entry.event.properties_json();
    auto body = brevo::EncodeEvent(event);
    if (!body.ok()) {
      TAJO_CO_RETURN_IF_ERROR(co_await Dead(std::move(entry), body.status()));
      continue;
    }
    const auto resent = resent_.find(entry.event.uid());
    const bool goes_alone = resent != resent_.end() && resent->second >= kLostTogether;
    (goes_alone ? alone_encoded : encoded).push_back(*std::move(body));
    (goes_alone ? alone : together).push_back(std::move(entry));
  }

  const auto mode = brevo::ChooseEventMode(together.size(), governor_.Measured(brevo::Family::kEvents),
                                           governor_.Measured(brevo::Family::kEventBatches));
  if (mode == brevo::EventMode::kBatch) {
    // One that isn't full goes with what comes next, if that is there or on its way.
    if (const std::size_t last = brevo::CutEventBatches(encoded).back().begin;
        outcome.more || (collected->others_wait && HoldsBack(std::span(together).subspan(last), &outcome))) {
      together.resize(last);
      encoded.resize(last);
    }
    TAJO_CO_RETURN_IF_ERROR(co_await SendBatches(std::move(together), std::move(encoded), &outcome.sent));
    together.clear();
    encoded.clear();
  }
  std::move(alone.begin(), alone.end(), std::back_inserter(together));
  std::move(alone_encoded.begin(), alone_encoded.end(), std::back_inserter(encoded));
  for (std::size_t i = 0; i < together.size() && !stopping_; ++i) {
    TAJO_CO_RETURN_IF_ERROR(co_await SendSingle(std::move(together[i]), std::move(encoded[i]), &outcome.sent));
  }
  co_return outcome;
}

bool EventSender::HoldsBack(std::span<const store::OutboxEntry> batch, Outcome* outcome) {
  const int64_t history_ms = base::ToMillis(clock_.Now() - kHistory);
  const bool may_wait = batch.size() < brevo::kMaxBatchEvents && std::ranges::all_of(batch, [&](const auto& entry) {
                          return entry.event.event_ms() < history_ms;
                        });
  const base::MonotonicTime now = clock_.Monotonic();
  if (may_wait && now - holding_since_.value_or(now) < kHoldBack) {
    if (!holding_since_) holding_since_ = now;
    outcome->held_back = kHoldBack - (now - *holding_since_);
    return true;
  }
  holding_since_.reset();
  return false;
}

base::Task<absl::Status> EventSender::SendBatches(Entries entries, std::vector<std::string> encoded, int64_t* sent) {
  for (const brevo::Range range : brevo::CutEventBatches(encoded)) {
    if (stopping_) break;
    Entries part(std::make_move_iterator(entries.begin() + static_cast<std::ptrdiff_t>(range.begin)),
                 std::make_move_iterator(entries.begin() + static_cast<std::ptrdiff_t>(range.end)));
    std::vector<std::string> bodies(std::make_move_iterator(encoded.begin() + static_cast<std::ptrdiff_t>(range.begin)),
                                    std::make_move_iterator(encoded.begin() + static_cast<std::ptrdiff_t>(range.end)));
    TAJO_CO_RETURN_IF_ERROR(co_await SendBatch(std::move(part), std::move(bodies), sent));
  }
  co_return absl::OkStatus();
}

void EventSender::Stop() {
  stopping_ = true;
  look_due_.Notify();
  pace_.Notify();
}

// Queued entries whose contact Brevo knows. Those of other contacts wait for the contact writer; a
// waiting contact doesn't hold up the others. Nobody writes a contact that was given up.
base::Task<absl::StatusOr<EventSender::Collected>> EventSender::Collect(Outcome* outcome) {
  Collected collected;
  Entries& sendable = collected.sendable;
  std::string after;
  std::size_t seen = 0;
  while (sendable.size() < static_cast<std::size_t>(kPeek) && !stopping_) {
    auto page = co_await store_.PeekOutbox(kPage, after);
    if (!page.ok()) co_return page.status();
    if (page->empty()) break;
    const bool last = page->size() < static_cast<std::size_t>(kPage);
    seen += page->size();
    after = page->back().entry_id;
    for (auto& entry : *page) {
      // What was held is looked for again once the config says otherwise.
      const bool released = entry.ledger == 'h' && options_.on_ambiguous != jira::v1::HOLD;
      if (entry.ledger == 's' || released) {
        Watch(entry);
      } else if (entry.ledger == 'q' && entry.contact_known && !entry.email.empty()) {
        sendable.push_back(std::move(entry));
      } else if (entry.ledger == 'q' && entry.given_up != base::Reason{}) {
        const absl::Status why = base::Error(entry.given_up, "its contact was given up: see the contact's dead letter");
        TAJO_CO_RETURN_IF_ERROR(co_await Dead(std::move(entry), why));
      } else if (entry.ledger == 'q') {
        collected.others_wait = true;
      }
    }
    outcome->more = !last && sendable.size() >= static_cast<std::size_t>(kPeek);
    if (last) break;
  }
  if (seen > sendable.size() + kPeek) outcome->rest = std::min<base::Duration>(seen * kRestForAnEntry, kLongestRest);
  co_return collected;
}

base::Task<absl::Status> EventSender::SendSingle(store::OutboxEntry entry, std::string encoded, int64_t* sent) {
  if (forgotten_.contains(entry.event.contact())) co_return absl::OkStatus();
  const InCall in_call(sending_, One(entry));
  ambiguous_.erase(crypto::Hex(entry.event.uid()));  // it begins anew
  TAJO_CO_RETURN_IF_ERROR(co_await store_.MarkSending(One(entry)));
  const absl::Status status = co_await brevo_.SendEvent(std::move(encoded));
  if (status.ok()) co_return co_await Sent(One(std::move(entry)), sent);
  if (!brevo::SurelyNotActed(status)) {
    instruments_.EventsSettled("ambiguous", 1);
    entry.sending_since_ms = base::ToMillis(clock_.Now());
    Watch(entry);
    co_return absl::OkStatus();
  }
  if (IsFinalRefusal(status)) co_return co_await Dead(std::move(entry), status);
  TAJO_CO_RETURN_IF_ERROR(co_await store_.MarkQueued(One(std::move(entry))));
  co_return status;
}

base::Task<absl::Status> EventSender::SendBatch(Entries entries, std::vector<std::string> encoded, int64_t* sent) {
  DropForgotten(&entries, &encoded);
  if (entries.empty()) co_return absl::OkStatus();
  const InCall in_call(sending_, entries);
  for (const auto& entry : entries) ambiguous_.erase(crypto::Hex(entry.event.uid()));  // they begin anew
  TAJO_CO_RETURN_IF_ERROR(co_await store_.MarkSending(entries));
  auto outcome = co_await brevo_.SendEvents(encoded);
  if (outcome.ok()) co_return co_await SettleBatch(std::move(entries), *outcome, sent);
  const absl::Status status = outcome.status();
  if (!brevo::SurelyNotActed(status)) {
    instruments_.EventsSettled("ambiguous", static_cast<int64_t>(entries.size()));
    for (auto& entry : entries) {
      entry.sending_since_ms = base::ToMillis(clock_.Now());
      Watch(entry);
    }
    co_return absl::OkStatus();
  }
  if (!IsFinalRefusal(status)) {
    TAJO_CO_RETURN_IF_ERROR(co_await store_.MarkQueued(std::move(entries)));
    co_return status;
  }
  // The whole batch refused, without saying for which of them: halve it until the bad one is alone.
  if (entries.size() == 1) co_return co_await Dead(std::move(entries.front()), status);
  const auto half = static_cast<std::ptrdiff_t>(entries.size() / 2);
  Entries rest(std::make_move_iterator(entries.begin() + half), std::make_move_iterator(entries.end()));
  std::vector<std::string> rest_encoded(std::make_move_iterator(encoded.begin() + half),
                                        std::make_move_iterator(encoded.end()));
  entries.resize(static_cast<std::size_t>(half));
  encoded.resize(static_cast<std::size_t>(half));
  const absl::Status first = co_await SendBatch(std::move(entries), std::move(encoded), sent);
  if (!first.ok() || stopping_) {
    TAJO_CO_RETURN_IF_ERROR(co_await store_.MarkQueued(std::move(rest)));
    co_return first;
  }
  co_return co_await SendBatch(std::move(rest), std::move(rest_encoded), sent);
}

base::Task<absl::Status> EventSender::SettleBatch(Entries entries, const brevo::EventsOutcome& outcome, int64_t* sent) {
  std::map<std::size_t, std::string> refused;
  for (const auto& error : outcome.rejected) refused[error.index] = error.message;
  Entries accepted;
  Entries again;
  int64_t ambiguous = 0;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const auto found = refused.find(i);
    if (found != refused.end()) {
      TAJO_CO_RETURN_IF_ERROR(
          co_await Dead(std::move(entries[i]), base::Error(jira::v1::BREVO_REQUEST_INVALID, found->second)));
    } else if (outcome.count_differs) {
      // Brevo left some out without saying which.
      entries[i].sending_since_ms = base::ToMillis(clock_.Now());
      Watch(entries[i]);
      ++ambiguous;
    } else if (outcome.accepted == 0) {
      again.push_back(std::move(entries[i]));  // nothing of the batch was taken, and this one is good
    } else {
      accepted.push_back(std::move(entries[i]));
    }
  }
  if (ambiguous > 0) instruments_.EventsSettled("ambiguous", ambiguous);
  if (!again.empty()) TAJO_CO_RETURN_IF_ERROR(co_await store_.MarkQueued(std::move(again)));
  co_return co_await Sent(std::move(accepted), sent);
}

base::Task<absl::Status> EventSender::Sent(Entries entries, int64_t* sent) {
  if (entries.empty()) co_return absl::OkStatus();
  const int64_t now = base::ToMillis(clock_.Now());
  for (const auto& entry : entries) {
    ambiguous_.erase(crypto::Hex(entry.event.uid()));
    resent_.erase(entry.event.uid());
    if (entry.event.source_ms() != 0) {
      instruments_.Delivered(std::chrono::milliseconds(std::max<int64_t>(now - entry.event.source_ms(), 0)));
    }
  }
  const auto count = static_cast<int64_t>(entries.size());
  TAJO_CO_RETURN_IF_ERROR(co_await store_.MarkSent(std::move(entries)));
  instruments_.EventsSettled("sent", count);
  *sent += count;
  co_return absl::OkStatus();
}

base::Task<absl::Status> EventSender::Dead(store::OutboxEntry entry, absl::Status why) {
  const int64_t now = base::ToMillis(clock_.Now());
  jira::v1::DeadLetterRecord letter;
  letter.set_kind("timeline");
  letter.set_payload(entry.event.SerializeAsString());
  letter.set_reason(static_cast<int>(base::ReasonOf(why)));
  letter.set_message(std::string(why.message()));
  letter.set_attempts(1);
  letter.set_first_error_ms(now);
  letter.set_last_error_ms(now);
  instruments_.DeadLetter(base::ReasonOf(why));
  log_.Warn("timeline event given up", {{"reason", base::ReasonName(base::ReasonOf(why))}});
  ambiguous_.erase(crypto::Hex(entry.event.uid()));
  resent_.erase(entry.event.uid());
  co_return co_await store_.MarkDead(std::move(entry), std::move(letter));
}

void EventSender::Watch(const store::OutboxEntry& entry) {
  const std::string uid = crypto::Hex(entry.event.uid());
  if (ambiguous_.contains(uid)) return;
  Ambiguous look;
  look.since_ms = entry.sending_since_ms != 0 ? entry.sending_since_ms : base::ToMillis(clock_.Now());
  look.due_ms = look.since_ms + options_.looks.front().count();
  look.from_ms = entry.event.event_ms();
  look.entry = entry;
  ambiguous_.emplace(uid, std::move(look));
  look_due_.Notify();
}

base::Task<void> EventSender::LookLoop() {
  while (!stopping_) {
    const absl::Status status = co_await Look();
    if (stopping_) break;
    if (status.ok()) {
      co_await look_due_.Wait(UntilNextLook());
    } else if (brevo::RemedyFor(status) == brevo::Remedy::kPauseConnection) {
      refused_ = status;
      co_await look_due_.Wait(kIdleWait);
    } else {
      const base::Reason reason = base::ReasonOf(status);
      if (reason != jira::v1::LEASE_LOST) {
        log_.Warn("looking for events without an answer failed",
                  {{"reason", base::ReasonName(reason)}, {"error", std::string(status.message())}});
      }
      const base::Duration asked = std::chrono::milliseconds(base::RetryAfterMillis(status));
      co_await pace_.Wait(std::max<base::Duration>(kAfterAFailedLook, asked));
    }
  }
}

base::Duration EventSender::UntilNextLook() const {
  base::Duration wait = kIdleWait;
  const int64_t now = base::ToMillis(clock_.Now());
  for (const auto& [uid, look] : ambiguous_) {
    wait = std::min<base::Duration>(wait, std::chrono::milliseconds(std::max<int64_t>(look.due_ms - now, 0)));
  }
  return wait;
}

// One windowed GET /events answers for all that are due.
base::Task<absl::Status> EventSender::Look() {
  const int64_t now = base::ToMillis(clock_.Now());
  std::vector<std::string> due;
  brevo::EventQuery query;
  std::set<std::string> names;
  for (const auto& [uid, look] : ambiguous_) {
    if (look.due_ms > now) continue;
    due.push_back(uid);
    names.insert(look.entry.event.name());
    query.from_ms = query.from_ms == 0 ? look.from_ms : std::min(query.from_ms, look.from_ms);
    query.to_ms = std::max(query.to_ms, look.from_ms);
  }
  if (due.empty()) co_return absl::OkStatus();
  query.from_ms -= kWindowMarginMs;
  query.to_ms += kWindowMarginMs;
  query.names.assign(names.begin(), names.end());
  TAJO_CO_ASSIGN_OR_RETURN(const std::set<std::string> found, co_await Find(std::move(query)));
  for (const std::string& uid : due) {
    // It may have been settled meanwhile, or sent again.
    const auto watched = ambiguous_.find(uid);
    if (watched == ambiguous_.end() || watched->second.due_ms > now) continue;
    Ambiguous& look = watched->second;
    if (found.contains(uid)) {
      int64_t sent = 0;
      instruments_.EventsSettled("found", 1);
      TAJO_CO_RETURN_IF_ERROR(co_await Sent(One(look.entry), &sent));
    } else if (++look.looks < options_.looks.size()) {
      look.due_ms = look.since_ms + options_.looks[look.looks].count();
    } else {
      TAJO_CO_RETURN_IF_ERROR(co_await Absent(uid));
    }
  }
  co_return absl::OkStatus();
}

base::Task<absl::StatusOr<std::set<std::string>>> EventSender::Find(brevo::EventQuery query) {
  std::set<std::string> found;
  while (true) {
    auto page = co_await brevo_.GetEvents(query);
    if (!page.ok()) co_return page.status();
    for (const auto& event : page->events) found.insert(event.uid);
    if (page->events.size() < static_cast<std::size_t>(query.limit)) break;
    query.offset += query.limit;
    if (stopping_) co_return base::Error(jira::v1::LEASE_LOST, "the work ended while it looked for events");
  }
  co_return found;
}

base::Task<absl::Status> EventSender::Absent(const std::string& uid) {
  store::OutboxEntry entry = ambiguous_.at(uid).entry;
  ambiguous_.erase(uid);
  if (options_.on_ambiguous == jira::v1::HOLD) {
    instruments_.EventsSettled("held", 1);
    co_return co_await store_.MarkHeld(One(std::move(entry)));
  }
  if (options_.on_ambiguous == jira::v1::SKIP) {
    co_return co_await Dead(std::move(entry), base::Error(jira::v1::EVENT_AMBIGUOUS,
                                                          "Brevo's answer was lost and the event isn't in its log; "
                                                          "on_ambiguous says not to send it again"));
  }
  ++resent_[entry.event.uid()];
  instruments_.EventsSettled("resent", 1);
  log_.Warn("event without an answer isn't in Brevo's log: sent again", {{"event", entry.event.name()}});
  co_return co_await store_.MarkQueued(One(std::move(entry)));
}

}  // namespace tajo::worker
