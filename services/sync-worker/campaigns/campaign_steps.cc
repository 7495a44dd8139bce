#include "services/sync-worker/campaigns/campaign_steps.h"

#include <fmt/format.h>

#include <algorithm>

#include "common/deciding/milestone.h"

namespace tajo::worker {
namespace {

using jira::v1::CampaignRecord;

constexpr std::string_view kNamePlace = "{name}";

}  // namespace

CampaignStep NextStep(const CampaignRecord& campaign) {
  switch (campaign.state()) {
    case CampaignRecord::PLANNED:
      return CampaignStep::kFindRecipients;
    case CampaignRecord::LISTING:
      return CampaignStep::kLookForList;
    case CampaignRecord::FILLING:
      return CampaignStep::kFillList;
    case CampaignRecord::READY:
      return CampaignStep::kCreate;
    case CampaignRecord::CREATING:
      return CampaignStep::kLookForCampaign;
    case CampaignRecord::CREATED:
      return CampaignStep::kSend;
    case CampaignRecord::SENDING:
      return CampaignStep::kReadStatus;
    default:
      return CampaignStep::kEnd;
  }
}

base::Duration BeforeLook(const CampaignRecord& campaign, base::Duration settle, int64_t now_ms) {
  const CampaignStep step = NextStep(campaign);
  const bool looks =
      step == CampaignStep::kLookForList || step == CampaignStep::kLookForCampaign || step == CampaignStep::kReadStatus;
  if (!looks) return base::Duration::zero();
  const base::Duration since = std::chrono::milliseconds(std::max<int64_t>(now_ms - campaign.stored_ms(), 0));
  return std::max(settle - since, base::Duration::zero());
}

std::optional<CampaignRecord::State> StateFor(brevo::CampaignStatus status) {
  switch (status) {
    case brevo::CampaignStatus::kDraft:
      return CampaignRecord::CREATED;
    case brevo::CampaignStatus::kQueued:
    case brevo::CampaignStatus::kSent:
      return CampaignRecord::SENT;
    default:
      return std::nullopt;
  }
}

std::string RememberedAs(const CampaignRecord& campaign) {
  if (campaign.state() == CampaignRecord::SENT) return fmt::format("sent {}", campaign.campaign_id());
  return campaign.state() == CampaignRecord::NOBODY ? "nobody" : "withdrawn";
}

brevo::CampaignRequest RequestFor(const CampaignRecord& campaign, const jira::v1::CampaignSettings& settings) {
  const deciding::Milestone milestone = deciding::MilestoneOf(campaign);
  const std::string& name = deciding::MilestoneName(milestone);
  brevo::CampaignRequest request;
  request.name = campaign.name();
  request.subject = settings.subject();
  for (std::size_t at = request.subject.find(kNamePlace); at != std::string::npos;
       at = request.subject.find(kNamePlace, at + name.size())) {
    request.subject.replace(at, kNamePlace.size(), name);
  }
  request.template_id = settings.template_id();
  request.html = settings.html();
  request.sender_id = settings.sender_id();
  request.sender_email = settings.sender_email();
  request.sender_name = settings.sender_name();
  request.list_ids.assign(settings.list_ids().begin(), settings.list_ids().end());
  if (request.list_ids.empty()) request.list_ids.push_back(campaign.list_id());
  request.params["name"] = name;
  request.params["date"] = deciding::MilestoneDate(milestone);
  return request;
}

}  // namespace tajo::worker
