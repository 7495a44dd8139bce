#pragma once

#include <optional>
#include <vector>

#include "common/deciding/customer.h"
#include "common/deciding/decide.h"
#include "common/deciding/rules.h"
#include "common/jira/client.h"
#include "common/store/owner_store.h"
#include "services/sync-worker/reading/issue_source.h"
#include "services/sync-worker/reading/user_directory.h"
#include "tajo/jira/v1/record.pb.h"

namespace tajo::worker {

// Whom a release or a sprint concerns: the customers of the tickets in it, each told once.
class Milestones {
 public:
  Milestones(store::OwnerStore& store, jira::Client& jira, IssueSource& source, UserDirectory& users,
             const deciding::Rules& rules);

  struct Found {
    std::vector<jira::v1::OutboxEvent> events;
    std::vector<deciding::Customer> customers;  // of the events, in their order
    // Of tickets that were never read before: their customers may not be in Brevo yet.
    std::vector<store::IssueWrite> unread;
  };

  // A release's date, by which it is known, where its webhook left it out; nothing for a version that is gone.
  base::Task<absl::StatusOr<std::optional<deciding::Milestone>>> Complete(deciding::Milestone milestone);

  // Released: tickets of that fix version in status category Done. Sprint: its tickets when it starts,
  // those in status category Done when it is closed.
  base::Task<absl::StatusOr<Found>> Find(deciding::Milestone milestone, int64_t changed_ms, int64_t now_ms);

 private:
  base::Task<absl::StatusOr<bool>> IsGone(deciding::Milestone milestone);
  base::Task<absl::Status> AddUnread(const std::vector<jira::v1::Issue>& issues, int64_t now_ms, Found* found);

  store::OwnerStore& store_;
  jira::Client& jira_;
  IssueSource& source_;
  UserDirectory& users_;
  const deciding::Rules& rules_;
};

}  // namespace tajo::worker
