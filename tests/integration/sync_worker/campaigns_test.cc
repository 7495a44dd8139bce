#include "services/sync-worker/campaigns/campaign_maker.h"

#include <fmt/format.h>

#include <algorithm>

#include "common/base/error.h"
#include "tajo/jira/v1/error.pb.h"
#include "tests/integration/sync_worker/milestone_fixture.h"

namespace tajo::worker {
namespace {

using Json = nlohmann::json;
using ::testing::Contains;
using ::testing::IsSupersetOf;
using ::testing::Not;

constexpr std::chrono::minutes kSettle{1};

class CampaignsTest : public MilestoneTest {
 protected:
  static jira::v1::ConnectionConfig CampaignConfig() {
    auto config = Config();
    auto& milestones = *config.mutable_milestones();
    milestones.set_mode(jira::v1::MILESTONE_CAMPAIGN);
    milestones.mutable_campaign()->set_template_id(3);
    milestones.mutable_campaign()->set_subject("{name} is out");
    milestones.mutable_campaign()->set_sender_email("news@example.com");
    return config;
  }
  // A release that settles a ticket of Ann's and one of Bob's, whose contacts are in Brevo; as its webhook told.
  jira::v1::Event Release(Worker& worker) {
    version_ = Must(jira_->ProjectVersions("SUPPORT", "unreleased")).front();
    for (const char* customer : {kAnn, kBob}) {
      jira::v1::Event hint;
      hint.mutable_hint()->set_issue_key(
          Ticket(customer, {{{"op", "version"}, {"version", std::to_string(version_.id())}}, Resolve()}));
      Append(worker, hint);
    }
    Process(worker);
    EXPECT_TRUE(Run(worker.writer.WriteLive()).ok());
    Change({{"op", "release_version"}, {"version", std::to_string(version_.id())}});
    version_ = Must(jira_->GetVersion(version_.id()));
    jira::v1::Event event;
    event.set_source(jira::v1::Event::SOURCE_WEBHOOK);
    event.set_occurred_ms(base::ToMillis(clock_.Now()));
    *event.mutable_version()->mutable_version() = version_;
    event.mutable_version()->set_kind(jira::v1::VersionChange::KIND_RELEASED);
    return event;
  }
  void Tell(Worker& worker, jira::v1::Event event) {
    Append(worker, std::move(event));
    Process(worker);
  }
  // One try at the only campaign that is open, by whoever owns the connection now: all it knows is what is stored.
  absl::StatusOr<base::Duration> TryOnce(Worker& worker) {
    const auto open = Must(worker.log.Campaigns());
    if (open.empty()) return base::Duration::zero();
    CampaignMaker maker(
        {*brevo_, worker.store, worker.log, worker.rules.Config().milestones().campaign(), clock_, kSettle});
    return Run(maker.Advance(open.front().first, open.front().second, worker.milestones));
  }
  // As the loop does it, until nothing is open; the errors it met.
  std::vector<std::string> TryUntilEnd(Worker& worker) {
    std::vector<std::string> errors;
    for (int i = 0; i < 20 && !Must(worker.log.Campaigns()).empty(); ++i) {
      const auto wait = TryOnce(worker);
      if (!wait.ok()) errors.push_back(base::ReasonName(base::ReasonOf(wait.status())));
      EXPECT_TRUE(Run(worker.writer.WriteLive()).ok());
      clock_.Advance(kSettle);
    }
    EXPECT_TRUE(Must(worker.log.Campaigns()).empty()) << "it never ended";
    return errors;
  }
  void ExpectSentOnce() {
    const Json campaigns = Brevo("campaigns")["campaigns"];
    ASSERT_EQ(campaigns.size(), 1u) << campaigns;
    EXPECT_EQ(campaigns[0]["sends"], 1);
    EXPECT_EQ(campaigns[0]["subject"], version_.name() + " is out");
    EXPECT_THAT(campaigns[0]["recipients"].get<std::vector<std::string>>(), IsSupersetOf({kAnn, kBob}));
    EXPECT_EQ(Violations(), "");
  }

  jira::v1::Version version_;
};

TEST_F(CampaignsTest, release_becomes_one_campaign_to_the_customers_it_concerns) {
  Worker worker(*this, CampaignConfig());
  const auto release = Release(worker);
  Tell(worker, release);
  EXPECT_EQ(TryUntilEnd(worker), std::vector<std::string>());
  ExpectSentOnce();
  EXPECT_EQ(Brevo("campaigns")["campaigns"][0]["params"]["date"], version_.release_date());
  EXPECT_EQ(Queued(worker, "jira_version_released"), 0) << "instead of events";
  // Taken back and released again on the same day.
  auto again = release;
  again.set_occurred_ms(again.occurred_ms() + 3'600'000);
  Tell(worker, again);
  EXPECT_TRUE(Must(worker.log.Campaigns()).empty());
  again.mutable_version()->mutable_version()->set_release_date("2027-01-31");
  Tell(worker, again);
  EXPECT_EQ(Must(worker.log.Campaigns()).size(), 1u);
}

TEST_F(CampaignsTest, lists_of_the_config_are_taken_as_they_are) {
  auto config = CampaignConfig();
  config.mutable_milestones()->mutable_campaign()->add_list_ids(22);
  Worker worker(*this, config);
  Tell(worker, Release(worker));
  EXPECT_EQ(TryUntilEnd(worker), std::vector<std::string>());
  const Json campaigns = Brevo("campaigns")["campaigns"];
  ASSERT_EQ(campaigns.size(), 1u);
  EXPECT_EQ(campaigns[0]["list_ids"], Json({22}));
  EXPECT_EQ(campaigns[0]["sends"], 1);
  EXPECT_EQ(Violations(), "");
}

TEST_F(CampaignsTest, release_that_concerns_nobody_becomes_none) {
  Worker worker(*this, CampaignConfig());
  auto release = Release(worker);
  release.mutable_version()->mutable_version()->set_id(987'654);
  Tell(worker, release);
  EXPECT_EQ(TryUntilEnd(worker), std::vector<std::string>());
  EXPECT_TRUE(Brevo("campaigns")["campaigns"].empty());
}

TEST_F(CampaignsTest, who_unsubscribed_is_put_into_no_list) {
  Worker worker(*this, CampaignConfig());
  Tell(worker, Release(worker));
  Redis({"SADD", "tajo:{c_1}:unsubscribed", store::ContactId::OfEmail(kBob).Bytes()});
  EXPECT_EQ(TryUntilEnd(worker), std::vector<std::string>());
  const auto recipients = Brevo("campaigns")["campaigns"][0]["recipients"].get<std::vector<std::string>>();
  EXPECT_THAT(recipients, Contains(kAnn));
  EXPECT_THAT(recipients, Not(Contains(kBob)));
}

TEST_F(CampaignsTest, without_credits_it_waits_and_is_sent_once_there_are_some) {
  Worker worker(*this, CampaignConfig());
  Tell(worker, Release(worker));
  Fault({{"match", {{"method", "POST"}, {"path", "/emailCampaigns/"}}},
         {"kind", "status"},
         {"status", 402},
         {"code", "not_enough_credits"},
         {"count", 2}});
  for (int i = 0; i < 2; ++i) {
    auto wait = TryOnce(worker);
    // A contact of the search's own may still be on its way to Brevo.
    for (int j = 0; wait.ok() && j < 5; ++j) {
      EXPECT_TRUE(Run(worker.writer.WriteLive()).ok());
      wait = TryOnce(worker);
    }
    EXPECT_EQ(base::ReasonOf(wait.status()), jira::v1::BREVO_CREDITS_EXHAUSTED);
    EXPECT_EQ(Must(worker.log.Campaigns()).front().second.state(), jira::v1::CampaignRecord::CREATED);
  }
  EXPECT_EQ(TryUntilEnd(worker), std::vector<std::string>());
  ExpectSentOnce();
}

TEST_F(CampaignsTest, one_deleted_in_brevo_isn_t_made_again) {
  Worker worker(*this, CampaignConfig());
  Tell(worker, Release(worker));
  Fault({{"match", {{"method", "POST"}, {"path", "/emailCampaigns/"}}}, {"kind", "reset"}});
  for (int i = 0; i < 5 && Brevo("campaigns")["campaigns"].empty(); ++i) {
    (void)TryOnce(worker);
    EXPECT_TRUE(Run(worker.writer.WriteLive()).ok());
  }
  const int64_t id = Brevo("campaigns")["campaigns"][0]["id"];
  net::HttpRequest remove;
  remove.method = net::Method::kDelete;
  remove.url = fmt::format("{}/v3/emailCampaigns/{}", brevo_simulator_->Url(), id);
  remove.headers.Add("api-key", "xkeysib-test");
  EXPECT_EQ(Must(http_->Send(std::move(remove))).status, 204);
  TryUntilEnd(worker);
  EXPECT_TRUE(Brevo("campaigns")["campaigns"].empty());
}

TEST_F(CampaignsTest, former_owner_makes_nothing) {
  Worker worker(*this, CampaignConfig());
  Tell(worker, Release(worker));
  const auto open = Must(worker.log.Campaigns());
  Redis({"SET", "tajo:{c_1}:lease", "worker/2"});
  CampaignMaker maker(
      {*brevo_, worker.store, worker.log, worker.rules.Config().milestones().campaign(), clock_, kSettle});
  const auto advanced = Run(maker.Advance(open.front().first, open.front().second, worker.milestones));
  EXPECT_EQ(base::ReasonOf(advanced.status()), jira::v1::LEASE_LOST);
  EXPECT_TRUE(Brevo("campaigns")["campaigns"].empty());
}

// The worker ends, or the answer is lost, before or behind each call that changes something.
struct Break {
  const char* call;
  const char* path;
  const char* kind;
};
class CampaignCrashTest : public CampaignsTest, public ::testing::WithParamInterface<Break> {};

TEST_P(CampaignCrashTest, is_made_and_sent_once_all_the_same) {
  Worker worker(*this, CampaignConfig());
  Tell(worker, Release(worker));
  Fault({{"match", {{"method", "POST"}, {"path", GetParam().path}}}, {"kind", GetParam().kind}});
  const auto errors = TryUntilEnd(worker);
  // Adding to a list may be repeated at once.
  const bool repeatable = std::string(GetParam().call) == "members";
  EXPECT_EQ(errors.size(), repeatable ? 0u : 1u);
  ExpectSentOnce();
}

INSTANTIATE_TEST_SUITE_P(Each, CampaignCrashTest,
                         ::testing::Values(Break{"folder", "/contacts/folders", "drop_after_effect"},
                                           Break{"folder", "/contacts/folders", "reset"},
                                           Break{"list", "/contacts/lists", "drop_after_effect"},
                                           Break{"list", "/contacts/lists", "reset"},
                                           Break{"members", "/contacts/lists/", "drop_after_effect"},
                                           Break{"members", "/contacts/lists/", "reset"},
                                           Break{"create", "/emailCampaigns", "drop_after_effect"},
                                           Break{"create", "/emailCampaigns", "reset"},
                                           Break{"send", "/emailCampaigns/", "drop_after_effect"},
                                           Break{"send", "/emailCampaigns/", "reset"}),
                         [](const auto& test) { return fmt::format("{}_{}", test.param.call, test.param.kind); });

}  // namespace
}  // namespace tajo::worker
