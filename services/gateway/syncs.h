#pragma once

#include <atomic>
#include <functional>
#include <string>

#include "common/base/task.h"
#include "services/gateway/backend.h"
#include "services/gateway/caller.h"
#include "tajo/jira/v1/connector.pb.h"

namespace tajo::gateway {

// Syncs: queued here, run by the worker that owns the connection.
class SyncCalls {
 public:
  // Takes one state; false once nobody listens any more.
  using Send = std::function<base::Task<bool>(jira::v1::Sync)>;

  explicit SyncCalls(Backend& backend) : backend_(backend) {}

  base::Task<absl::StatusOr<jira::v1::Sync>> Start(Caller caller, jira::v1::StartSyncRequest request);
  base::Task<absl::StatusOr<jira::v1::Sync>> Get(Caller caller, jira::v1::GetSyncRequest request);
  // Sends the state at once and at each change, until the sync has ended. Outlives a Redis that is away
  // for half a minute. Ends with UNAVAILABLE once `ending` is set.
  base::Task<absl::Status> Watch(Caller caller, jira::v1::GetSyncRequest request, Send send,
                                 const std::atomic<bool>& ending);
  base::Task<absl::StatusOr<jira::v1::Sync>> Cancel(Caller caller, jira::v1::CancelSyncRequest request);

 private:
  base::Task<absl::StatusOr<jira::v1::Sync>> Show(store::ConnectionRecord record, store::Job job);
  base::Task<absl::StatusOr<jira::v1::Sync>> Read(store::ConnectionRecord record, std::string sync_id);

  Backend& backend_;
};

// The full sync after connecting; its id.
base::Task<absl::StatusOr<std::string>> StartInitialSync(Backend& backend, std::string connection_id);
// Remembered from Connect to CompleteAuthorization.
base::Task<absl::Status> SkipInitialSync(Backend& backend, std::string connection_id);
base::Task<absl::StatusOr<bool>> WantsInitialSync(Backend& backend, std::string connection_id);

}  // namespace tajo::gateway
