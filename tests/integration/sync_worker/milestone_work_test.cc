#include "services/sync-worker/milestone_work.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_future.hpp>
#include <future>

#include "common/base/all_of.h"
#include "common/base/error.h"
#include "common/deciding/milestone.h"
#include "common/store/reply_read.h"
#include "tajo/jira/v1/error.pb.h"
#include "tests/integration/sync_worker/milestone_fixture.h"
#include "tests/support/eventually.h"

namespace tajo::worker {
namespace {

using Json = nlohmann::json;
using namespace std::chrono_literals;
using testing::Eventually;

// A grant's token as it is.
class BearerAuthorizer final : public jira::Authorizer {
 public:
  BearerAuthorizer(std::string base_url, std::string token)
      : base_url_(std::move(base_url)), header_("Bearer " + std::move(token)) {}
  base::Task<absl::StatusOr<jira::Authorization>> Current() override {
    jira::Authorization authorization;
    authorization.base_url = base_url_;
    authorization.header = header_;
    co_return authorization;
  }
  base::Task<absl::Status> Renew(const jira::Authorization&) override {
    co_return base::Error(jira::v1::JIRA_AUTHENTICATION_FAILED, "one token only");
  }

 private:
  std::string base_url_, header_;
};

class MilestoneWorkTest : public MilestoneTest {
 protected:
  ~MilestoneWorkTest() override {
    if (!work_) return;
    boost::asio::post(loop_.Context(), [this] { work_->Stop(); });
    done_.wait();
  }

  void Begin(const jira::v1::ConnectionConfig& config, jira::Client& jira) {
    record_.connection_id = "c_1";
    record_.state = jira::v1::ACTIVE;
    record_.config = config;
    worker_ = std::make_unique<Worker>(*this, config);
    MilestoneWork::Parts parts{
        clock_,  random_, *logger_,
        *redis_, record_, worker_->store,
        jira,    *brevo_, 1min,
        [] {},   [] {},   [this]() -> base::Task<absl::StatusOr<Milestones*>> { co_return &worker_->milestones; }};
    work_ = std::make_unique<MilestoneWork>(std::move(parts));
    std::vector<base::Task<void>> loops;
    work_->AddLoops(loops);
    done_ = boost::asio::co_spawn(loop_.Context(), base::AllOf(std::move(loops)), boost::asio::use_future);
  }
  std::optional<MilestoneWork::State> Health() { return Run(ReadHealth()); }
  int64_t Cursor(const char* name) { return store::NumberOf(Must(worker_->store.Cursors()), name); }

  jira::v1::CampaignRecord Planned() {
    jira::v1::SprintChange closed;
    closed.mutable_sprint()->set_id(4711);
    closed.mutable_sprint()->set_name("Sprint 9");
    closed.mutable_sprint()->set_state("closed");
    return deciding::PlanCampaign(closed, base::ToMillis(clock_.Now()), "c_1");
  }
  jira::v1::ConnectionConfig CampaignConfig() {
    auto config = Config();
    config.mutable_milestones()->set_mode(jira::v1::MILESTONE_CAMPAIGN);
    auto& campaign = *config.mutable_milestones()->mutable_campaign();
    campaign.set_html("<p>Done</p>");
    campaign.set_subject("{name}");
    campaign.set_sender_id(3);
    campaign.add_list_ids(22);
    return config;
  }
  void Store(const jira::v1::CampaignRecord& campaign) {
    Redis({"HSET", "tajo:{c_1}:campaigns", "s4711/closed/0", campaign.SerializeAsString()});
  }

  store::ConnectionRecord record_;
  std::unique_ptr<Worker> worker_;
  std::unique_ptr<MilestoneWork> work_;
  std::future<void> done_;

 private:
  base::Task<std::optional<MilestoneWork::State>> ReadHealth() { co_return work_->Health(); }
};

TEST_F(MilestoneWorkTest, grant_without_the_granular_scopes_is_noted_and_versions_are_polled_all_the_same) {
  const Json scopes = {{"scopes", {"read:jira-work", "read:jira-user", "offline_access"}}};
  const Json grant = Http(net::Method::kPost, jira_simulator_->Url() + "/_control/oauth/grant", scopes);
  BearerAuthorizer authorizer(jira_simulator_->Url() + "/ex/jira/" + jira_sim::Options().cloud_id,
                              grant["access_token"]);
  jira::RetryingConnection connection(*http_, authorizer, jira_governor_, wall_, random_);
  jira::Client jira(connection, jira::Lane::kBackfill);
  auto config = Config();
  config.set_auth_type(jira::v1::OAUTH2);
  Begin(config, jira);
  ASSERT_TRUE(Eventually([&] { return Health().has_value(); }, 20s));
  EXPECT_EQ(Health()->trouble, "");
  EXPECT_THAT(Health()->note, ::testing::HasSubstr("read:sprint:jira-software"));
  EXPECT_EQ(Cursor(store::kCursorVersions), base::ToMillis(clock_.Now()));
  EXPECT_EQ(Cursor(store::kCursorSprints), 0);
  // The loops end before what they use.
  boost::asio::post(loop_.Context(), [this] { work_->Stop(); });
  done_.wait();
  work_.reset();
}

TEST_F(MilestoneWorkTest, sprints_that_are_switched_off_need_no_scope_and_are_forgotten) {
  Redis({"HSET", "tajo:{c_1}:cursors", store::kCursorSprints, "1"});
  Redis({"HSET", "tajo:{c_1}:sprints", "3", "a"});
  auto config = Config();
  config.mutable_milestones()->set_sprints(false);
  Begin(config, *jira_);
  ASSERT_TRUE(Eventually([&] { return Health().has_value(); }, 20s));
  EXPECT_EQ(Health()->note, "");
  EXPECT_EQ(Cursor(store::kCursorSprints), 0);
  EXPECT_EQ(Redis({"EXISTS", "tajo:{c_1}:sprints"}).Integer(), 0);
}

TEST_F(MilestoneWorkTest, campaign_without_credits_is_trouble_until_it_is_sent) {
  Fault({{"match", {{"method", "POST"}, {"path", "/emailCampaigns/"}}},
         {"kind", "status"},
         {"status", 402},
         {"code", "not_enough_credits"}});
  Store(Planned());
  Begin(CampaignConfig(), *jira_);
  ASSERT_TRUE(Eventually([&] { return Health().has_value(); }, 20s));
  EXPECT_THAT(Health()->trouble, ::testing::HasSubstr("Sprint 9"));
  EXPECT_THAT(Health()->trouble, ::testing::HasSubstr("no credits left"));
  EXPECT_TRUE(Eventually(
      [&] {
        clock_.Advance(10min);
        return Health()->trouble.empty();
      },
      20s));
  const Json campaigns = Brevo("campaigns")["campaigns"];
  ASSERT_EQ(campaigns.size(), 1u);
  EXPECT_EQ(campaigns[0]["sends"], 1);
  EXPECT_EQ(campaigns[0]["subject"], "Sprint 9");
  EXPECT_EQ(Redis({"HGET", "tajo:{c_1}:milestones", "s4711/closed/0"}).String(), "sent " + campaigns[0]["id"].dump());
  EXPECT_EQ(Violations(), "");
}

}  // namespace
}  // namespace tajo::worker
