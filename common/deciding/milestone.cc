#include "common/deciding/milestone.h"

#include <fmt/format.h>

#include <string_view>

#include "common/crypto/digest.h"
#include "common/deciding/timeline.h"
#include "common/json/time.h"

namespace tajo::deciding {
namespace {

constexpr std::size_t kNameCharacters = 60;
constexpr std::size_t kMarkCharacters = 12;

const jira::v1::Version* VersionIn(const Milestone& milestone) {
  const auto* change = std::get_if<jira::v1::VersionChange>(&milestone);
  return change == nullptr ? nullptr : &change->version();
}
const jira::v1::Sprint& SprintIn(const Milestone& milestone) {
  return std::get<jira::v1::SprintChange>(milestone).sprint();
}

bool IsClosed(const jira::v1::Sprint& sprint) {
  return sprint.state() == "closed";
}
int64_t DateOf(const jira::v1::Sprint& sprint) {
  return IsClosed(sprint) ? sprint.complete_ms() : sprint.start_ms();
}

}  // namespace

std::string MilestoneKey(const Milestone& milestone) {
  if (const auto* version = VersionIn(milestone)) return fmt::format("v{}/{}", version->id(), version->release_date());
  const auto& sprint = SprintIn(milestone);
  return fmt::format("s{}/{}/{}", sprint.id(), IsClosed(sprint) ? "closed" : "active", DateOf(sprint));
}

const std::string& MilestoneName(const Milestone& milestone) {
  const auto* version = VersionIn(milestone);
  return version == nullptr ? SprintIn(milestone).name() : version->name();
}

std::string MilestoneDate(const Milestone& milestone) {
  if (const auto* version = VersionIn(milestone)) return version->release_date();
  const int64_t date = DateOf(SprintIn(milestone));
  return date == 0 ? std::string() : json::FormatDate(date);
}

jira::v1::CampaignRecord PlanCampaign(const Milestone& milestone, int64_t changed_ms,
                                      const std::string& connection_id) {
  jira::v1::CampaignRecord campaign;
  campaign.set_state(jira::v1::CampaignRecord::PLANNED);
  campaign.set_changed_ms(changed_ms);
  std::string_view what = "Jira release";
  if (const auto* version = std::get_if<jira::v1::VersionChange>(&milestone)) {
    *campaign.mutable_version() = *version;
  } else {
    *campaign.mutable_sprint() = std::get<jira::v1::SprintChange>(milestone);
    what = IsClosed(campaign.sprint().sprint()) ? "Jira sprint completed" : "Jira sprint started";
  }
  const auto digest = crypto::Sha256(fmt::format("{}\x1f{}", connection_id, MilestoneKey(milestone)));
  const std::string mark = crypto::Hex(std::string(digest.begin(), digest.end())).substr(0, kMarkCharacters);
  campaign.set_name(fmt::format("{}: {} ({})", what, Shortened(MilestoneName(milestone), kNameCharacters), mark));
  return campaign;
}

Milestone MilestoneOf(const jira::v1::CampaignRecord& campaign) {
  if (campaign.has_sprint()) return campaign.sprint();
  return campaign.version();
}

}  // namespace tajo::deciding
