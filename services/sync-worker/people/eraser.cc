#include "services/sync-worker/people/eraser.h"

#include <set>
#include <utility>

#include "common/base/error.h"
#include "common/brevo/errors.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::worker {
namespace {

using jira::v1::ErasureReport;
using jira::v1::PersonErasure;

constexpr int kPeopleAtOnce = 200;
constexpr int64_t kClockMarginMs = 2 * 60'000;
// Without a time of Brevo's: batches come after five minutes, retries later.
constexpr int64_t kLateWebhookMs = 15 * 60'000;

bool IsUnsubscription(const store::PersonEntry& entry) {
  return entry.event.has_unsubscribed();
}
bool IsErasureByEmail(const store::PersonEntry& entry) {
  return entry.event.has_erasure() && !entry.event.erasure().email().empty();
}

}  // namespace

int64_t UndoSince(const jira::v1::Event& event) {
  if (event.erasure().origin() != PersonErasure::ORIGIN_BREVO) return 0;
  const int64_t since =
      event.occurred_ms() != 0 ? event.occurred_ms() - kClockMarginMs : event.received_ms() - kLateWebhookMs;
  return since > 0 ? since : 1;
}

base::Task<absl::StatusOr<Eraser::Outcome>> Eraser::Work() {
  Outcome outcome;
  std::string after;
  absl::Status first_error;
  while (true) {
    auto page = co_await people_.Read(kPeopleAtOnce, after);
    if (!page.ok()) co_return page.status();
    if (page->empty()) break;
    after = page->back().entry_id;
    absl::Status status = co_await WorkPage(*std::move(page), &outcome);
    if (status.ok()) continue;
    first_error = std::move(status);
    break;
  }
  if (!first_error.ok()) co_return first_error;
  co_return outcome;
}

base::Task<absl::Status> Eraser::WorkPage(Entries entries, Outcome* outcome) {
  Entries unsubscribed, by_email, by_account;
  for (store::PersonEntry& entry : entries) {
    if (IsUnsubscription(entry)) {
      unsubscribed.push_back(std::move(entry));
    } else if (IsErasureByEmail(entry)) {
      by_email.push_back(std::move(entry));
    } else {
      by_account.push_back(std::move(entry));  // and what can't be read, which names nobody
    }
  }
  TAJO_CO_RETURN_IF_ERROR(co_await NoteUnsubscribed(std::move(unsubscribed)));
  TAJO_CO_RETURN_IF_ERROR(co_await ResolveAccounts(std::move(by_account)));
  co_return co_await EraseContacts(std::move(by_email), outcome);
}

base::Task<absl::Status> Eraser::NoteUnsubscribed(Entries entries) {
  if (entries.empty()) co_return absl::OkStatus();
  store::PeopleOutcome done;
  for (const store::PersonEntry& entry : entries) {
    done.unsubscribed.push_back(store::ContactId::OfEmail(entry.event.unsubscribed().email()));
    store::FinishedPerson& person = done.finished.emplace_back();
    person.entry_id = entry.entry_id;
  }
  const auto count = static_cast<int64_t>(entries.size());
  const absl::Status finished = co_await people_.Finish(std::move(done));
  if (finished.ok()) parts_.instruments.People("unsubscribed", count);
  co_return finished;
}

// An account's contacts become entries of their own, together with the account's tombstone.
base::Task<absl::Status> Eraser::ResolveAccounts(Entries entries) {
  for (const store::PersonEntry& entry : entries) {
    const PersonErasure& erasure = entry.event.erasure();
    store::PeopleOutcome done;
    store::FinishedPerson& person = done.finished.emplace_back();
    person.entry_id = entry.entry_id;
    if (!erasure.account_id().empty()) {
      done.erased_accounts.push_back(erasure.account_id());
      std::set<std::string> accounts = {erasure.account_id()};
      auto emails = co_await store::EmailsOfAccounts(parts_.redis, parts_.store.ConnectionId(), std::move(accounts));
      if (!emails.ok()) co_return emails.status();
      for (const std::string& email : *emails) {
        jira::v1::Event& follow_up = done.follow_ups.emplace_back(entry.event);
        follow_up.mutable_erasure()->set_email(email);
      }
      if (emails->empty()) {
        std::set<std::string> closed = {erasure.account_id()};
        TAJO_CO_RETURN_IF_ERROR(
            co_await store::ForgetAccounts(parts_.redis, parts_.store.ConnectionId(), std::move(closed)));
        person.request_id = erasure.request_id();
        person.report.set_in_brevo(ErasureReport::WAS_NOT_THERE);
      }
    }
    TAJO_CO_RETURN_IF_ERROR(co_await people_.Finish(std::move(done)));
  }
  co_return absl::OkStatus();
}

base::Task<absl::Status> Eraser::EraseContacts(Entries entries, Outcome* outcome) {
  if (entries.empty()) co_return absl::OkStatus();
  std::vector<store::ErasureOrder> orders;
  for (const store::PersonEntry& entry : entries) {
    const PersonErasure& erasure = entry.event.erasure();
    orders.push_back({store::ContactId::OfEmail(erasure.email()), erasure.account_id(), UndoSince(entry.event)});
  }
  auto erased = co_await store::Erase(parts_.redis, parts_.store.ConnectionId(), parts_.store.Erased(), orders,
                                      base::ToMillis(parts_.clock.Now()));
  if (!erased.ok()) co_return erased.status();
  outcome->erased = true;
  for (std::size_t i = 0; i < orders.size(); ++i) {
    if ((*erased)[i].in_flight) parts_.contacts.Forget(orders[i].contact);
    if ((*erased)[i].has_events) parts_.events.Forget(orders[i].contact);
  }
  absl::Status first_error;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const PersonErasure& erasure = entries[i].event.erasure();
    store::FinishedPerson person;
    person.entry_id = entries[i].entry_id;
    person.deleted = orders[i].contact;
    person.request_id = erasure.request_id();
    person.report.set_known((*erased)[i].found);
    person.report.set_contacts(1);
    if ((*erased)[i].delete_in_brevo) {
      // A write that arrives behind the deletion would bring the contact back.
      if (parts_.contacts.MayWrite(orders[i].contact) || parts_.events.MaySend(orders[i].contact)) {
        outcome->waiting = true;
        continue;
      }
      auto deleted = co_await DeleteInBrevo(erasure.email());
      if (!deleted.ok()) {
        first_error.Update(deleted.status());
        if (brevo::RemedyFor(deleted.status()) == brevo::Remedy::kPauseConnection) break;
        continue;
      }
      person.report.set_in_brevo(*deleted);
    }
    TAJO_CO_RETURN_IF_ERROR(co_await End(std::move(person)));
  }
  co_return first_error;
}

base::Task<absl::StatusOr<ErasureReport::InBrevo>> Eraser::DeleteInBrevo(std::string email) {
  brevo::Identifier identifier;
  identifier.value = std::move(email);
  const auto deleted = co_await parts_.brevo.DeleteContact(std::move(identifier));
  if (deleted.ok()) {
    if (*deleted == brevo::Deletion::kWasGone) co_return ErasureReport::WAS_NOT_THERE;
    parts_.instruments.People("deleted", 1);
    co_return ErasureReport::DELETED_THERE;
  }
  if (base::ReasonOf(deleted.status()) == jira::v1::BREVO_CONTACT_PROTECTED ||
      brevo::RemedyFor(deleted.status()) == brevo::Remedy::kDead) {
    parts_.log.Warn("Brevo refuses to delete a contact that was erased here",
                    {{"reason", base::ReasonName(base::ReasonOf(deleted.status()))}});
    co_return ErasureReport::REFUSED_THERE;
  }
  co_return deleted.status();
}

base::Task<absl::Status> Eraser::End(store::FinishedPerson person) {
  store::PeopleOutcome done;
  done.finished.push_back(std::move(person));
  const absl::Status finished = co_await people_.Finish(std::move(done));
  if (finished.ok()) parts_.instruments.People("erased", 1);
  co_return finished;
}

}  // namespace tajo::worker
