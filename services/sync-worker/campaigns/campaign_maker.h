#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/base/clock.h"
#include "common/brevo/client.h"
#include "common/store/milestone_log.h"
#include "common/store/owner_store.h"
#include "services/sync-worker/campaigns/campaign_steps.h"
#include "services/sync-worker/reading/milestones.h"
#include "tajo/jira/v1/connection.pb.h"
#include "tajo/jira/v1/record.pb.h"

namespace tajo::worker {

// Makes a milestone's campaign in Brevo and sends it, once, whatever breaks off in between: Brevo has no
// idempotency key, so each call is stored before it is made, and looked after where its answer was lost.
class CampaignMaker {
 public:
  struct Parts {
    brevo::Client& brevo;  // leased
    store::OwnerStore& store;
    store::MilestoneLog& log;
    const jira::v1::CampaignSettings& settings;
    base::Clock& clock;
    base::Duration settle;  // how long a call whose answer was lost may still have its effect
  };
  explicit CampaignMaker(Parts parts) : parts_(parts) {}

  // As far as it gets: zero once it has ended, else after how long to go on. An error leaves it stored as it
  // was; it may be tried again at any time. BREVO_CREDITS_EXHAUSTED waits for somebody to buy some.
  base::Task<absl::StatusOr<base::Duration>> Advance(std::string key, jira::v1::CampaignRecord campaign,
                                                     Milestones& milestones);

 private:
  using Record = jira::v1::CampaignRecord;

  base::Task<absl::StatusOr<base::Duration>> Take(CampaignStep step, const std::string& key, Record* campaign,
                                                  Milestones& milestones);
  base::Task<absl::Status> FindRecipients(const std::string& key, Record* campaign, Milestones& milestones);
  base::Task<absl::Status> LookForList(const std::string& key, Record* campaign);
  base::Task<absl::Status> MakeList(const std::string& key, Record* campaign);
  base::Task<absl::StatusOr<base::Duration>> FillList(const std::string& key, Record* campaign, Milestones& milestones);
  base::Task<absl::Status> Create(const std::string& key, Record* campaign);
  base::Task<absl::Status> LookForCampaign(const std::string& key, Record* campaign);
  base::Task<absl::Status> Send(const std::string& key, Record* campaign);
  base::Task<absl::Status> ReadStatus(const std::string& key, Record* campaign);
  base::Task<absl::StatusOr<int64_t>> FolderId();
  base::Task<absl::Status> Store(const std::string& key, Record* campaign, Record::State state);

  Parts parts_;
  int64_t folder_id_ = 0;
};

}  // namespace tajo::worker
