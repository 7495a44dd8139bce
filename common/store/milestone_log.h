#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "common/store/owner_store.h"
#include "tajo/jira/v1/record.pb.h"

namespace tajo::store {

// How a contact stands at Brevo.
enum class Standing {
  kKnown,
  kAwaited,  // about to be written there
  kNone,     // to be left alone: unsubscribed, erased, given up, or never ours
};

// Releases and sprints that the connection has dealt with, for as long as it lives, and the campaigns that
// some of them become. They get in by OwnerStore::Apply.
class MilestoneLog {
 public:
  // `owner` outlives it.
  MilestoneLog(redis::Client& redis, OwnerStore& owner) : redis_(redis), owner_(owner) {}

  // What is remembered of each; nothing for one that is new.
  base::Task<absl::StatusOr<std::vector<std::optional<std::string>>>> Known(std::vector<std::string> keys);

  // Those that haven't ended, with their keys.
  base::Task<absl::StatusOr<std::vector<std::pair<std::string, jira::v1::CampaignRecord>>>> Campaigns();
  base::Task<absl::Status> PutCampaign(std::string key, jira::v1::CampaignRecord campaign);
  base::Task<absl::Status> EndCampaign(std::string key, std::string known_as);

  base::Task<absl::StatusOr<std::vector<Standing>>> StandingOf(std::vector<ContactId> contacts);

 private:
  redis::Client& redis_;
  OwnerStore& owner_;
};

}  // namespace tajo::store
