#include <algorithm>
#include <set>
#include <utility>

#include "common/store/capacity.h"
#include "common/store/ledger_key.h"
#include "common/store/letter_people.h"
#include "common/store/lua_scripts.h"
#include "common/store/owner_store.h"
#include "common/store/plan_writer.h"
#include "common/store/reply_read.h"
#include "common/store/scripts.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::store {
namespace {

const redis::Script& ApplyScript() {
  static const redis::Script script = OwnerScript(std::string(lua::kCapacity).append(lua::kApplyPlan));
  return script;
}
const redis::Script& MarkStaleScript() {
  static const redis::Script script = OwnerScript(lua::kMarkStale);
  return script;
}
const redis::Script& StaleContactsScript() {
  static const redis::Script script(lua::kStaleContacts);
  return script;
}

// Eight bytes, big endian: in the ticket list equal ranks are then ordered by id.
std::string TicketMember(int64_t issue_id) {
  std::string member;
  for (int shift = 56; shift >= 0; shift -= 8)
    member += static_cast<char>(static_cast<uint64_t>(issue_id) >> shift & 0xff);
  return member;
}

absl::Status WriteDesired(const jira::v1::DesiredContact& desired, const AttributeNumbers& numbers, PlanWriter& plan) {
  TAJO_ASSIGN_OR_RETURN(const std::vector<std::string> parts, PackDesired(desired, numbers));
  plan.Array(parts.size());
  for (const std::string& part : parts) plan.Bytes(part);
  return absl::OkStatus();
}

absl::Status WriteIssue(const IssueWrite& issue, const AttributeNumbers& numbers, const Tombstones& tombstones,
                        PlanWriter& plan) {
  const std::string& parked = issue.parked_account;
  plan.Array(8)
      .Bytes(std::to_string(issue.issue_id))
      .Bytes(IssueBucket(issue.issue_id))
      .Bytes(issue.record.Pack())
      .Integer(issue.rank_ms);
  TAJO_RETURN_IF_ERROR(WriteDesired(issue.desired, numbers, plan));
  plan.Bytes(TicketMember(issue.issue_id)).Bytes(parked).Bytes(parked.empty() ? "" : tombstones.OfAccount(parked));
  return absl::OkStatus();
}

// Names of attributes in the application that have no number yet.
std::vector<std::string> Unnumbered(const Application& application, const std::optional<AttributeNumbers>& numbers) {
  std::set<std::string> names;
  const auto add = [&](const jira::v1::DesiredContact& desired) {
    for (const auto& [name, value] : desired.attributes()) {
      if (!numbers || !numbers->Of(name)) names.insert(name);
    }
  };
  for (const IssueWrite& issue : application.issues) add(issue.desired);
  for (const ContactReset& reset : application.contacts) add(reset.desired);
  return {names.begin(), names.end()};
}

void WriteEvent(const jira::v1::OutboxEvent& event, int64_t now_ms, int ledger_days, PlanWriter& plan) {
  std::string uid = event.uid().substr(0, kLedgerUidBytes);
  uid.resize(kLedgerUidBytes, '\0');
  const std::string day = LedgerDay(event.event_ms());
  plan.Array(8)
      .Bytes(uid)
      .Bytes(event.contact())
      .Bytes(event.SerializeAsString())
      .Bytes(LedgerKey(day, uid))
      .Bytes(LedgerKey(LedgerDay(event.event_ms() - kDayMs), uid))
      .Bytes(LedgerKey(LedgerDay(event.event_ms() + kDayMs), uid))
      .Bytes(std::to_string(LedgerLifeSeconds(event.event_ms(), now_ms, ledger_days)))
      .Bytes(day);
}

// Contact -> the tombstones that it would have if it, or an account it stands for, had been erased.
std::map<std::string, std::string> TombstonesOf(const Application& application,
                                                const std::vector<const jira::v1::OutboxEvent*>& outbox,
                                                const Tombstones& tombstones) {
  std::map<std::string, std::string> all;
  const auto add = [&](const ContactId& contact, const std::string& account_id) {
    if (contact.IsNone()) return;
    std::string& marks = all[contact.Bytes()];
    if (marks.empty()) marks = tombstones.Of(contact);
    if (!account_id.empty()) marks += tombstones.OfAccount(account_id);
  };
  for (const IssueWrite& issue : application.issues) add(issue.record.contact, issue.desired.account_id());
  for (const ContactReset& reset : application.contacts) add(reset.contact, reset.desired.account_id());
  for (const auto* event : outbox) {
    if (const auto contact = ContactId::FromBytes(event->contact())) add(*contact, "");
  }
  return all;
}

// Whose the open tickets are, and in which projects, each once.
void WriteCapacityNames(const Application& application, const Tombstones& tombstones, PlanWriter& plan) {
  std::set<std::string> accounts;
  std::map<int64_t, std::string> projects;
  for (const IssueWrite& issue : application.issues) {
    if (!IsOpenWork(issue.record)) continue;
    if (!issue.assignee_account_id.empty()) accounts.insert(issue.assignee_account_id);
    if (!issue.project_key.empty()) projects[issue.record.project_id] = issue.project_key;
  }
  plan.Array(accounts.size() * 3);
  for (const std::string& account : accounts) {
    plan.Bytes(AssigneeField(account)).Bytes(account).Bytes(tombstones.OfAccount(account));
  }
  plan.Array(projects.size() * 3);
  for (const auto& [id, key] : projects) plan.Bytes(std::to_string(id)).Bytes(key).Bytes("");
}

// The order of the parts is known to apply_plan.lua.
absl::StatusOr<std::string> WritePlan(const Application& application,
                                      const std::vector<const jira::v1::OutboxEvent*>& outbox, int64_t now_ms,
                                      int ledger_days, const Tombstones& tombstones, const AttributeNumbers& numbers) {
  PlanWriter plan;
  plan.Array(12).Array(application.acknowledged.size());
  for (const std::string& entry : application.acknowledged) plan.Bytes(entry);
  plan.Array(application.issues.size());
  for (const IssueWrite& issue : application.issues) TAJO_RETURN_IF_ERROR(WriteIssue(issue, numbers, tombstones, plan));
  plan.Array(application.contacts.size());
  for (const ContactReset& reset : application.contacts) {
    plan.Array(4).Bytes(reset.contact.Bytes()).Bytes(std::to_string(reset.expected_last_ticket));
    TAJO_RETURN_IF_ERROR(WriteDesired(reset.desired, numbers, plan));
    plan.Bytes(reset.contact_is == ContactReset::For::kCreate ? "1" : "0");
  }
  plan.Array(outbox.size());
  for (const auto* event : outbox) WriteEvent(*event, now_ms, ledger_days, plan);
  plan.Array(application.dead_letters.size());
  for (const DeadLetterWrite& letter : application.dead_letters) {
    plan.Array(4)
        .Bytes(letter.record.SerializeAsString())
        .Bytes(letter.record.kind())
        .Bytes(std::to_string(letter.record.reason()))
        .Bytes(MarksOf(PeopleIn(letter.record), tombstones));
  }
  plan.Array(application.counters.size() * 2);
  for (const auto& [name, amount] : application.counters) plan.Bytes(name).Bytes(std::to_string(amount));
  plan.Array(application.cursors.size() * 2);
  for (const auto& [name, value] : application.cursors) plan.Bytes(name).Bytes(value);
  if (!application.job) {
    plan.Array(0);
  } else {
    plan.Array(1 + application.job->fields.size() * 2).Bytes(application.job->job_id);
    for (const auto& [name, value] : application.job->fields) plan.Bytes(name).Bytes(value);
  }
  const auto marks = TombstonesOf(application, outbox, tombstones);
  plan.Array(marks.size() * 2);
  for (const auto& [contact, mark] : marks) plan.Bytes(contact).Bytes(mark);
  WriteCapacityNames(application, tombstones, plan);
  plan.Array(application.milestones.size());
  for (const MilestoneWrite& milestone : application.milestones) {
    plan.Array(3)
        .Bytes(milestone.key)
        .Bytes(milestone.known_as)
        .Bytes(milestone.campaign ? milestone.campaign->SerializeAsString() : std::string());
  }
  return plan.Take();
}

std::vector<LastTicket> TicketsOf(const redis::Reply& reply) {
  std::vector<LastTicket> tickets;
  const redis::Reply::Array& elements = reply.Elements();
  for (std::size_t i = 0; i + 1 < elements.size(); i += 2) {
    const std::optional<ContactId> contact = ContactId::FromBytes(elements[i].String());
    if (contact) tickets.push_back({*contact, elements[i + 1].Integer()});
  }
  return tickets;
}

}  // namespace

base::Task<absl::StatusOr<Applied>> OwnerStore::Apply(Application application) {
  const int64_t now_ms = NowMs();
  Applied applied;
  std::vector<const jira::v1::OutboxEvent*> outbox;
  for (const jira::v1::OutboxEvent& event : application.outbox) {
    if (!ContactId::FromBytes(event.contact()) || event.uid().empty()) {
      co_return base::Error(jira::v1::INTERNAL, "a timeline event must have a uid and a contact of 16 bytes");
    }
    if (event.event_ms() < now_ms - ledger_days_ * kDayMs) {
      ++applied.events_too_old;
    } else {
      outbox.push_back(&event);
    }
  }
  for (const ContactReset& reset : application.contacts) {
    if (reset.contact.IsNone()) co_return base::Error(jira::v1::INTERNAL, "a contact's reset must name the contact");
  }
  const int64_t score = application.lane == Lane::kBackfill ? kBackfillOffset + now_ms : now_ms;
  if (auto names = Unnumbered(application, attributes_); !attributes_ || !names.empty()) {
    TAJO_CO_RETURN_IF_ERROR(co_await NumberAttributes(std::move(names)));
  }
  TAJO_CO_ASSIGN_OR_RETURN(std::string plan,
                           WritePlan(application, outbox, now_ms, ledger_days_, tombstones_, *attributes_));
  redis::Args args = {std::move(plan), std::to_string(now_ms), std::to_string(score)};
  TAJO_CO_ASSIGN_OR_RETURN(const redis::Reply reply, co_await Run(ApplyScript(), std::move(args)));
  const redis::Reply::Array& result = reply.Elements();
  if (result.size() != 9) co_return base::Error(jira::v1::INTERNAL, "the apply script gave no result");
  applied.issues_written = result[0].Integer();
  applied.issues_stale = result[1].Integer();
  applied.events_queued = result[2].Integer();
  applied.events_known = result[3].Integer();
  applied.entries_gone = result[4].Integer();
  applied.job_cancelled = result[5].Integer() != 0;
  applied.events_erased = result[6].Integer();
  applied.events_of_nobody = result[8].Integer();
  applied.stale_contacts = TicketsOf(result[7]);
  TAJO_CO_RETURN_IF_ERROR(co_await Confirm());
  co_return applied;
}

base::Task<absl::Status> OwnerStore::MarkStale(std::vector<ContactId> contacts) {
  if (contacts.empty()) co_return absl::OkStatus();
  redis::Args args;
  for (const ContactId& contact : contacts) args.push_back(contact.Bytes());
  const auto reply = co_await Run(MarkStaleScript(), std::move(args));
  co_return reply.status();
}

base::Task<absl::StatusOr<std::vector<LastTicket>>> OwnerStore::StaleContacts(int count) {
  redis::Args keys = {keys_.Stale()};
  redis::Args args = {keys_.Prefix(), std::to_string(std::max(count, 1))};
  TAJO_CO_ASSIGN_OR_RETURN(const redis::Reply reply,
                           co_await redis_.Run(StaleContactsScript(), std::move(keys), std::move(args)));
  co_return TicketsOf(reply);
}

}  // namespace tajo::store
