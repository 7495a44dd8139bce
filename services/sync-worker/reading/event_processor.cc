#include "services/sync-worker/reading/event_processor.h"

#include <algorithm>
#include <set>
#include <utility>

#include "common/deciding/customer_history.h"
#include "common/deciding/mapping.h"
#include "common/deciding/milestone.h"
#include "common/store/overview.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::worker {
namespace {

constexpr int kBatch = 64;
constexpr int kStaleBatch = 100;
constexpr int kCrashesToGiveUp = 3;
constexpr std::chrono::minutes kMilestoneAgain{1};

jira::v1::DeadLetterRecord LetterFor(const store::TakenEvent& taken, base::Reason reason, std::string_view message,
                                     int64_t now_ms) {
  jira::v1::DeadLetterRecord letter;
  letter.set_kind("event");
  letter.set_payload(taken.event.SerializeAsString());
  letter.set_reason(static_cast<int>(reason));
  letter.set_message(std::string(message));
  letter.set_attempts(taken.crashes + 1);
  letter.set_first_error_ms(now_ms);
  letter.set_last_error_ms(now_ms);
  return letter;
}

// What is decided together: webhooks' entries; worklogs that a poll found; a milestone that a poll found. The
// latter two are counted as missed by webhooks.
enum class Origin { kWebhook, kPolledWorklog, kPolledMilestone };
Origin OriginOf(const store::TakenEvent& taken) {
  if (taken.unreadable || taken.event.source() != jira::v1::Event::SOURCE_INCREMENTAL) return Origin::kWebhook;
  return taken.event.has_worklog() ? Origin::kPolledWorklog : Origin::kPolledMilestone;
}

// How many from the front have one origin.
std::size_t Alike(const std::vector<store::TakenEvent>& taken) {
  const Origin origin = OriginOf(taken.front());
  if (origin == Origin::kPolledMilestone) return 1;
  const auto other = std::find_if(taken.begin(), taken.end(), [&](const auto& t) { return OriginOf(t) != origin; });
  return static_cast<std::size_t>(other - taken.begin());
}

// What is remembered of a milestone whose customers were told: when it was, as their events say.
constexpr std::string_view kTold = "told ";

bool NeedsJira(const jira::v1::Event& event, const std::optional<store::IssueRecord>& record,
               const deciding::Rules& rules) {
  return deciding::ReadingFor(event, record, rules) != deciding::Reading::kNone;
}

}  // namespace

// What becomes of an entry about a milestone.
struct EventProcessor::MilestoneWork {
  Milestones::Found found;
  std::optional<store::MilestoneWrite> remember;
  bool known = false;  // it was dealt with before
};

// What is known while a batch is decided.
struct EventProcessor::Batch {
  std::vector<store::TakenEvent> taken;
  std::vector<int64_t> issue_ids;  // of each entry; 0: none
  std::map<int64_t, std::optional<store::IssueRecord>> records;
  std::map<int64_t, deciding::Facts> reads;
  std::map<std::size_t, MilestoneWork> milestones;  // by entry
  std::vector<jira::v1::User> users;                // whom the entries tell about
  absl::Status jira;                                // why what was asked of Jira isn't there
  std::set<std::size_t> waiting;                    // entries that need Jira while it can't answer
};

EventProcessor::EventProcessor(store::OwnerStore& store, store::MilestoneLog& known, IssueSource& source,
                               UserDirectory& users, Milestones& milestones, const deciding::Rules& rules,
                               base::Clock& clock, telemetry::Logger& log, Instruments& instruments)
    : store_(store),
      known_(known),
      source_(source),
      users_(users),
      milestones_(milestones),
      rules_(rules),
      clock_(clock),
      log_(log),
      instruments_(instruments) {}

base::Task<absl::StatusOr<EventProcessor::Outcome>> EventProcessor::ProcessOnce() {
  auto outcome = co_await ProcessTaken();
  // An owner that dies while they wait hasn't died of them.
  if (!outcome.ok() || outcome->left > 0) TAJO_CO_RETURN_IF_ERROR(co_await store_.LayDown());
  co_return outcome;
}

base::Task<absl::StatusOr<EventProcessor::Outcome>> EventProcessor::ProcessTaken() {
  Batch batch;
  Outcome outcome;
  const base::MonotonicTime now = clock_.Monotonic();
  std::erase_if(postponed_, [now](const auto& one) { return one.second <= now; });
  std::vector<std::string> postponed;
  for (const auto& [entry_id, until] : postponed_) postponed.push_back(entry_id);
  outcome.left = static_cast<int64_t>(postponed.size());
  auto taken = co_await store_.Take(kBatch, std::move(postponed));
  if (!taken.ok()) co_return taken.status();
  if (taken->empty()) co_return outcome;
  batch.taken = *std::move(taken);
  batch.taken.resize(Alike(batch.taken));
  TAJO_CO_RETURN_IF_ERROR(co_await Load(&batch));

  store::Application application;
  for (std::size_t i = 0; i < batch.taken.size(); ++i) DecideInto(&batch, i, &application);
  outcome.left += static_cast<int64_t>(batch.waiting.size());
  outcome.applied = static_cast<int64_t>(application.acknowledged.size());
  if (application.acknowledged.empty()) {
    // It went alone: what comes behind it doesn't wait for its search.
    if (OriginOf(batch.taken.front()) == Origin::kPolledMilestone) {
      postponed_.emplace(batch.taken.front().entry_id, now + kMilestoneAgain);
    }
    co_return batch.jira;
  }
  AddMilestones(&batch, &application);
  for (const auto& milestone : application.milestones) outcome.campaigns |= milestone.campaign.has_value();
  TAJO_CO_RETURN_IF_ERROR(co_await users_.Learn(std::move(batch.users)));
  auto applied = co_await Apply(std::move(application));
  if (!applied.ok()) co_return applied.status();
  instruments_.EntriesApplied(outcome.applied);
  outcome.contacts = applied->issues_written > 0 || !applied->stale_contacts.empty();
  outcome.events = applied->events_queued > 0;
  co_await CountMissed(batch, *applied);
  co_return outcome;
}

void EventProcessor::AddMilestones(Batch* batch, store::Application* application) {
  for (auto& [index, work] : batch->milestones) {
    if (batch->waiting.contains(index)) continue;
    for (auto& write : work.found.unread) {
      const bool decided = std::any_of(application->issues.begin(), application->issues.end(),
                                       [&](const auto& other) { return other.issue_id == write.issue_id; });
      if (!decided) application->issues.push_back(std::move(write));
    }
    auto& events = work.found.events;
    std::move(events.begin(), events.end(), std::back_inserter(application->outbox));
    if (work.remember) application->milestones.push_back(*work.remember);
  }
}

base::Task<void> EventProcessor::CountMissed(const Batch& batch, const store::Applied& applied) {
  const Origin origin = OriginOf(batch.taken.front());
  if (origin == Origin::kWebhook) co_return;
  // No dynamic webhook tells of worklogs: none was missed.
  if (origin == Origin::kPolledWorklog && rules_.Config().auth_type() == jira::v1::OAUTH2) co_return;
  int64_t missed = applied.events_queued;
  for (const auto& [index, work] : batch.milestones) {
    if (work.known) co_return;
    if (work.remember && work.remember->campaign) ++missed;
  }
  if (missed == 0) co_return;
  instruments_.MissedWebhooks(missed);
  store::Application counted;
  counted.counters[store::kCounterMissedWebhooks] = missed;
  // Only a number: lost with a crash.
  (void)co_await store_.Apply(std::move(counted));
}

base::Task<absl::Status> EventProcessor::Load(Batch* batch) {
  std::set<int64_t> ids;
  for (const auto& taken : batch->taken) {
    int64_t id = taken.unreadable ? 0 : deciding::IssueIdOf(taken.event);
    const bool by_key = taken.event.has_hint() && id == 0 && !taken.event.hint().issue_key().empty();
    if (by_key) {
      auto found = co_await source_.IdOf(taken.event.hint().issue_key());
      if (found.ok()) {
        id = *found;
      } else if (base::ReasonOf(found.status()) != jira::v1::JIRA_NOT_FOUND) {
        batch->jira = found.status();
        batch->waiting.insert(batch->issue_ids.size());
      }
    }
    batch->issue_ids.push_back(id);
    if (id != 0) ids.insert(id);
  }
  const std::vector<int64_t> wanted(ids.begin(), ids.end());
  auto records = co_await store_.Issues(wanted);
  if (!records.ok()) co_return records.status();
  for (std::size_t i = 0; i < wanted.size(); ++i) batch->records[wanted[i]] = std::move((*records)[i]);
  TAJO_CO_RETURN_IF_ERROR(co_await LoadReads(batch));
  co_return co_await LoadUsers(batch);
}

// Errors of Jira don't fail the batch: they are kept in it, and the entries concerned wait.
base::Task<absl::Status> EventProcessor::LoadReads(Batch* batch) {
  std::set<int64_t> plain;
  std::set<int64_t> deep;
  for (std::size_t i = 0; i < batch->taken.size(); ++i) {
    const int64_t id = batch->issue_ids[i];
    if (id == 0) continue;
    const deciding::Reading reading = deciding::ReadingFor(batch->taken[i].event, batch->records[id], rules_);
    if (reading == deciding::Reading::kIssue) plain.insert(id);
    if (reading == deciding::Reading::kIssueHistory) deep.insert(id);
  }
  for (const int64_t id : deep) plain.erase(id);
  absl::Status failed;
  if (!plain.empty()) {
    auto reads = co_await source_.Read({plain.begin(), plain.end()}, deciding::Reading::kIssue);
    if (reads.ok()) batch->reads.merge(*reads);
    failed.Update(reads.status());
  }
  if (!deep.empty()) {
    auto reads = co_await source_.Read({deep.begin(), deep.end()}, deciding::Reading::kIssueHistory);
    if (reads.ok()) batch->reads.merge(*reads);
    failed.Update(reads.status());
  }
  for (std::size_t i = 0; i < batch->taken.size(); ++i) {
    const int64_t id = batch->issue_ids[i];
    const auto& event = batch->taken[i].event;
    if (!failed.ok() && id != 0 && NeedsJira(event, batch->records[id], rules_)) batch->waiting.insert(i);
    if (!event.has_version() && !event.has_sprint()) continue;
    const absl::Status loaded = co_await LoadMilestone(batch, i);
    if (loaded.ok()) continue;
    failed.Update(loaded);
    batch->waiting.insert(i);
  }
  if (!failed.ok()) batch->jira = failed;
  co_return absl::OkStatus();
}

base::Task<absl::Status> EventProcessor::LoadMilestone(Batch* batch, std::size_t index) {
  const jira::v1::Event& event = batch->taken[index].event;
  const int64_t now = base::ToMillis(clock_.Now());
  // The look at what it decides is cheap and pure: is it a milestone at all?
  auto decided = deciding::Decide(event, deciding::Facts{}, users_.Lookup(), rules_, now);
  if (!decided.milestone || !rules_.IsEventTime(decided.milestone_ms, now)) co_return absl::OkStatus();
  auto completed = co_await milestones_.Complete(*std::move(decided.milestone));
  if (!completed.ok()) co_return completed.status();
  if (!*completed) co_return absl::OkStatus();
  const deciding::Milestone milestone = **std::move(completed);
  const std::string key = deciding::MilestoneKey(milestone);
  auto known = co_await known_.Known(std::vector<std::string>(1, key));
  if (!known.ok()) co_return known.status();
  const std::string before = known->front().value_or("");
  int64_t changed_ms = decided.milestone_ms;
  if (!before.empty()) {
    // A poll looks a second time at what a webhook told: the search lags behind the last tickets' changes.
    if (OriginOf(batch->taken[index]) == Origin::kWebhook || !before.starts_with(kTold)) co_return absl::OkStatus();
    changed_ms = std::strtoll(before.c_str() + kTold.size(), nullptr, 10);
  }
  MilestoneWork work;
  work.known = !before.empty();
  if (!work.known) work.remember = store::MilestoneWrite{key, std::string(kTold) + std::to_string(changed_ms), {}};
  if (rules_.Config().milestones().mode() == jira::v1::MILESTONE_CAMPAIGN) {
    if (work.known) co_return absl::OkStatus();
    work.remember->known_as = "campaign";
    work.remember->campaign = deciding::PlanCampaign(milestone, changed_ms, store_.ConnectionId());
  } else {
    auto found = co_await milestones_.Find(milestone, changed_ms, now);
    if (!found.ok()) co_return found.status();
    work.found = *std::move(found);
  }
  batch->milestones[index] = std::move(work);
  co_return absl::OkStatus();
}

base::Task<absl::Status> EventProcessor::LoadUsers(Batch* batch) {
  std::vector<std::string> accounts;
  const auto lookup = users_.Lookup();
  const auto want = [&](const jira::v1::Issue& issue) {
    for (auto& account : deciding::AccountsToLookUp(issue, rules_, lookup)) accounts.push_back(std::move(account));
  };
  for (const auto& taken : batch->taken) {
    if (taken.event.has_issue() && !taken.event.issue().issue().partial()) want(taken.event.issue().issue());
  }
  for (const auto& [id, facts] : batch->reads) {
    if (facts.reread) want(*facts.reread);
    for (auto& account : deciding::AccountsInHistory(facts.histories, rules_, lookup)) {
      accounts.push_back(std::move(account));
    }
  }
  const absl::Status status = co_await users_.Load(std::move(accounts));
  if (status.ok()) co_return status;
  const base::Reason reason = base::ReasonOf(status);
  const bool redis = reason == jira::v1::REDIS_UNAVAILABLE || reason == jira::v1::REDIS_AMBIGUOUS ||
                     reason == jira::v1::REDIS_REFUSED || reason == jira::v1::LEASE_LOST;
  if (redis) co_return status;
  // Without the answer we'd take a customer for nobody.
  batch->jira = status;
  for (std::size_t i = 0; i < batch->taken.size(); ++i) {
    if (batch->issue_ids[i] != 0) batch->waiting.insert(i);
  }
  co_return absl::OkStatus();
}

void EventProcessor::DecideInto(Batch* batch, std::size_t index, store::Application* application) {
  const store::TakenEvent& taken = batch->taken[index];
  const int64_t now = base::ToMillis(clock_.Now());
  const auto give_up = [&](base::Reason reason, std::string_view message) {
    application->dead_letters.push_back({LetterFor(taken, reason, message, now)});
    application->acknowledged.push_back(taken.entry_id);
    instruments_.DeadLetter(reason);
    log_.Warn("entry given up", {{"reason", base::ReasonName(reason)}});
  };
  if (taken.unreadable) return give_up(jira::v1::WEBHOOK_UNREADABLE, "the stored entry can't be parsed");
  if (taken.crashes >= kCrashesToGiveUp) {
    return give_up(jira::v1::CRASHED_REPEATEDLY, "workers ended while they had this entry in hand");
  }
  const int64_t id = batch->issue_ids[index];
  // An entry of an issue goes not before an earlier one that waits.
  if (id != 0) {
    for (const std::size_t earlier : batch->waiting) {
      if (earlier < index && batch->issue_ids[earlier] == id) batch->waiting.insert(index);
    }
  }
  if (batch->waiting.contains(index)) return;

  deciding::Facts facts;
  if (const auto read = batch->reads.find(id); read != batch->reads.end()) facts = read->second;
  if (id != 0) facts.record = batch->records[id];
  auto decided = deciding::Decide(taken.event, facts, users_.Lookup(), rules_, now);
  if (decided.write) {
    batch->records[id] = decided.write->record;
    application->issues.push_back(*std::move(decided.write));
  }
  for (const std::string& why : decided.dropped) instruments_.FieldDropped(why);
  std::move(decided.outbox.begin(), decided.outbox.end(), std::back_inserter(application->outbox));
  std::move(decided.users.begin(), decided.users.end(), std::back_inserter(batch->users));
  application->acknowledged.push_back(taken.entry_id);
}

base::Task<absl::StatusOr<store::Applied>> EventProcessor::Apply(store::Application application) {
  // A lost answer: the same call again finds its entries gone and changes nothing.
  auto applied = co_await store_.Apply(application);
  if (base::ReasonOf(applied.status()) == jira::v1::REDIS_AMBIGUOUS) {
    applied = co_await store_.Apply(std::move(application));
  }
  co_return applied;
}

base::Task<absl::StatusOr<EventProcessor::Outcome>> EventProcessor::SettleStale() {
  Outcome outcome;
  auto stale = co_await store_.StaleContacts(kStaleBatch);
  if (!stale.ok()) co_return stale.status();
  if (stale->empty()) co_return outcome;
  std::vector<int64_t> ids;
  for (const auto& contact : *stale) {
    if (contact.issue_id != 0) ids.push_back(contact.issue_id);
  }
  auto reads = co_await source_.Read(ids, deciding::Reading::kIssue);
  if (!reads.ok()) co_return reads.status();
  // Without the answer we'd take a customer for nobody.
  std::vector<jira::v1::Issue> issues;
  for (const auto& [id, facts] : *reads) {
    if (facts.reread) issues.push_back(*facts.reread);
  }
  TAJO_CO_RETURN_IF_ERROR(co_await users_.LoadCustomers(issues, rules_));
  store::Application application;
  const int64_t now = base::ToMillis(clock_.Now());
  auto records = co_await store_.Issues(ids);
  if (!records.ok()) co_return records.status();
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const auto read = reads->find(ids[i]);
    deciding::Facts facts;
    if (read != reads->end()) facts = read->second;
    facts.record = (*records)[i];
    auto decided = deciding::DecideRead(facts, users_.Lookup(), rules_, now);
    for (const std::string& why : decided.dropped) instruments_.FieldDropped(why);
    if (decided.write) {
      application.issues.push_back(*std::move(decided.write));
    } else if (facts.record) {
      // Not visible any more: it can't be shown as somebody's last ticket.
      store::IssueWrite hidden;
      hidden.issue_id = ids[i];
      hidden.record = *facts.record;
      hidden.record.admitted = false;
      application.issues.push_back(std::move(hidden));
    }
  }
  for (const auto& contact : *stale) {
    if (contact.issue_id != 0) continue;
    auto before = co_await store_.Desired(contact.contact);
    if (!before.ok()) co_return before.status();
    if (!*before) continue;
    application.contacts.push_back({contact.contact, 0, deciding::DesiredWithoutTicket(**before, rules_)});
  }
  auto applied = co_await Apply(std::move(application));
  if (!applied.ok()) co_return applied.status();
  outcome.applied = static_cast<int64_t>(stale->size());
  outcome.contacts = true;
  co_return outcome;
}

}  // namespace tajo::worker
