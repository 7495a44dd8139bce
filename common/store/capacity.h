#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "common/base/task.h"
#include "common/redis/client.h"
#include "common/store/issue_record.h"
#include "common/store/owner_store.h"

namespace tajo::store {

// The sums over one assignee's open tickets in one project.
struct Workload {
  uint64_t assignee_hash = 0;  // 0: nobody
  int64_t project_id = 0;
  int64_t open_issues = 0;
  int64_t original_estimate_min = 0;
  int64_t remaining_estimate_min = 0;
  int64_t time_spent_min = 0;
  int64_t story_points_x10 = 0;
  bool operator==(const Workload&) const = default;
};

// Whether a ticket is open work: there, admitted by the connection's filters, not done. The same rule is in
// lua/capacity.lua.
bool IsOpenWork(const IssueRecord& record);

// An account's field in `assignees`.
std::string AssigneeField(std::string_view account_id);

// A connection's open work. The apply script keeps it with every change of a ticket.
struct Capacity {
  int64_t counted_ms = 0;  // when it was last counted from all tickets; 0: not yet, and then the rest is empty
  std::vector<Workload> workloads;
  std::map<uint64_t, std::string> accounts;     // assignee -> account id; none of erased people
  std::map<int64_t, std::string> project_keys;  // as a ticket showed them last
};
base::Task<absl::StatusOr<Capacity>> ReadCapacity(redis::Client& redis, std::string connection_id);

// One step of counting it anew from the tickets, some thousands of them. Changes may go on between the steps,
// and a new owner goes on with what an earlier one began.
struct Recount {
  bool done = false;
  int64_t wrong = 0;  // once done: how many sums weren't what they should have been
};
base::Task<absl::StatusOr<Recount>> RecountCapacity(OwnerStore& owner, int64_t now_ms);

inline constexpr char kCursorCapacityCounted[] = "capacity_counted_ms";

}  // namespace tajo::store
