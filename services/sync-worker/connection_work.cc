#include "services/sync-worker/connection_work.h"

#include <algorithm>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <utility>

#include "common/base/all_of.h"
#include "common/brevo/errors.h"
#include "common/jira/fields.h"
#include "common/retry/policy.h"
#include "services/sync-worker/reading/authorization.h"
#include "services/sync-worker/reading/census.h"
#include "services/sync-worker/reading/project_sight.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::worker {
namespace {

using boost::asio::experimental::awaitable_operators::operator||;

// Loops are woken by signals, and each renewal of the lease tells of what waits (see Look).
constexpr std::chrono::minutes kIdleWait{15};
constexpr std::chrono::seconds kUpkeepEvery{60};
constexpr std::chrono::hours kRetainEvery{1};  // what goes is days old
constexpr std::chrono::seconds kBrevoProbeEvery{60};
constexpr std::chrono::seconds kWaitsLookEvery{2};
// Enough for an import of full size; fewer wait for the backfill's end.
constexpr int64_t kWorthAnImport = 25'000;

// As a person reads it in a sync's status.
std::string QuotaWords(std::string_view quota) {
  if (quota.empty()) return "";
  return quota == "jira_points" ? "Jira's hourly points" : "Jira's limit of calls a second";
}

ContactWriter::Options WriterOptions(const store::ConnectionRecord& record) {
  ContactWriter::Options options;
  options.ext_id_from = record.config.ext_id_from();
  options.account = record.brevo_account_key;
  return options;
}

EventSender::Options SenderOptions(const jira::v1::ConnectionConfig& config, const WorkOptions& work) {
  EventSender::Options options;
  options.on_ambiguous = config.on_ambiguous();
  if (!work.ambiguous_looks.empty()) options.looks = work.ambiguous_looks;
  return options;
}

}  // namespace

struct ConnectionWork::Decider {
  Decider(ConnectionWork& work, const std::vector<jira::Field>& catalogue)
      : rules(jira::WithFieldIds(work.record_.config, catalogue)),
        fields(jira::ResolveFields(work.record_.config, catalogue).fields),
        live_source(work.LiveJira(), work.shared_.clock, rules, fields),
        backfill_source(work.jira_.Backfill(), work.shared_.clock, rules, fields),
        users(work.store_, work.LiveJira()),
        milestones(work.store_, work.LiveJira(), live_source, users, rules),
        processor(work.store_, work.milestone_work_.Log(), live_source, users, milestones, rules, work.shared_.clock,
                  work.shared_.log, work.shared_.instruments),
        sight(work.store_, work.shared_.jobs, work.jira_.Backfill(), rules, work.shared_.clock, work.shared_.log),
        runner({work.record_.connection_id, work.store_, work.shared_.jobs, work.jira_.Backfill(), backfill_source,
                users, rules, sight, work.shared_.clock, work.shared_.log, work.shared_.instruments,
                [&work] { work.WakeWriters(); }, [&work] { return work.stopping_ || work.full_sync_yields_; },
                [&work] { return work.LetLiveGoFirst(); }, [&work] { return work.backlog_.oldest_event_ms; }}),
        census({work.store_, work.shared_.jobs, work.jira_.Backfill(), backfill_source, users, rules,
                work.shared_.clock, work.shared_.log, work.shared_.instruments, [&work] { work.WakeWriters(); },
                [&work] { return work.stopping_; }}) {}

  deciding::Rules rules;
  jira::IssueFields fields;
  IssueSource live_source;
  IssueSource backfill_source;
  UserDirectory users;
  Milestones milestones;
  EventProcessor processor;
  ProjectSight sight;
  SyncRunner runner;
  Census census;
};

ConnectionWork::ConnectionWork(Shared& shared, const LeaseGuard& guard, store::ConnectionRecord record,
                               jira::v1::Credentials credentials, store::LeaseToken lease,
                               std::vector<jira::Field>& catalogue)
    : shared_(shared),
      record_(std::move(record)),
      credentials_(std::move(credentials)),
      catalogue_(catalogue),
      store_(shared.redis, shared.clock, record_.connection_id, std::move(lease),
             record_.config.retention().ledger_days(), base::Secret(credentials_.erasure_key())),
      leased_http_(shared.http, guard),
      jira_http_(shared.http, guard),
      import_http_(shared.http, guard, [this] { return contact_writer_.NoteSending(); }),
      jira_(jira_http_, shared.grants, shared.quotas, shared.clock, shared.random, shared.options.endpoints,
            record_.connection_id, record_.config, credentials_, shared.jira_observer),
      brevo_(leased_http_, import_http_, shared.quotas, shared.clock, shared.random, shared.options.endpoints,
             record_.brevo_account_key, credentials_, shared.brevo_observer),
      contact_writer_(store_, brevo_.Client(), brevo_.Importer(), shared.clock, shared.log, shared.instruments,
                      WriterOptions(record_)),
      event_sender_(store_, brevo_.Client(), brevo_.Governor(), shared.clock, shared.log, shared.instruments,
                    SenderOptions(record_.config, shared.options)),
      passes_(store_, shared.jobs, shared.redis, shared.clock),
      people_(PeopleParts()),
      capacity_({shared.redis, store_, jira_.Live(), shared.clock, shared.log, shared.instruments, record_,
                 [this] { WakeWriters(); }}),
      slow_(SlowParts()),
      milestone_work_(MilestoneParts()),
      events_(shared.clock),
      live_contacts_(shared.clock),
      backfill_contacts_(shared.clock),
      outbox_(shared.clock),
      jobs_(shared.clock),
      upkeep_(shared.clock) {
  store_.ConfirmBy(shared.commit);
  if (record_.config.auth_type() == jira::v1::OAUTH2 && !shared.options.public_url.empty()) {
    registrar_.emplace(WebhookRegistrar::Parts{jira_.Live(), shared.redis, shared.connections, shared.clock,
                                               shared.random, shared.instruments},
                       credentials_.app_id(), shared.options.public_url + "/webhooks/jira");
  }
}

ConnectionWork::~ConnectionWork() = default;

PeopleWork::Parts ConnectionWork::PeopleParts() {
  if (record_.config.auth_type() == jira::v1::OAUTH2 && !credentials_.grant_id().empty()) {
    app_ = std::make_unique<AppAccess>(shared_.http, shared_.grants, shared_.quotas, shared_.clock, shared_.random,
                                       shared_.options.endpoints, record_.connection_id, credentials_,
                                       shared_.jira_observer);
    reporter_ = std::make_unique<AccountReporter>(
        AccountReporter::Parts{shared_.redis, store_, jira_.Backfill(), app_->Connection(), shared_.clock,
                               shared_.instruments},
        credentials_.app_id(), record_.created_ms, shared_.options.account_report_scan);
  }
  return {shared_.clock,
          shared_.random,
          shared_.log,
          record_,
          credentials_,
          {shared_.redis, store_, brevo_.Client(), contact_writer_, event_sender_, shared_.clock, shared_.log,
           shared_.instruments},
          {brevo_.Client(), shared_.connections, shared_.random, shared_.log},
          reporter_.get(),
          shared_.options.public_url,
          [this] {
            if (decider_) decider_->users.Clear();
          }};
}

SlowWork::Parts ConnectionWork::SlowParts() {
  const std::string attribute = AccountAttribute(record_.config);
  return {shared_.clock,
          shared_.random,
          shared_.log,
          record_,
          {store_, brevo_.Client(), shared_.log, shared_.instruments, attribute,
           [this](const std::string& account_id, const std::string& email) {
             if (decider_) decider_->users.Linked(account_id, email);
           }},
          {store_, brevo_.Client(), shared_.instruments, attribute},
          [this] { events_.Notify(); },
          [this] { backfill_contacts_.Notify(); }};
}

MilestoneWork::Parts ConnectionWork::MilestoneParts() {
  const auto& looks = shared_.options.ambiguous_looks;
  return {shared_.clock,
          shared_.random,
          shared_.log,
          shared_.redis,
          record_,
          store_,
          jira_.Backfill(),
          brevo_.Client(),
          looks.empty() ? EventSender::Options().looks.front() : looks.front(),
          [this] { events_.Notify(); },
          [this] { upkeep_.Notify(); },
          [this]() -> base::Task<absl::StatusOr<Milestones*>> {
            auto decider = co_await EnsureDecider();
            if (!decider.ok()) co_return decider.status();
            co_return &(*decider)->milestones;
          }};
}

base::Task<void> ConnectionWork::Run() {
  // An earlier owner's last calls may still arrive at Brevo: what it had in flight is written again,
  // after the longest that such a call can take.
  for (int failures = 1; !stopping_; ++failures) {
    auto reclaimed = co_await store_.ReclaimInFlight();
    if (reclaimed.ok()) {
      if (*reclaimed > 0) co_await shared_.clock.Sleep(shared_.options.endpoints.brevo_timeout);
      break;
    }
    co_await Recover("take-over", reclaimed.status(), failures, events_);
  }
  std::vector<base::Task<void>> loops;
  loops.push_back(EventsLoop());
  loops.push_back(LiveContactsLoop());
  loops.push_back(BackfillContactsLoop());
  loops.push_back(OutboxLoop());
  loops.push_back(event_sender_.LookLoop());
  loops.push_back(JobsLoop());
  loops.push_back(UpkeepLoop());
  people_.AddLoops(loops);
  slow_.AddLoops(loops);
  milestone_work_.AddLoops(loops);
  co_await base::AllOf(std::move(loops));
}

void ConnectionWork::Stop() {
  stopping_ = true;
  jira_.Close();
  brevo_.Close();
  contact_writer_.Stop();
  event_sender_.Stop();
  people_.Stop();
  slow_.Stop();
  milestone_work_.Stop();
  for (Signal* signal : {&events_, &live_contacts_, &backfill_contacts_, &outbox_, &jobs_, &upkeep_}) signal->Notify();
}

void ConnectionWork::WakeWriters() {
  live_contacts_.Notify();
  outbox_.Notify();
}

void ConnectionWork::Look(const store::OwnerBacklog& backlog) {
  backlog_ = backlog;
  full_sync_yields_ = full_sync_running_ && backlog.jobs > 1;
  if (backlog.events > 0 || backlog.stale > 0) events_.Notify();
  if (backlog.dirty_live > 0) live_contacts_.Notify();
  if (backlog.dirty_backfill > 0) backfill_contacts_.Notify();
  if (backlog.outbox > 0) outbox_.Notify();
  if (backlog.jobs > 0) jobs_.Notify();
  if (backlog.people > 0) people_.Wake();
}

base::Task<absl::StatusOr<ConnectionWork::Decider*>> ConnectionWork::EnsureDecider() {
  if (!decider_) {
    // What needs nothing else of Jira is decided while it refuses us, by the fields as they were.
    if (record_.state != jira::v1::NEEDS_REAUTHORIZATION || catalogue_.empty()) {
      TAJO_CO_ASSIGN_OR_RETURN(catalogue_, co_await LiveJira().Fields());
    }
    auto decider = std::make_unique<Decider>(*this, catalogue_);
    TAJO_CO_RETURN_IF_ERROR(co_await decider->sight.Recall());
    // The other loop may have been quicker.
    if (!decider_) decider_ = std::move(decider);
  }
  co_return decider_.get();
}

base::Task<void> ConnectionWork::EventsLoop() {
  int failures = 0;
  while (!stopping_) {
    absl::Status status;
    if (record_.state != jira::v1::PENDING) status = co_await ProcessEvents();
    if (status.ok()) {
      failures = 0;
      if (!stopping_) co_await events_.Wait(kIdleWait);
    } else {
      co_await Recover("deciding", status, ++failures, events_);
    }
  }
}

base::Task<absl::Status> ConnectionWork::ProcessEvents() {
  if (backlog_.events == 0 && backlog_.stale == 0) {
    // A wake-up message comes before the backlog is looked at: the stream itself knows.
    redis::Args command = {"XLEN", store_.ConnectionKeys().Events()};
    auto length = co_await shared_.redis.Execute(std::move(command));
    if (!length.ok()) co_return length.status();
    if (length->Integer() == 0) co_return absl::OkStatus();
  }
  const LiveWork::Hold hold(shared_.live_work, shared_.clock);
  auto decider = co_await EnsureDecider();
  if (!decider.ok()) co_return decider.status();
  while (!stopping_) {
    auto outcome = co_await (*decider)->processor.ProcessOnce();
    if (base::ReasonOf(outcome.status()) == jira::v1::JIRA_PROJECT_UNKNOWN) {
      const auto changed = co_await (*decider)->sight.Look();
      if (changed.ok() && *changed) continue;
    }
    if (!outcome.ok()) co_return outcome.status();
    if (outcome->contacts) {
      auto settled = co_await (*decider)->processor.SettleStale();
      if (!settled.ok()) co_return settled.status();
      live_contacts_.Notify();
    }
    if (outcome->events) outbox_.Notify();
    if (outcome->campaigns) milestone_work_.WakeCampaigns();
    if (outcome->applied == 0) break;
    slow_.Wake();
  }
  backlog_.events = 0;
  if (backlog_.stale > 0) {
    auto settled = co_await (*decider)->processor.SettleStale();
    if (!settled.ok()) co_return settled.status();
    backlog_.stale = 0;
    live_contacts_.Notify();
  }
  co_return absl::OkStatus();
}

base::Task<void> ConnectionWork::LetLiveGoFirst() {
  if (shared_.live_work != nullptr) co_await shared_.live_work->GoFirst(shared_.clock);
}

base::Task<void> ConnectionWork::LiveContactsLoop() {
  int failures = 0;
  while (!stopping_) {
    if (Paused()) {
      co_await live_contacts_.Wait(kIdleWait);
      continue;
    }
    auto outcome = co_await contact_writer_.WriteLive();
    if (!outcome.ok()) {
      co_await Recover("writing contacts", outcome.status(), ++failures, live_contacts_);
      continue;
    }
    failures = 0;
    // Events wait for contacts that Brevo doesn't know.
    if (outcome->settled > 0) outbox_.Notify();
    if (!outcome->more && !stopping_) co_await live_contacts_.Wait(kIdleWait);
  }
}

base::Task<void> ConnectionWork::BackfillContactsLoop() {
  int failures = 0;
  bool first = true;
  while (!stopping_) {
    const bool wait = Paused() || (full_sync_running_ && backlog_.dirty_backfill < kWorthAnImport);
    if (wait && !first) {
      co_await backfill_contacts_.Wait(kIdleWait);
      continue;
    }
    absl::Status status;
    if (first) status = co_await contact_writer_.AwaitEarlierImport();
    bool more = first;
    if (status.ok() && !first) {
      auto outcome = co_await contact_writer_.WriteBackfill();
      status = outcome.status();
      if (outcome.ok()) {
        more = outcome->more;
        if (outcome->settled > 0) outbox_.Notify();
      }
    }
    if (!status.ok()) {
      co_await Recover("importing contacts", status, ++failures, backfill_contacts_);
      continue;
    }
    failures = 0;
    first = false;
    if (!more && !stopping_) co_await backfill_contacts_.Wait(kIdleWait);
  }
}

base::Task<void> ConnectionWork::OutboxLoop() {
  int failures = 0;
  while (!stopping_) {
    if (Paused()) {
      co_await AwaitBrevo();
      continue;
    }
    auto outcome = co_await event_sender_.SendOnce();
    if (!outcome.ok()) {
      co_await Recover("sending events", outcome.status(), ++failures, outbox_);
      continue;
    }
    failures = 0;
    if (!stopping_ && outcome->rest > base::Duration::zero()) co_await shared_.clock.Sleep(outcome->rest);
    if (outcome->more || stopping_) continue;
    co_await outbox_.Wait(outcome->held_back.value_or(kIdleWait));
  }
}

base::Task<void> ConnectionWork::JobsLoop() {
  int failures = 0;
  while (!stopping_) {
    if (TokenRefused()) {
      co_await AwaitJira();
      continue;
    }
    absl::Status status;
    if (ReadsJira()) status = co_await RunJobs();
    full_sync_running_ = false;
    if (status.ok()) {
      failures = 0;
      if (!stopping_) co_await jobs_.Wait(kIdleWait);
    } else {
      co_await Recover("sync", status, ++failures, jobs_);
    }
  }
}

base::Task<absl::Status> ConnectionWork::RunJobs() {
  while (!stopping_) {
    auto job = co_await shared_.jobs.Next(record_.connection_id);
    if (!job.ok()) co_return job.status();
    if (!*job) {
      TAJO_CO_ASSIGN_OR_RETURN(const bool due, co_await CensusIsDue(store_, shared_.clock));
      if (!due) co_return absl::OkStatus();
    }
    auto decider = co_await EnsureDecider();
    if (!decider.ok()) co_return decider.status();
    if (!*job) co_return co_await (*decider)->census.Run();
    full_sync_running_ = (*job)->full;
    full_sync_yields_ = false;
    if (!(*job)->full && !(*job)->scheduled) milestone_work_.LookNow();
    const std::string job_id = (*job)->id;
    const auto ended = co_await ((*decider)->runner.Run(**std::move(job)) || WatchWaits(job_id));
    if (ended.index() == 0) {
      TAJO_CO_RETURN_IF_ERROR(std::get<0>(ended));
    } else {
      TAJO_CO_RETURN_IF_ERROR(co_await shared_.jobs.Move(record_.connection_id, store_.Lease(), job_id,
                                                         store::JobState::kCancelled, jira::v1::SYNC_CANCELLED,
                                                         "cancelled"));
    }
    full_sync_running_ = false;
    if (std::exchange(full_sync_yields_, false)) continue;  // the other one's end sends what there is
    slow_.Wake();
    backlog_.dirty_backfill = kWorthAnImport;  // whatever there is now goes out
    backfill_contacts_.Notify();
    live_contacts_.Notify();
  }
  co_return absl::OkStatus();
}

base::Task<void> ConnectionWork::WatchWaits(std::string job_id) {
  std::string told;
  while (true) {
    co_await shared_.clock.Sleep(kWaitsLookEvery);
    const std::string_view quota = jira_.BackfillWaitsFor();
    if (quota.empty() && told.empty()) continue;
    told = QuotaWords(quota);
    std::map<std::string, std::string> waiting;
    waiting[store::kJobWaitingFor] = told;
    const absl::Status noted =
        co_await shared_.jobs.Progress(record_.connection_id, store_.Lease(), job_id, std::move(waiting));
    if (base::ReasonOf(noted) == jira::v1::SYNC_CANCELLED && !told.empty()) co_return;
  }
}

base::Task<void> ConnectionWork::UpkeepLoop() {
  int failures = 0;
  while (!stopping_) {
    const bool reads = ReadsJira();
    absl::Status status = co_await Retain();
    if (status.ok()) status = co_await capacity_.Keep(stopping_);
    if (reads && status.ok()) status = co_await Upkeep();
    if (reads && status.ok()) status = co_await capacity_.TellLead();
    if (status.ok()) {
      failures = 0;
      if (!stopping_) co_await upkeep_.Wait(kUpkeepEvery);
    } else {
      co_await Recover("upkeep", status, ++failures, upkeep_);
    }
  }
}

base::Task<absl::Status> ConnectionWork::Upkeep() {
  const auto webhooks = co_await KeepWebhooks();
  // Whatever is wrong with the webhooks: polling goes on.
  TAJO_CO_ASSIGN_OR_RETURN(std::string trouble, co_await passes_.Schedule(record_, webhooks.ok() && *webhooks));
  const auto milestones = milestone_work_.Health();
  if (milestones && !milestones->trouble.empty()) {
    if (!trouble.empty()) trouble += "; ";
    trouble += milestones->trouble;
  }
  if (!webhooks.ok()) {
    const bool passes = retry::Classify(webhooks.status(), retry::Idempotency::kIdempotent) != retry::Fault::kPermanent;
    if (passes || NeedsAuthorization(base::ReasonOf(webhooks.status()))) co_return webhooks.status();
    if (!trouble.empty()) trouble += "; ";
    trouble += "changes are found by polling only: " + std::string(webhooks.status().message());
  }
  // What isn't known yet after a restart isn't over.
  if (trouble.empty() && !milestones) co_return absl::OkStatus();
  std::string note = milestones ? milestones->note : "";
  co_return co_await Report(std::move(trouble), std::move(note));
}

// Also of a connection that is paused, or whose Jira or Brevo refuses us: what is past its time goes.
base::Task<absl::Status> ConnectionWork::Retain() {
  const base::MonotonicTime now = shared_.clock.Monotonic();
  if (retained_ && now - *retained_ < kRetainEvery) co_return absl::OkStatus();
  for (bool more = true; more && !stopping_;) {
    auto upkept = co_await store_.Upkeep(record_.config.retention());
    if (!upkept.ok()) co_return upkept.status();
    more = *upkept;
  }
  retained_ = now;
  co_return absl::OkStatus();
}

base::Task<absl::StatusOr<bool>> ConnectionWork::KeepWebhooks() {
  if (!registrar_) co_return false;
  const auto kept = co_await registrar_->Keep(&record_);
  if (!kept.ok()) co_return kept.status();
  co_return *kept == Registration::kRegistered;
}

base::Task<absl::Status> ConnectionWork::Report(std::string trouble, std::string note) {
  if (record_.state != jira::v1::ACTIVE && record_.state != jira::v1::DEGRADED) co_return absl::OkStatus();
  const auto state = trouble.empty() ? jira::v1::ACTIVE : jira::v1::DEGRADED;
  if (trouble.empty()) trouble = std::move(note);
  if (trouble == record_.reason && state == record_.state) co_return absl::OkStatus();
  TAJO_CO_RETURN_IF_ERROR(co_await shared_.connections.SetState(record_.connection_id, state, trouble));
  record_.state = state;
  record_.reason = std::move(trouble);
  co_return absl::OkStatus();
}

base::Task<void> ConnectionWork::Recover(std::string_view what, absl::Status status, int failures, Signal& signal) {
  const base::Reason reason = base::ReasonOf(status);
  if (reason == jira::v1::LEASE_LOST) {
    // The renewal finds out for sure, and ends all of this; or it was only late.
    co_await shared_.clock.Sleep(std::chrono::milliseconds(200));
    co_return;
  }
  shared_.log.Warn("work of a connection failed", {{"connection", record_.connection_id},
                                                   {"what", what},
                                                   {"reason", base::ReasonName(reason)},
                                                   {"error", std::string(status.message())}});
  std::optional<jira::v1::ConnectionState> state;
  if (NeedsAuthorization(reason)) {
    // Not over a pause, or Brevo would be written: who ends that hears of Jira.
    if (!Paused()) state = jira::v1::NEEDS_REAUTHORIZATION;
  } else if (brevo::RemedyFor(status) == brevo::Remedy::kPauseConnection) {
    state = jira::v1::PAUSED;
  }
  if (state && record_.state != *state) {
    const absl::Status stored =
        co_await shared_.connections.SetState(record_.connection_id, *state, std::string(status.message()));
    if (stored.ok()) {
      record_.state = *state;
      record_.reason = std::string(status.message());
    }
  }
  static constexpr retry::BackoffPolicy kBackoff{std::chrono::milliseconds(500), 2.0, std::chrono::seconds(30), 0.7,
                                                 1.3};
  const base::Duration delay = kBackoff.Delay(std::min(failures, 10), shared_.random);
  const base::Duration asked = std::chrono::milliseconds(base::RetryAfterMillis(status));
  if (!stopping_) co_await signal.Wait(std::max(delay, asked));
}

// While Brevo refuses the account (IP, key, credits): one look a minute whether it takes it again.
base::Task<void> ConnectionWork::AwaitBrevo() {
  const bool by_brevo = record_.state == jira::v1::PAUSED && !record_.reason.empty();
  // The outbox's bell rings at every renewal while something waits in it: that is no reason to ask Brevo.
  const base::MonotonicTime probe = shared_.clock.Monotonic() + kBrevoProbeEvery;
  while (!stopping_ && Paused()) {
    const base::Duration left = probe - shared_.clock.Monotonic();
    if (left <= base::Duration::zero()) break;
    co_await outbox_.Wait(left);
  }
  if (!by_brevo || stopping_ || !Paused()) co_return;
  const auto account = co_await brevo_.Client().GetAccount(brevo::Lane::kBackfill);
  if (!account.ok()) co_return;
  const absl::Status stored = co_await shared_.connections.SetState(record_.connection_id, jira::v1::ACTIVE, "");
  if (!stored.ok()) co_return;
  record_.state = jira::v1::ACTIVE;
  live_contacts_.Notify();
  backfill_contacts_.Notify();
}

// While Jira refuses the API token: a look now and then whether it takes it again. If so, the change of state
// begins this work anew, and what was missed meanwhile is read at once.
base::Task<void> ConnectionWork::AwaitJira() {
  // A fault of Jira's meets many connections: their looks don't come at once.
  const retry::BackoffPolicy pace{shared_.options.jira_probe, 1.0, shared_.options.jira_probe, 0.8, 1.2};
  const base::MonotonicTime probe = shared_.clock.Monotonic() + pace.Delay(1, shared_.random);
  while (!stopping_ && TokenRefused()) {
    const base::Duration left = probe - shared_.clock.Monotonic();
    if (left <= base::Duration::zero()) break;
    co_await jobs_.Wait(left);
  }
  if (stopping_ || !TokenRefused()) co_return;
  const auto myself = co_await jira_.Live().GetMyself();
  if (!myself.ok()) co_return;
  absl::Status status = co_await passes_.CatchUp();
  if (status.ok()) {
    // Who paused it or disconnects it meanwhile has the last word.
    status = co_await shared_.connections.SetState(record_.connection_id, jira::v1::ACTIVE, "", record_.generation);
  }
  if (status.ok()) shared_.log.Info("Jira takes the API token again", {{"connection", record_.connection_id}});
}

}  // namespace tajo::worker
