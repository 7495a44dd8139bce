#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "common/store/leases.h"
#include "services/sync-worker/connection_work.h"
#include "services/sync-worker/lease_guard.h"

namespace tajo::worker {

// One ownership of a connection: renews the lease, and does the connection's work as long as it holds.
// A changed record (config, credentials, state) starts the work anew.
class Owner {
 public:
  Owner(Shared& shared, store::Leases& leases, std::string connection_id, store::LeaseToken lease,
        base::MonotonicTime acquired);

  // Ends when the lease is lost, the connection is gone, or after Release. The lease is given back
  // wherever that's possible.
  base::Task<void> Run();
  // Finishes what was begun, then ends.
  void Release();
  // A hint that there is work.
  void Wake();

  const std::string& ConnectionId() const { return connection_id_; }

 private:
  base::Task<void> Renewals();
  base::Task<void> Works();
  base::Task<void> Reseal(const jira::v1::Credentials& credentials);
  void Restart();

  Shared& shared_;
  store::Leases& leases_;
  std::string connection_id_;
  store::LeaseToken lease_;
  LeaseGuard guard_;
  Signal changed_;
  std::vector<jira::Field> catalogue_;    // of each work in turn
  store::OwnerBacklog backlog_;           // as the last renewal saw it
  std::unique_ptr<ConnectionWork> work_;  // while it runs
  int64_t generation_ = -1;
  bool released_ = false;
};

}  // namespace tajo::worker
