#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/access/access.h"
#include "common/base/clock.h"
#include "common/base/random.h"
#include "common/deciding/rules.h"
#include "common/jira/fields.h"
#include "common/store/connections.h"
#include "common/store/grants.h"
#include "common/store/jobs.h"
#include "common/store/owner_store.h"
#include "common/telemetry/log.h"
#include "services/sync-worker/capacity_work.h"
#include "services/sync-worker/instruments.h"
#include "services/sync-worker/lease_guard.h"
#include "services/sync-worker/live_work.h"
#include "services/sync-worker/milestone_work.h"
#include "services/sync-worker/people/people_work.h"
#include "services/sync-worker/reading/event_processor.h"
#include "services/sync-worker/reading/passes.h"
#include "services/sync-worker/reading/refusing_jira.h"
#include "services/sync-worker/reading/sync_runner.h"
#include "services/sync-worker/registration.h"
#include "services/sync-worker/signal.h"
#include "services/sync-worker/writing/contact_writer.h"
#include "services/sync-worker/writing/event_sender.h"
#include "services/sync-worker/writing/slow_work.h"

namespace tajo::worker {

struct WorkOptions {
  access::Endpoints endpoints;
  std::string public_url;  // of webhook-ingest, for dynamic webhooks; empty: none are registered
  std::vector<std::chrono::milliseconds> ambiguous_looks;
  base::Duration account_report_scan = std::chrono::hours(24);
  base::Duration jira_probe = std::chrono::minutes(5);  // while Jira refuses an API token
};

// What all connections of a loop share. It outlives them.
struct Shared {
  boost::asio::any_io_executor executor;
  base::Clock& clock;
  base::Random& random;
  redis::Client& redis;
  net::HttpClient& http;
  store::Connections& connections;
  store::Grants& grants;
  access::Quotas& quotas;
  store::Jobs& jobs;
  telemetry::Logger& log;
  Instruments& instruments;
  jira::Observer* jira_observer;
  brevo::Observer* brevo_observer;
  const WorkOptions& options;
  store::ReplicaCommit* commit = nullptr;  // null: Redis' own answer is enough
  LiveWork* live_work = nullptr;           // of all loops; null: history needn't wait for anybody
};

// All that is done for one connection while it is ours and its record doesn't change: events are
// decided, contacts and timeline events written, syncs run, webhooks registered. Each of these is a
// loop of its own, which waits for a signal.
class ConnectionWork {
 public:
  // `catalogue`: Jira's fields as an earlier work of the connection read them, or none; kept up to date.
  ConnectionWork(Shared& shared, const LeaseGuard& guard, store::ConnectionRecord record,
                 jira::v1::Credentials credentials, store::LeaseToken lease, std::vector<jira::Field>& catalogue);
  ~ConnectionWork();

  // Until Stop, and then until what was begun has ended.
  base::Task<void> Run();
  void Stop();
  // The backlog as the last renewal of the lease saw it: wakes the loops that have something to do.
  void Look(const store::OwnerBacklog& backlog);
  void WakeEvents() {
    events_.Notify();
    people_.Wake();
  }

 private:
  // What depends on Jira's field catalogue, resolved when it is first needed.
  struct Decider;

  base::Task<void> EventsLoop();
  base::Task<void> LetLiveGoFirst();
  base::Task<void> LiveContactsLoop();
  base::Task<void> BackfillContactsLoop();
  base::Task<void> OutboxLoop();
  base::Task<void> JobsLoop();
  base::Task<void> UpkeepLoop();

  base::Task<absl::StatusOr<Decider*>> EnsureDecider();
  base::Task<absl::Status> ProcessEvents();
  base::Task<absl::Status> RunJobs();
  // Tells in the job which quota it waits for; ends if the job is cancelled meanwhile.
  base::Task<void> WatchWaits(std::string job_id);
  base::Task<absl::Status> Upkeep();
  // Registers dynamic webhooks where the connection has them; true if they begin only now.
  base::Task<absl::StatusOr<bool>> KeepWebhooks();
  base::Task<absl::Status> Retain();
  // DEGRADED with what a person has to mend; nothing: ACTIVE again, with a note perhaps.
  base::Task<absl::Status> Report(std::string trouble, std::string note);
  // Waits after a failure; pauses the connection where the failure says that nothing can go on.
  base::Task<void> Recover(std::string_view what, absl::Status status, int failures, Signal& signal);
  base::Task<void> AwaitBrevo();
  base::Task<void> AwaitJira();
  PeopleWork::Parts PeopleParts();
  void WakeWriters();
  SlowWork::Parts SlowParts();
  MilestoneWork::Parts MilestoneParts();
  bool Paused() const { return record_.state == jira::v1::PAUSED; }
  bool ReadsJira() const { return record_.state == jira::v1::ACTIVE || record_.state == jira::v1::DEGRADED; }
  // Jira may take an API token again. A grant that is dead stays dead: only a person can end that.
  bool TokenRefused() const {
    return record_.state == jira::v1::NEEDS_REAUTHORIZATION && record_.config.auth_type() != jira::v1::OAUTH2;
  }
  // What events are decided with.
  jira::Client& LiveJira() { return TokenRefused() ? refusing_client_ : jira_.Live(); }

  Shared& shared_;
  store::ConnectionRecord record_;
  jira::v1::Credentials credentials_;
  std::vector<jira::Field>& catalogue_;
  store::OwnerStore store_;
  LeasedHttpClient leased_http_;
  OutlastingHttpClient jira_http_;
  OutlastingHttpClient import_http_;
  access::JiraAccess jira_;
  RefusingJira refusing_jira_;
  jira::Client refusing_client_{refusing_jira_};
  access::BrevoAccess brevo_;
  ContactWriter contact_writer_;
  EventSender event_sender_;
  std::optional<WebhookRegistrar> registrar_;  // OAuth with a public URL only
  Passes passes_;
  std::unique_ptr<Decider> decider_;
  // OAuth connections that have consented; else null.
  std::unique_ptr<AppAccess> app_;
  std::unique_ptr<AccountReporter> reporter_;
  PeopleWork people_;
  CapacityWork capacity_;
  SlowWork slow_;
  MilestoneWork milestone_work_;

  Signal events_;
  Signal live_contacts_;
  Signal backfill_contacts_;
  Signal outbox_;
  Signal jobs_;
  Signal upkeep_;
  store::OwnerBacklog backlog_;
  std::optional<base::MonotonicTime> retained_;  // when Retain had last looked at everything
  bool stopping_ = false;
  bool full_sync_running_ = false;
  bool full_sync_yields_ = false;  // another sync waits: it goes on after that one
};

}  // namespace tajo::worker
