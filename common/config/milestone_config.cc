#include "common/config/milestone_config.h"

#include <fmt/format.h>

#include <limits>
#include <set>
#include <utility>

#include "common/config/connection_rules.h"
#include "common/config/values.h"
#include "tajo/jira/v1/connection.pb.h"

namespace tajo::config {
namespace {

namespace v1 = ::tajo::jira::v1;

constexpr int64_t kMaxId = std::numeric_limits<int64_t>::max();
constexpr std::size_t kMaxHtml = 1u << 20;

bool LooksLikeAddress(const std::string& text) {
  const std::size_t at = text.find('@');
  return at != std::string::npos && at > 0 && text.find('@', at + 1) == std::string::npos &&
         text.find('.', at) != std::string::npos && text.find_first_of(" \t\r\n,;<>") == std::string::npos;
}

void ReadSender(Section section, v1::CampaignSettings& campaign) {
  if (auto email = section.String("email")) {
    if (!LooksLikeAddress(*email)) section.Refuse("email", "isn't an e-mail address");
    campaign.set_sender_email(*std::move(email));
  }
  if (const auto id = section.Int("id", 1, kMaxId)) campaign.set_sender_id(*id);
  if (auto name = section.String("name")) {
    if (const Complaint complaint = CheckName(*name)) section.Refuse("name", *complaint);
    campaign.set_sender_name(*std::move(name));
  }
  section.Finish();
}

void ReadLists(Section& section, v1::CampaignSettings& campaign, Problems& problems) {
  const auto items = section.Scalars("list_ids");
  if (!items) return;
  std::set<int64_t> seen;
  for (const Section::Item& item : *items) {
    const auto id = ParseInteger(item.node->text);
    if (!id || *id < 1) {
      problems.Add(item.node->line, item.path, fmt::format("{} isn't a list's number", Quoted(item.node->text)));
    } else if (!seen.insert(*id).second) {
      problems.Add(item.node->line, item.path, fmt::format("list {} stands here twice", *id));
    } else {
      campaign.add_list_ids(*id);
    }
  }
}

void ReadCampaign(Section section, v1::CampaignSettings& campaign, Problems& problems) {
  if (const auto id = section.Int("template_id", 1, kMaxId)) campaign.set_template_id(*id);
  if (auto html = section.String("html")) {
    if (html->size() > kMaxHtml) section.Refuse("html", "is longer than 1 MB: use a template of Brevo");
    campaign.set_html(*std::move(html));
  }
  if (auto subject = section.String("subject")) {
    if (const Complaint complaint = CheckName(*subject)) section.Refuse("subject", *complaint);
    campaign.set_subject(*std::move(subject));
  }
  ReadSender(section.Child("sender"), campaign);
  ReadLists(section, campaign, problems);
  if (auto folder = section.String("folder")) {
    if (const Complaint complaint = CheckName(*folder)) section.Refuse("folder", *complaint);
    campaign.set_folder(*std::move(folder));
  }
  section.Finish();
}

// What a campaign can't be made without.
void CheckCampaign(Section& section, const v1::CampaignSettings& campaign) {
  if ((campaign.template_id() != 0) == !campaign.html().empty()) {
    section.Refuse("campaign", "needs either template_id or html");
  }
  if (campaign.subject().empty()) section.Refuse("campaign", "needs a subject");
  if ((campaign.sender_id() != 0) == !campaign.sender_email().empty()) {
    section.Refuse("campaign", "needs a sender with either email or id");
  }
  if (campaign.sender_id() != 0 && !campaign.sender_name().empty()) {
    section.Refuse("campaign", "takes a sender's name only with its email");
  }
}

}  // namespace

void ReadMilestones(Section section, v1::MilestoneSettings& milestones, Problems& problems) {
  if (const auto value = section.Bool("versions")) milestones.set_versions(*value);
  if (const auto value = section.Bool("sprints")) milestones.set_sprints(*value);
  if (const auto word = section.Choice("mode", {"event", "campaign"})) {
    milestones.set_mode(*word == 0 ? v1::MILESTONE_EVENT : v1::MILESTONE_CAMPAIGN);
  }
  v1::CampaignSettings campaign;
  ReadCampaign(section.Child("campaign"), campaign, problems);
  const bool given = campaign.ByteSizeLong() > 0;
  if (given || milestones.mode() == v1::MILESTONE_CAMPAIGN) CheckCampaign(section, campaign);
  if (given) *milestones.mutable_campaign() = std::move(campaign);
  section.Finish();
}

}  // namespace tajo::config
