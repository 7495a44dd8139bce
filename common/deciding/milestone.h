#pragma once

#include <cstdint>
#include <string>

#include "common/deciding/decide.h"
#include "tajo/jira/v1/record.pb.h"

namespace tajo::deciding {

// What a release or a sprint is remembered by, however it was heard of: version id and release date;
// sprint id, state and date.
std::string MilestoneKey(const Milestone& milestone);
// The version's or sprint's name.
const std::string& MilestoneName(const Milestone& milestone);
// "2026-11-27": the release date, or the day on which the sprint began or ended. May be empty.
std::string MilestoneDate(const Milestone& milestone);

// The campaign that a milestone becomes, before anything is done for it. Its name in Brevo is unique.
jira::v1::CampaignRecord PlanCampaign(const Milestone& milestone, int64_t changed_ms, const std::string& connection_id);
Milestone MilestoneOf(const jira::v1::CampaignRecord& campaign);

}  // namespace tajo::deciding
