#include "services/gateway/trace.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <utility>
#include <variant>
#include <vector>

#include "common/base/error.h"
#include "common/json/time.h"
#include "common/store/owner_store.h"
#include "common/store/peek.h"
#include "services/gateway/directory.h"
#include "services/gateway/issue_reading.h"
#include "services/gateway/letter_view.h"
#include "services/gateway/render.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::gateway {
namespace {

namespace v1 = ::tajo::jira::v1;
using boost::asio::experimental::awaitable_operators::operator||;

constexpr int kPage = 500;
constexpr std::size_t kMostLooked = 2000;  // entries of a stream
constexpr std::size_t kMostShown = 20;     // steps of a stage

const char* StateOf(const store::IssueRecord& record) {
  if (record.deleted) return "deleted";
  return record.admitted ? "admitted" : "left out";
}

const char* StateOf(const store::ContactGlimpse& contact) {
  if (contact.in_flight) return "in flight";
  if (contact.stale) return "to be re-read";
  if (contact.dirty) return "dirty";
  return contact.known ? "written" : "not written";
}

std::string DetailOf(const store::ContactGlimpse& contact) {
  if (contact.in_flight) return "the customer's contact is being written to Brevo";
  if (contact.stale) return "the customer's last ticket is to be read from Jira again";
  if (contact.dirty && contact.backfill) return "the customer's contact waits to be written, behind all live changes";
  if (contact.dirty) return "the customer's contact waits to be written";
  return contact.known ? "Brevo has the customer's contact as it should be" : "Brevo doesn't have the contact";
}

struct Words {
  const char* state;
  const char* detail;
};
Words WordsOf(const store::OutboxEntry& entry) {
  switch (entry.ledger) {
    case 's':
      return {"sending", "sent without an answer yet: Brevo's log is asked whether it arrived"};
    case 'h':
      return {"held", "its answer was lost and Brevo's log doesn't have it; on_ambiguous says to hold it"};
    default:
      return entry.contact_known ? Words{"queued", "waits to be sent"}
                                 : Words{"waiting", "waits until Brevo has the customer's contact"};
  }
}

}  // namespace

struct TraceCall::Trail {
  store::ConnectionRecord connection;
  store::OwnerStore store;              // only read from
  IssueRef issue;                       // both parts, as far as they are known
  std::vector<v1::OutboxEvent> events;  // that follow from what Jira shows
  v1::TraceIssueResponse response;

  bool IsIt(const LetterView& view) {
    const bool by_id = issue.id != 0 && view.issue_id != 0;
    const bool it = by_id ? view.issue_id == issue.id : !issue.key.empty() && view.issue_key == issue.key;
    // An entry names the issue by both: so the id of one that Jira doesn't show any more is learned.
    if (it && issue.id == 0) issue.id = view.issue_id;
    return it;
  }
  void Add(const char* stage, const char* state, int64_t at_ms, std::string detail) {
    v1::TraceIssueResponse::Step& step = *response.add_steps();
    step.set_stage(stage);
    step.set_state(state);
    step.set_detail(std::move(detail));
    if (at_ms > 0) *step.mutable_at() = TimestampOf(at_ms);
  }
  // Says what isn't shown, or wasn't looked at.
  void Limit(std::string_view stream, std::size_t found, bool looked_at_all) {
    if (found > kMostShown)
      response.add_limits(fmt::format("{} of {} entries in {} are shown", kMostShown, found, stream));
    if (!looked_at_all) response.add_limits(fmt::format("only {} entries of {} were looked at", kMostLooked, stream));
  }
};

base::Task<absl::Status> TraceCall::ReadIssue(Trail& trail) {
  TAJO_CO_ASSIGN_OR_RETURN(const v1::Credentials credentials,
                           co_await backend_.connections.GetCredentials(trail.connection.connection_id));
  TAJO_CO_ASSIGN_OR_RETURN(const auto jira,
                           backend_.OpenJira(trail.connection.connection_id, trail.connection.config, credentials));
  TAJO_CO_ASSIGN_OR_RETURN(const ReadyRules ready, co_await MakeReady(jira->Live(), trail.connection.config));
  TAJO_CO_ASSIGN_OR_RETURN(const IssueReading reading,
                           co_await ReadForDeciding(jira->Live(), trail.store, backend_.clock, ready, trail.issue));
  trail.issue.id = reading.Issue().id();
  trail.issue.key = reading.Issue().key();
  const int64_t now_ms = base::ToMillis(backend_.clock.Now());
  trail.events = deciding::DecideRead(reading.facts, reading.Lookup(), ready.rules, now_ms).outbox;
  trail.Add("jira", "visible", reading.Issue().updated_ms(), "Jira's version: last changed then");
  co_return absl::OkStatus();
}

// Without an answer what is stored is still told.
base::Task<void> TraceCall::AskJira(Trail& trail) {
  auto reading = ReadIssue(trail);
  auto limit = backend_.clock.Sleep(backend_.options.jira_patience);
  const auto first = co_await (std::move(reading) || std::move(limit));
  if (first.index() == 1) {
    trail.Add("jira", "no answer", 0, "Jira is slow, or its limits are used up");
    co_return;
  }
  const absl::Status& status = std::get<0>(first);
  if (status.ok()) co_return;
  const bool hidden = base::ReasonOf(status) == v1::JIRA_NOT_FOUND;
  trail.Add("jira", hidden ? "not visible" : "no answer", 0,
            hidden ? "Jira shows this account no such issue: deleted, or not to be seen"
                   : fmt::format("Jira can't be asked: {}", std::string(status.message())));
}

base::Task<absl::Status> TraceCall::AddRecord(Trail& trail) {
  if (trail.issue.id == 0) {
    trail.Add("record", "unknown", 0, "the issue's id isn't known, so its record can't be found: name it by its id");
    co_return absl::OkStatus();
  }
  std::vector<int64_t> ids(1, trail.issue.id);
  TAJO_CO_ASSIGN_OR_RETURN(const auto records, co_await trail.store.Issues(std::move(ids)));
  if (!records.front()) {
    trail.Add("record", "none", 0, "the issue isn't tracked: no change of it was admitted so far");
    co_return absl::OkStatus();
  }
  const store::IssueRecord& record = *records.front();
  const std::string verified = record.verified_until_ms > 0 ? fmt::format("histories and comments read up to {}",
                                                                          json::FormatIso8601(record.verified_until_ms))
                                                            : "histories and comments not read yet";
  trail.Add("record", StateOf(record), record.version_ms, fmt::format("the version that is tracked; {}", verified));
  if (record.contact.IsNone()) {
    trail.Add("contact", "parked", 0, "no customer with an e-mail is known: the ticket waits until there is one");
    co_return absl::OkStatus();
  }
  TAJO_CO_ASSIGN_OR_RETURN(const store::ContactGlimpse contact,
                           co_await store::PeekContact(backend_.redis, trail.connection.connection_id, record.contact));
  const bool shown = contact.last_ticket == trail.issue.id;
  trail.Add("contact", StateOf(contact), contact.written_ms,
            fmt::format("{}; their last ticket is {}", DetailOf(contact), shown ? "this one" : "another one"));
  co_return absl::OkStatus();
}

base::Task<absl::Status> TraceCall::AddTaken(Trail& trail) {
  std::string after;
  std::size_t looked = 0, found = 0;
  bool all = false;
  while (!all && looked < kMostLooked) {
    TAJO_CO_ASSIGN_OR_RETURN(const auto entries,
                             co_await store::PeekEvents(backend_.redis, trail.connection.connection_id, kPage, after));
    all = entries.size() < kPage;
    looked += entries.size();
    for (const auto& [id, event] : entries) {
      after = id;
      const LetterView view = ViewOf(event);
      if (!trail.IsIt(view) || ++found > kMostShown) continue;
      trail.Add("taken", "waiting", store::EntryMillis(id), fmt::format("waits to be decided: {}", view.summary));
    }
  }
  trail.Limit("events", found, all);
  co_return absl::OkStatus();
}

base::Task<absl::Status> TraceCall::AddOutbox(Trail& trail) {
  std::string after;
  std::size_t looked = 0, found = 0;
  bool all = false;
  while (!all && looked < kMostLooked) {
    TAJO_CO_ASSIGN_OR_RETURN(const auto entries, co_await trail.store.PeekOutbox(kPage, after));
    all = entries.size() < kPage;
    looked += entries.size();
    for (const store::OutboxEntry& entry : entries) {
      after = entry.entry_id;
      if (!trail.IsIt(ViewOf(entry.event)) || ++found > kMostShown) continue;
      const Words words = WordsOf(entry);
      const int64_t since = entry.sending_since_ms > 0 ? entry.sending_since_ms : store::EntryMillis(entry.entry_id);
      trail.Add("outbox", words.state, since, fmt::format("{}: {}", entry.event.name(), words.detail));
    }
  }
  trail.Limit("outbox", found, all);
  co_return absl::OkStatus();
}

// Of the ledger only hashes are known: asked by the events that follow from what Jira shows.
base::Task<absl::Status> TraceCall::AddSent(Trail& trail) {
  std::vector<v1::OutboxEvent>& events = trail.events;
  std::stable_sort(events.begin(), events.end(),
                   [](const auto& a, const auto& b) { return a.event_ms() > b.event_ms(); });
  if (events.size() > kMostShown) {
    trail.response.add_limits(
        fmt::format("the newest {} of {} events were looked up in the ledger", kMostShown, events.size()));
    events.resize(kMostShown);
  }
  TAJO_CO_ASSIGN_OR_RETURN(const std::vector<char> ledger,
                           co_await store::PeekLedger(backend_.redis, trail.connection.connection_id, events));
  for (std::size_t i = 0; i < events.size(); ++i) {
    if (ledger[i] == 'd')
      trail.Add("sent", "sent", events[i].event_ms(), fmt::format("{}: Brevo has it", events[i].name()));
    if (ledger[i] == '\0') {
      trail.Add("sent", "not sent", events[i].event_ms(),
                fmt::format("{}: not decided yet, or found by the next pass", events[i].name()));
    }
  }
  co_return absl::OkStatus();
}

base::Task<absl::Status> TraceCall::AddDeadLetters(Trail& trail) {
  const int most = static_cast<int>(kMostLooked);
  TAJO_CO_ASSIGN_OR_RETURN(const auto letters,
                           co_await store::NewestDeadLetters(backend_.redis, trail.connection.connection_id, most));
  std::size_t found = 0;
  for (const store::DeadLetter& letter : letters) {
    const LetterView view = ViewOf(letter.record);
    if (!trail.IsIt(view) || ++found > kMostShown) continue;
    const auto reason = static_cast<base::Reason>(letter.record.reason());
    trail.Add("dead", "given up", letter.record.last_error_ms(),
              fmt::format("{}: {}, dead letter {}", view.summary, base::ReasonName(reason), letter.entry_id));
  }
  trail.Limit("dead", found, letters.size() < kMostLooked);
  co_return absl::OkStatus();
}

base::Task<absl::Status> TraceCall::AddQuarantine(Trail& trail) {
  TAJO_CO_ASSIGN_OR_RETURN(const store::QuarantineGlimpse quarantine,
                           co_await store::PeekQuarantine(backend_.redis, trail.connection.connection_id));
  if (quarantine.bodies == 0) co_return absl::OkStatus();
  trail.Add("quarantine", "hint", quarantine.newest_ms,
            fmt::format("{} webhooks couldn't be read, the newest then; they are sealed, so one may be of this issue",
                        quarantine.bodies));
  co_return absl::OkStatus();
}

base::Task<absl::StatusOr<v1::TraceIssueResponse>> TraceCall::Run(Caller caller, v1::TraceIssueRequest request) {
  TAJO_CO_ASSIGN_OR_RETURN(IssueRef ref, ReadIssueRef(request.issue_key(), "issue_key"));
  TAJO_CO_ASSIGN_OR_RETURN(const store::ConnectionRecord record,
                           co_await FindConnection(backend_.connections, caller, request.connection()));
  Trail trail{record,
              store::OwnerStore(backend_.redis, backend_.clock, record.connection_id, store::LeaseToken()),
              std::move(ref),
              {},
              {}};
  trail.Add("connection", v1::ConnectionState_Name(record.state).c_str(), 0,
            record.reason.empty() ? "the connection's state" : record.reason);
  co_await AskJira(trail);
  // The streams first: they may know the id of an issue that Jira doesn't show.
  v1::TraceIssueResponse before;
  before.Swap(&trail.response);
  TAJO_CO_RETURN_IF_ERROR(co_await AddTaken(trail));
  TAJO_CO_RETURN_IF_ERROR(co_await AddOutbox(trail));
  TAJO_CO_RETURN_IF_ERROR(co_await AddSent(trail));
  TAJO_CO_RETURN_IF_ERROR(co_await AddDeadLetters(trail));
  TAJO_CO_RETURN_IF_ERROR(co_await AddQuarantine(trail));
  before.Swap(&trail.response);
  TAJO_CO_RETURN_IF_ERROR(co_await AddRecord(trail));
  trail.response.MergeFrom(before);
  trail.response.set_issue_id(trail.issue.id);
  trail.response.set_issue_key(trail.issue.key);
  co_return std::move(trail.response);
}

}  // namespace tajo::gateway
