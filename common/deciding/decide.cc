#include "common/deciding/decide.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "common/deciding/customer_history.h"
#include "common/deciding/mapping.h"
#include "common/deciding/timeline.h"

namespace tajo::deciding {
namespace {

using jira::v1::Event;
using jira::v1::Issue;
using jira::v1::IssueChange;
using jira::v1::OutboxEvent;

int64_t Minutes(int64_t seconds) {
  return seconds / 60;
}

// Webhooks bring the story points only where ingest knows their field: what is known stays then, and a change
// of them has the issue read (see ReadingFor).
double StoryPointsOf(const Issue& issue, const Facts& facts) {
  if (issue.has_story_points() || facts.reread || !facts.record) return issue.story_points();
  return facts.record->story_points_x10 / 10.0;
}

store::IssueRecord RecordOf(const Issue& issue, const std::optional<Customer>& customer, const Facts& facts,
                            const Rules& rules) {
  store::IssueRecord record;
  record.version_ms = issue.updated_ms();
  record.admitted = rules.Admits(issue);
  if (customer) record.contact = customer->Contact();
  record.status_category = issue.status_category();
  record.list_id = static_cast<uint32_t>(rules.ListOf(issue.project_key()));
  record.project_id = issue.project_id();
  if (issue.has_assignee()) record.assignee_hash = store::AssigneeHash(issue.assignee().account_id());
  record.original_estimate_min = Minutes(issue.original_estimate_s());
  record.remaining_estimate_min = Minutes(issue.remaining_estimate_s());
  record.time_spent_min = Minutes(issue.time_spent_s());
  record.story_points_x10 = static_cast<int32_t>(std::lround(std::clamp(StoryPointsOf(issue, facts), 0.0, 1e6) * 10));
  return record;
}

// The issue's state as a write; nothing for an issue that was never ours, unless the change `takes_away` one that was.
std::optional<store::IssueWrite> StateWrite(const Issue& issue, const std::optional<Customer>& customer,
                                            const Facts& facts, const Rules& rules, std::vector<std::string>* dropped,
                                            bool takes_away = false) {
  store::IssueWrite write;
  write.issue_id = issue.id();
  write.record = RecordOf(issue, customer, facts, rules);
  write.record.admitted = write.record.admitted && facts.matches_jql.value_or(true);
  if (!write.record.admitted && !facts.record && !takes_away) return std::nullopt;
  const bool by_creation = rules.Config().last_ticket() == jira::v1::LAST_TICKET_CREATED;
  write.rank_ms = by_creation ? issue.created_ms() : issue.updated_ms();
  write.assignee_account_id = issue.assignee().account_id();
  write.project_key = issue.project_key();
  if (write.record.admitted && !write.record.contact.IsNone()) {
    write.desired = DesiredFor(issue, *customer, rules, dropped);
  }
  if (write.record.admitted && write.record.contact.IsNone() && customer) write.parked_account = customer->account_id;
  return write;
}

void Keep(std::vector<OutboxEvent> events, const Rules& rules, int64_t now_ms, std::vector<OutboxEvent>* out) {
  for (auto& event : events) {
    if (!rules.IsEventTime(event.event_ms(), now_ms)) continue;
    event.set_queued_ms(now_ms);
    out->push_back(std::move(event));
  }
}

// Histories and public comments that no REST read has covered yet. The ledger drops what a webhook
// already brought.
std::vector<OutboxEvent> UnverifiedEvents(const Issue& issue, const Facts& facts, const UserLookup& users,
                                          const Rules& rules) {
  std::vector<OutboxEvent> events;
  const CustomerHistory customers(issue, facts.histories, rules, users);
  Subject subject = SubjectOf(issue, store::ContactId());
  const int64_t verified = facts.record ? facts.record->verified_until_ms : 0;
  // False: it is told already, or there was nobody to tell.
  const auto is_news = [&](int64_t ms) {
    const auto& customer = customers.At(ms);
    subject.contact = customer ? customer->Contact() : store::ContactId();
    return ms > verified && !subject.contact.IsNone();
  };
  if (is_news(issue.created_ms())) events.push_back(CreatedEvent(subject, issue.created_ms()));
  for (const auto& history : facts.histories) {
    if (!is_news(history.created_ms())) continue;
    auto more = HistoryEvents(subject, history);
    std::move(more.begin(), more.end(), std::back_inserter(events));
  }
  if (!rules.Config().sync().comments()) return events;
  for (const auto& comment : facts.comments) {
    if (!comment.is_public() || !is_news(comment.created_ms())) continue;
    events.push_back(CommentEvent(subject, comment, rules, customers.At(comment.created_ms())->account_id));
  }
  return events;
}

Outcome DecideDeleted(const IssueChange& change, const Event& event, const Facts& facts, const UserLookup& users,
                      const Rules& rules, int64_t now_ms) {
  Outcome outcome;
  const Issue& issue = change.issue();
  const auto customer = CustomerOf(issue, rules, users);
  store::IssueWrite write;
  write.issue_id = issue.id();
  write.record = facts.record.value_or(RecordOf(issue, customer, facts, rules));
  if (!facts.record && !write.record.admitted) return outcome;
  // The webhook's own word, where it gives one: the record may be behind.
  const bool says_whose = !issue.partial() && customer && !customer->email.empty();
  const store::ContactId contact = says_whose ? customer->Contact() : write.record.contact;
  const bool admitted = write.record.admitted;
  write.record.deleted = true;
  write.record.version_ms = std::max({write.record.version_ms, issue.updated_ms(), event.occurred_ms()});
  if (admitted && !contact.IsNone()) {
    const int64_t when = event.occurred_ms() != 0 ? event.occurred_ms() : event.received_ms();
    Keep({DeletedEvent(SubjectOf(issue, contact), when)}, rules, now_ms, &outcome.outbox);
  }
  outcome.write = std::move(write);
  return outcome;
}

// Whether the issue was the config's to admit before. It is noted then, though nothing was known of it: an earlier
// webhook of it that arrives later would make it ours.
bool TakesAway(const IssueChange& change, const Issue& issue, const Rules& rules) {
  Issue before;
  before.set_project_key(issue.project_key());
  before.set_issue_type(issue.issue_type());
  for (const auto& one : change.history().changes()) {
    if (one.field() == "Key") before.set_project_key(one.from_text().substr(0, one.from_text().rfind('-')));
    if (one.field() == "issuetype") before.set_issue_type(one.from_text());
  }
  return rules.Admits(before) && !rules.Admits(issue);
}

Outcome DecideChanged(const IssueChange& change, const Event& event, const Facts& facts, const UserLookup& users,
                      const Rules& rules, int64_t now_ms) {
  Outcome outcome;
  const Issue& issue = facts.reread ? *facts.reread : change.issue();
  const auto customer = CustomerOf(issue, rules, users);
  const bool takes_away = TakesAway(change, issue, rules);
  outcome.write = StateWrite(issue, customer, facts, rules, &outcome.dropped, takes_away);
  if (!outcome.write || !outcome.write->record.admitted) return outcome;
  // Told to whose it was then, which the webhook says, not to whose it is by now.
  const Issue& then = change.issue().partial() ? issue : change.issue();
  const auto customer_then = CustomerOf(then, rules, users);
  if (!customer_then || customer_then->email.empty()) return outcome;
  const Subject subject = SubjectOf(then, customer_then->Contact());
  std::vector<OutboxEvent> events;
  if (change.kind() == jira::v1::CREATED) {
    events.push_back(CreatedEvent(subject, issue.created_ms()));
  } else if (change.has_history()) {
    jira::v1::History history = change.history();
    if (history.created_ms() == 0) history.set_created_ms(event.occurred_ms());
    events = HistoryEvents(subject, history);
  }
  Keep(std::move(events), rules, now_ms, &outcome.outbox);
  return outcome;
}

// Comments and worklogs: the ticket's customer comes from its record, or from the re-read issue.
struct Known {
  Subject subject;
  std::string customer_account_id;
};
std::optional<Known> SubjectForPart(const Issue& partial, const Facts& facts, const UserLookup& users,
                                    const Rules& rules, Outcome* outcome) {
  if (facts.reread) {
    const auto customer = CustomerOf(*facts.reread, rules, users);
    outcome->write = StateWrite(*facts.reread, customer, facts, rules, &outcome->dropped);
    if (!outcome->write || !outcome->write->record.admitted || outcome->write->record.contact.IsNone()) {
      return std::nullopt;
    }
    return Known{SubjectOf(*facts.reread, outcome->write->record.contact), customer->account_id};
  }
  if (!facts.record || facts.record->deleted || !facts.record->admitted || facts.record->contact.IsNone()) {
    return std::nullopt;
  }
  return Known{SubjectOf(partial, facts.record->contact), ""};
}

Outcome DecideComment(const jira::v1::CommentChange& change, const Facts& facts, const UserLookup& users,
                      const Rules& rules, int64_t now_ms) {
  Outcome outcome;
  const auto known = SubjectForPart(change.issue(), facts, users, rules, &outcome);
  const bool wanted =
      rules.Config().sync().comments() && change.kind() == jira::v1::CREATED && change.comment().is_public();
  if (known && wanted) {
    Keep({CommentEvent(known->subject, change.comment(), rules, known->customer_account_id)}, rules, now_ms,
         &outcome.outbox);
  }
  return outcome;
}

bool IsToBeTold(const jira::v1::WorklogChange& change, const Rules& rules) {
  return rules.Config().sync().worklogs() && change.kind() == jira::v1::CREATED && !change.worklog().restricted();
}

Outcome DecideWorklog(const jira::v1::WorklogChange& change, const Facts& facts, const UserLookup& users,
                      const Rules& rules, int64_t now_ms) {
  Outcome outcome;
  const auto known = SubjectForPart(Issue(), facts, users, rules, &outcome);
  if (known && IsToBeTold(change, rules)) {
    Keep({WorklogEvent(known->subject, change.worklog())}, rules, now_ms, &outcome.outbox);
  }
  return outcome;
}

bool ChangesStoryPoints(const IssueChange& change, const Rules& rules) {
  const std::string& field = rules.Config().story_points();
  return !field.empty() && std::any_of(change.history().changes().begin(), change.history().changes().end(),
                                       [&field](const auto& one) { return one.field_id() == field; });
}

bool IsRelease(const jira::v1::VersionChange& change) {
  return change.kind() == jira::v1::VersionChange::KIND_RELEASED;
}

bool IsSprintMilestone(const jira::v1::SprintChange& change) {
  return change.kind() == jira::v1::SprintChange::KIND_STARTED || change.kind() == jira::v1::SprintChange::KIND_CLOSED;
}

}  // namespace

int64_t IssueIdOf(const Event& event) {
  switch (event.body_case()) {
    case Event::kIssue:
      return event.issue().issue().id();
    case Event::kComment:
      return event.comment().issue().id();
    case Event::kWorklog:
      return event.worklog().worklog().issue_id();
    case Event::kHint:
      return event.hint().issue_id();
    default:
      return 0;
  }
}

Reading ReadingFor(const Event& event, const std::optional<store::IssueRecord>& record, const Rules& rules) {
  switch (event.body_case()) {
    case Event::kHint:
      return Reading::kIssueHistory;
    case Event::kIssue: {
      const IssueChange& change = event.issue();
      if (change.kind() == jira::v1::DELETED) return Reading::kNone;
      // The config's own jql is judged by Jira: a ticket not yet known to match has to be asked for.
      const bool undecided = !rules.Config().jql().empty();
      const bool lacks_points = !change.issue().has_story_points() && ChangesStoryPoints(change, rules);
      return change.issue().partial() || undecided || lacks_points ? Reading::kIssue : Reading::kNone;
    }
    case Event::kComment:
      return rules.Config().sync().comments() && event.comment().kind() == jira::v1::CREATED &&
                     event.comment().comment().is_public() && !record
                 ? Reading::kIssue
                 : Reading::kNone;
    case Event::kWorklog:
      return IsToBeTold(event.worklog(), rules) ? Reading::kIssue : Reading::kNone;
    default:
      return Reading::kNone;
  }
}

Outcome Decide(const Event& event, const Facts& facts, const UserLookup& users, const Rules& rules, int64_t now_ms) {
  Outcome outcome;
  switch (event.body_case()) {
    case Event::kIssue: {
      const IssueChange& change = event.issue();
      if (change.kind() == jira::v1::DELETED) return DecideDeleted(change, event, facts, users, rules, now_ms);
      if (!facts.reread && ReadingFor(event, facts.record, rules) != Reading::kNone) return outcome;
      return DecideChanged(change, event, facts, users, rules, now_ms);
    }
    case Event::kComment:
      return DecideComment(event.comment(), facts, users, rules, now_ms);
    case Event::kWorklog:
      return DecideWorklog(event.worklog(), facts, users, rules, now_ms);
    case Event::kHint:
      return DecideRead(facts, users, rules, now_ms);
    case Event::kVersion:
      if (rules.Config().milestones().versions() && IsRelease(event.version())) outcome.milestone = event.version();
      break;
    case Event::kSprint:
      if (rules.Config().milestones().sprints() && IsSprintMilestone(event.sprint()))
        outcome.milestone = event.sprint();
      break;
    case Event::kUser:
      if (event.user().kind() != jira::v1::DELETED) outcome.users.push_back(event.user().user());
      break;
    default:
      break;
  }
  outcome.milestone_ms = event.occurred_ms() != 0 ? event.occurred_ms() : event.received_ms();
  return outcome;
}

Outcome DecideRead(const Facts& facts, const UserLookup& users, const Rules& rules, int64_t now_ms) {
  Outcome outcome;
  if (!facts.reread) return outcome;
  const Issue& issue = *facts.reread;
  const auto customer = CustomerOf(issue, rules, users);
  outcome.write = StateWrite(issue, customer, facts, rules, &outcome.dropped);
  if (!outcome.write) return outcome;
  // What could be told to nobody yet is told once the ticket's customer is found.
  const bool told = outcome.write->parked_account.empty();
  // By Jira's clock, not ours: one that runs ahead would take changes for verified that are still to come.
  if (facts.histories_read && told) outcome.write->record.verified_until_ms = issue.updated_ms();
  if (!facts.histories_read || !outcome.write->record.admitted) return outcome;
  Keep(UnverifiedEvents(issue, facts, users, rules), rules, now_ms, &outcome.outbox);
  return outcome;
}

}  // namespace tajo::deciding
