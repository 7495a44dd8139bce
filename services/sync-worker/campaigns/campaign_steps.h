#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "common/base/clock.h"
#include "common/brevo/types.h"
#include "tajo/jira/v1/connection.pb.h"
#include "tajo/jira/v1/record.pb.h"

namespace tajo::worker {

// What a stored campaign asks for next. The state before a call that can't be repeated is stored first;
// whoever finds it stored doesn't know whether the call went out, and looks.
enum class CampaignStep {
  kFindRecipients,
  kLookForList,  // then kMakeList where there is none
  kFillList,
  kCreate,
  kLookForCampaign,  // then kCreate where there is none
  kSend,
  kReadStatus,  // then kSend where it is a draft
  kEnd,
};
CampaignStep NextStep(const jira::v1::CampaignRecord& campaign);

// How long the call that the state names may still have its effect, so that a look would come too early.
// Zero where nothing has to be waited for.
base::Duration BeforeLook(const jira::v1::CampaignRecord& campaign, base::Duration settle, int64_t now_ms);

// The state that Brevo's status stands for; nothing where it tells neither that the campaign is on its way
// nor that it isn't.
std::optional<jira::v1::CampaignRecord::State> StateFor(brevo::CampaignStatus status);

// What stays remembered of one that has ended: "sent 12", "nobody", "withdrawn".
std::string RememberedAs(const jira::v1::CampaignRecord& campaign);

brevo::CampaignRequest RequestFor(const jira::v1::CampaignRecord& campaign, const jira::v1::CampaignSettings& settings);

}  // namespace tajo::worker
