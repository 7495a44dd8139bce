#pragma once

#include <map>
#include <string>
#include <vector>

#include "common/base/task.h"
#include "common/store/capacity.h"
#include "services/gateway/backend.h"
#include "services/gateway/caller.h"
#include "tajo/jira/v1/connector.pb.h"

namespace tajo::gateway {

// GetCapacity: a connection's open work, as the worker keeps it.
class CapacityCalls {
 public:
  explicit CapacityCalls(Backend& backend) : backend_(backend) {}

  base::Task<absl::StatusOr<jira::v1::GetCapacityResponse>> Get(Caller caller, jira::v1::GetCapacityRequest request);

 private:
  using Names = std::map<std::string, std::string>;  // account id -> display name

  // From the connection's cache, else from Jira; whom neither shows is left out. Nothing of it is stored.
  base::Task<Names> NamesOf(store::ConnectionRecord record, std::map<uint64_t, std::string> accounts);
  base::Task<void> AskJira(const store::ConnectionRecord& record, std::vector<std::string> ids, Names& names);

  Backend& backend_;
};

// A row for each assignee and project, in the order of account and project. The work of assignees whose
// account isn't known (any more) is one row a project.
jira::v1::GetCapacityResponse ShowCapacity(const store::Capacity& capacity,
                                           const std::map<std::string, std::string>& names);

}  // namespace tajo::gateway
