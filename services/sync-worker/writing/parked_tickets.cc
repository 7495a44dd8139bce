#include "services/sync-worker/writing/parked_tickets.h"

#include <utility>

#include "common/base/ascii.h"
#include "common/base/error.h"
#include "common/brevo/encode.h"
#include "common/brevo/errors.h"
#include "common/deciding/customer.h"
#include "tajo/jira/v1/event.pb.h"

namespace tajo::worker {
namespace {

constexpr int kAccountsAtOnce = 5;  // half of the calls that Brevo allows in a second
constexpr int kTicketsAtOnce = 500;
constexpr int64_t kLookAgainMs = 7 * int64_t{86'400'000};

std::string HintFor(int64_t issue_id, int64_t now_ms) {
  jira::v1::Event event;
  event.set_source(jira::v1::Event::SOURCE_HINT);
  event.set_received_ms(now_ms);
  event.mutable_hint()->set_issue_id(issue_id);
  return event.SerializeAsString();
}

bool Waits(const std::optional<store::IssueRecord>& record) {
  return record && !record->deleted && record->admitted && record->contact.IsNone();
}

}  // namespace

base::Task<absl::StatusOr<ParkedTickets::Outcome>> ParkedTickets::Work() {
  Outcome outcome;
  auto due = co_await parked_.Due(kAccountsAtOnce);
  if (!due.ok()) co_return due.status();
  outcome.more = due->size() == static_cast<std::size_t>(kAccountsAtOnce);
  for (const std::string& account : *due) {
    const int64_t began_ms = parts_.store.NowMs();
    auto email = co_await EmailOf(account);
    if (!email.ok()) co_return email.status();
    parts_.instruments.Parked(email->empty() ? "not_found" : "found");
    if (email->empty()) {
      TAJO_CO_RETURN_IF_ERROR(co_await Postpone(account, began_ms));
    } else {
      TAJO_CO_RETURN_IF_ERROR(co_await Release(account));
      outcome.released = true;
    }
  }
  co_return outcome;
}

base::Task<absl::StatusOr<std::string>> ParkedTickets::EmailOf(std::string account_id) {
  std::vector<std::string> one(1, account_id);
  auto users = co_await parts_.store.Users(one);
  if (!users.ok()) co_return users.status();
  if (const auto user = users->find(account_id); user != users->end()) {
    std::string email = base::LowerCase(user->second.email());
    if (deciding::LooksLikeEmail(email)) co_return email;
  }
  auto links = co_await parked_.Links(std::move(one));
  if (!links.ok()) co_return links.status();
  auto email = co_await EmailInBrevo(account_id);
  if (!email.ok()) co_return email.status();
  const auto before = links->find(account_id);
  const bool was_linked = before != links->end();
  if (email->empty() && !was_linked) co_return *email;
  TAJO_CO_RETURN_IF_ERROR(co_await parked_.Put(account_id, *email));
  parts_.linked(account_id, *email);
  co_return *email;
}

base::Task<absl::StatusOr<std::string>> ParkedTickets::EmailInBrevo(std::string account_id) {
  if (parts_.attribute.empty()) co_return std::string();
  const auto page = co_await parts_.brevo.FindContacts(parts_.attribute, account_id, brevo::Lane::kBackfill);
  if (!page.ok()) {
    if (brevo::RemedyFor(page.status()) != brevo::Remedy::kDead) co_return page.status();
    parts_.log.Warn("Brevo can't be asked for a Jira account",
                    {{"attribute", parts_.attribute}, {"error", std::string(page.status().message())}});
    co_return std::string();
  }
  const brevo::Contact* found = nullptr;
  for (const brevo::Contact& contact : page->contacts) {
    const auto value = contact.attributes.find(parts_.attribute);
    const bool same = value != contact.attributes.end() && value->second == brevo::QuotedJson(account_id);
    if (!same || !deciding::LooksLikeEmail(contact.email)) continue;
    if (found == nullptr || contact.id < found->id) found = &contact;
  }
  co_return found == nullptr ? std::string() : base::LowerCase(found->email);
}

base::Task<absl::Status> ParkedTickets::Release(std::string account_id) {
  while (true) {
    auto ids = co_await parked_.Tickets(account_id, kTicketsAtOnce);
    if (!ids.ok()) co_return ids.status();
    std::vector<std::pair<int64_t, std::string>> tickets;
    for (const int64_t id : *ids) tickets.emplace_back(id, HintFor(id, parts_.store.NowMs()));
    TAJO_CO_RETURN_IF_ERROR(co_await parked_.Release(account_id, std::move(tickets)));
    if (ids->size() < static_cast<std::size_t>(kTicketsAtOnce)) co_return absl::OkStatus();
  }
}

base::Task<absl::Status> ParkedTickets::Postpone(std::string account_id, int64_t began_ms) {
  auto ids = co_await parked_.Tickets(account_id, kTicketsAtOnce);
  if (!ids.ok()) co_return ids.status();
  auto records = co_await parts_.store.Issues(*ids);
  if (!records.ok()) co_return records.status();
  std::vector<std::pair<int64_t, std::string>> gone;
  for (std::size_t i = 0; i < ids->size(); ++i) {
    if (!Waits((*records)[i])) gone.emplace_back((*ids)[i], std::string());
  }
  TAJO_CO_RETURN_IF_ERROR(co_await parked_.PutOff(account_id, began_ms, parts_.store.NowMs() + kLookAgainMs));
  co_return co_await parked_.Release(std::move(account_id), std::move(gone));
}

}  // namespace tajo::worker
