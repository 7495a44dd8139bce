#include "services/sync-worker/campaigns/campaign_steps.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "common/deciding/milestone.h"

namespace tajo::worker {
namespace {

using jira::v1::CampaignRecord;
using ::testing::ElementsAre;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

constexpr int64_t kNow = 1'790'000'000'000;

CampaignRecord In(CampaignRecord::State state) {
  jira::v1::VersionChange change;
  change.mutable_version()->set_id(10000);
  change.mutable_version()->set_name("1.0");
  change.mutable_version()->set_release_date("2026-11-27");
  CampaignRecord campaign = deciding::PlanCampaign(change, kNow, "c_1");
  campaign.set_state(state);
  campaign.set_stored_ms(kNow);
  campaign.set_list_id(31);
  return campaign;
}

TEST(NextStep, looks_where_a_call_may_have_gone_out) {
  EXPECT_EQ(NextStep(In(CampaignRecord::PLANNED)), CampaignStep::kFindRecipients);
  EXPECT_EQ(NextStep(In(CampaignRecord::LISTING)), CampaignStep::kLookForList);
  EXPECT_EQ(NextStep(In(CampaignRecord::FILLING)), CampaignStep::kFillList);
  EXPECT_EQ(NextStep(In(CampaignRecord::READY)), CampaignStep::kCreate);
  EXPECT_EQ(NextStep(In(CampaignRecord::CREATING)), CampaignStep::kLookForCampaign);
  EXPECT_EQ(NextStep(In(CampaignRecord::CREATED)), CampaignStep::kSend);
  EXPECT_EQ(NextStep(In(CampaignRecord::SENDING)), CampaignStep::kReadStatus);
  for (const auto state : {CampaignRecord::SENT, CampaignRecord::NOBODY, CampaignRecord::WITHDRAWN}) {
    EXPECT_EQ(NextStep(In(state)), CampaignStep::kEnd);
  }
}

TEST(BeforeLook, waits_until_a_lost_call_can_t_act_any_more) {
  const base::Duration settle = std::chrono::minutes(1);
  EXPECT_EQ(BeforeLook(In(CampaignRecord::SENDING), settle, kNow + 20'000), std::chrono::seconds(40));
  EXPECT_EQ(BeforeLook(In(CampaignRecord::CREATING), settle, kNow + 60'000), base::Duration::zero());
  EXPECT_EQ(BeforeLook(In(CampaignRecord::LISTING), settle, kNow - 5'000), settle) << "a clock that was set back";
  EXPECT_EQ(BeforeLook(In(CampaignRecord::READY), settle, kNow), base::Duration::zero());
}

TEST(StateFor, sends_a_draft_only) {
  EXPECT_EQ(StateFor(brevo::CampaignStatus::kDraft), CampaignRecord::CREATED);
  EXPECT_EQ(StateFor(brevo::CampaignStatus::kQueued), CampaignRecord::SENT);
  EXPECT_EQ(StateFor(brevo::CampaignStatus::kSent), CampaignRecord::SENT);
  EXPECT_EQ(StateFor(brevo::CampaignStatus::kSuspended), std::nullopt);
  EXPECT_EQ(StateFor(brevo::CampaignStatus::kUnknown), std::nullopt);
}

TEST(RequestFor, fills_in_the_milestone) {
  jira::v1::CampaignSettings settings;
  settings.set_template_id(12);
  settings.set_subject("{name} is out: {name}!");
  settings.set_sender_id(3);
  const brevo::CampaignRequest own_list = RequestFor(In(CampaignRecord::READY), settings);
  EXPECT_EQ(own_list.subject, "1.0 is out: 1.0!");
  EXPECT_THAT(own_list.list_ids, ElementsAre(31));
  EXPECT_THAT(own_list.params, UnorderedElementsAre(Pair("name", "1.0"), Pair("date", "2026-11-27")));
  settings.add_list_ids(5);
  EXPECT_THAT(RequestFor(In(CampaignRecord::READY), settings).list_ids, ElementsAre(5));
}

TEST(RequestFor, name_that_holds_the_place_itself_ends) {
  jira::v1::CampaignSettings settings;
  settings.set_subject("{name}");
  CampaignRecord campaign = In(CampaignRecord::READY);
  campaign.mutable_version()->mutable_version()->set_name("x{name}");
  EXPECT_EQ(RequestFor(campaign, settings).subject, "x{name}");
}

TEST(RememberedAs, says_what_came_of_it) {
  CampaignRecord campaign = In(CampaignRecord::SENT);
  campaign.set_campaign_id(12);
  EXPECT_EQ(RememberedAs(campaign), "sent 12");
  EXPECT_EQ(RememberedAs(In(CampaignRecord::NOBODY)), "nobody");
  EXPECT_EQ(RememberedAs(In(CampaignRecord::WITHDRAWN)), "withdrawn");
}

}  // namespace
}  // namespace tajo::worker
