#include "services/sync-worker/owner.h"

#include <algorithm>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <utility>

#include "tajo/jira/v1/error.pb.h"

namespace tajo::worker {
namespace {

using boost::asio::experimental::awaitable_operators::operator||;

constexpr std::chrono::seconds kRetryRecord{2};
constexpr std::chrono::milliseconds kRenewalGrid{20};

// Ends on the grid's next lower point, so that the renewals of thousands of connections go to Redis in batches.
base::Duration UntilGrid(base::Duration wait, base::MonotonicTime now) {
  return wait - (now + wait).since_boot % kRenewalGrid;
}

}  // namespace

Owner::Owner(Shared& shared, store::Leases& leases, std::string connection_id, store::LeaseToken lease,
             base::MonotonicTime acquired)
    : shared_(shared),
      leases_(leases),
      connection_id_(std::move(connection_id)),
      lease_(std::move(lease)),
      guard_(shared.clock),
      changed_(shared.clock) {
  guard_.Extend(acquired, leases_.Ttl());
}

base::Task<void> Owner::Run() {
  // Whichever ends first cancels the other: without a lease there is no work, and the other way round.
  co_await (Renewals() || Works());
  work_.reset();
  (void)co_await leases_.Release(connection_id_, lease_);
}

void Owner::Release() {
  released_ = true;
  Restart();
}

void Owner::Restart() {
  if (work_) work_->Stop();
  changed_.Notify();
}

void Owner::Wake() {
  if (work_) work_->WakeEvents();
}

base::Task<void> Owner::Renewals() {
  const auto every = leases_.Ttl() / 3;
  while (true) {
    const base::MonotonicTime asked = shared_.clock.Monotonic();
    auto backlog = co_await leases_.Renew(connection_id_, lease_);
    if (backlog.ok()) {
      guard_.Extend(asked, leases_.Ttl());
      if (generation_ >= 0 && backlog->generation != generation_) {
        generation_ = backlog->generation;
        Restart();
      }
      backlog_ = *backlog;
      if (work_) work_->Look(backlog_);
      const int64_t now = base::ToMillis(shared_.clock.Now());
      const int64_t age = backlog->oldest_event_ms == 0 ? 0 : std::max<int64_t>(now - backlog->oldest_event_ms, 0);
      shared_.instruments.Backlog(connection_id_, backlog->events, age);
    } else if (base::ReasonOf(backlog.status()) == jira::v1::LEASE_LOST) {
      guard_.Lose();
      shared_.log.Warn("lease lost", {{"connection", connection_id_}});
      co_return;
    }
    // While Redis is away nothing can be applied anyway; what may still be sent ends with the lease.
    const base::Duration wait = backlog.ok() ? base::Duration(every) : base::Duration(every / 4);
    co_await shared_.clock.Sleep(UntilGrid(wait, shared_.clock.Monotonic()));
  }
}

// After a rotation of the keyring, so that the old key can go. What fails is tried again by the next owner.
base::Task<void> Owner::Reseal(const jira::v1::Credentials& credentials) {
  const auto resealed = co_await shared_.connections.ResealCredentials(connection_id_);
  absl::Status status = resealed.status();
  if (status.ok()) status = co_await shared_.grants.Reseal(credentials.app_id(), credentials.grant_id());
  if (!status.ok()) {
    shared_.log.Warn("credentials couldn't be sealed with the active key",
                     {{"connection", connection_id_}, {"reason", base::ReasonName(base::ReasonOf(status))}});
  }
}

base::Task<void> Owner::Works() {
  while (!released_) {
    auto record = co_await shared_.connections.Get(connection_id_);
    if (!record.ok()) {
      if (base::ReasonOf(record.status()) == jira::v1::CONNECTION_NOT_FOUND) co_return;
      co_await changed_.Wait(kRetryRecord);
      continue;
    }
    generation_ = record->generation;
    // Its lease is given back at once: whoever disconnects it waits for that.
    if (record->state == jira::v1::DISCONNECTING) co_return;
    auto credentials = co_await shared_.connections.GetCredentials(connection_id_);
    if (!credentials.ok()) {
      shared_.log.Error(
          "credentials of a connection can't be opened",
          {{"connection", connection_id_}, {"reason", base::ReasonName(base::ReasonOf(credentials.status()))}});
      co_await changed_.Wait(std::chrono::seconds(30));
      continue;
    }
    co_await Reseal(*credentials);
    work_ = std::make_unique<ConnectionWork>(shared_, guard_, *std::move(record), *std::move(credentials), lease_,
                                             catalogue_);
    // What waits already isn't counted as missed by a pass that finds it first.
    work_->Look(backlog_);
    co_await work_->Run();
    work_.reset();
  }
}

}  // namespace tajo::worker
