#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/use_future.hpp>
#include <map>

#include "common/brevo/client.h"
#include "common/jira/client.h"
#include "simulators/brevo/simulator.h"
#include "simulators/jira/simulator.h"
#include "tajo/jira/v1/error.pb.h"
#include "tests/integration/access/quotas_fixture.h"
#include "tests/support/eventually.h"

namespace tajo::access {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr char kAccount[] = "acc1";
constexpr char kApiKey[] = "xkeysib-test";

// When something happened, over all processes of a test; its loop's alone.
struct Times {
  std::vector<base::MonotonicTime> at;
  base::Duration longest_wait{};
  double PerSecond() const {
    if (at.size() < 2) return 0;
    const auto [first, last] = std::minmax_element(at.begin(), at.end());
    return static_cast<double>(at.size() - 1) / base::InSeconds(*last - *first);
  }
};

class BrevoQuotasTest : public QuotasTest {
 protected:
  void StartBrevo(brevo_sim::Options options = {}) {
    options.lists = {22};
    simulator_ = brevo_sim::RunningSimulator::Start(options, clock_).value();
  }
  std::unique_ptr<BrevoGovernor> GovernorOf(std::size_t process) {
    return processes_.at(process).quotas.ForBrevo(kAccount);
  }
  base::Task<void> Upserts(std::size_t process, int caller, base::Duration length, Times& times) {
    const auto governor = GovernorOf(process);
    brevo::Client client(*http_, {simulator_->Url() + "/v3", base::Secret(kApiKey)}, *governor, clock_, random_);
    const base::MonotonicTime end = clock_.Monotonic() + length;
    for (int i = 0; clock_.Monotonic() < end; ++i) {
      brevo::ContactWrite contact;
      contact.email = std::to_string(process) + "." + std::to_string(caller) + "." + std::to_string(i) + "@example.com";
      contact.list_ids = {22};
      const auto written = co_await client.UpsertContact(contact);
      if (written.ok()) times.at.push_back(clock_.Monotonic());
    }
  }
  base::Task<void> Draws(std::size_t process, brevo::Lane lane, base::Duration pause, base::Duration length,
                         Times& times) {
    const auto governor = GovernorOf(process);
    const base::MonotonicTime end = clock_.Monotonic() + length;
    while (clock_.Monotonic() < end) {
      const base::MonotonicTime begin = clock_.Monotonic();
      const absl::Status status = co_await governor->Acquire(brevo::Family::kContacts, lane);
      if (status.ok()) times.at.push_back(clock_.Monotonic());
      times.longest_wait = std::max(times.longest_wait, clock_.Monotonic() - begin);
      if (pause > base::Duration::zero()) co_await clock_.Sleep(pause);
    }
  }

  std::unique_ptr<brevo_sim::RunningSimulator> simulator_;
};

TEST_F(BrevoQuotasTest, ThreeProcessesUse95PercentOfAnAccountsSecond_AndNeverMore) {
  StartBrevo();
  Times times;
  std::vector<base::Task<void>> callers;
  for (std::size_t process = 0; process < processes_.size(); ++process) {
    for (int caller = 0; caller < 4; ++caller) callers.push_back(Upserts(process, caller, seconds(8), times));
  }
  Together(std::move(callers));
  EXPECT_EQ(Control(simulator_->Url() + "/_control/violations")["total"], 0);
  EXPECT_GE(times.PerSecond(), 9.5);
  const double redis_calls = 1000.0 * static_cast<double>(RedisCalls()) / static_cast<double>(times.at.size());
  RecordProperty("redis_calls_per_1000", static_cast<int>(redis_calls));
  EXPECT_LT(redis_calls, 700);
}

TEST_F(BrevoQuotasTest, LiveWorkOfOneProcessGoesBeforeBackfillOfOthers) {
  Times backfill;
  Times live;
  std::vector<base::Task<void>> callers;
  for (std::size_t process : {0, 1}) {
    for (int caller = 0; caller < 4; ++caller) {
      callers.push_back(Draws(process, brevo::Lane::kBackfill, {}, seconds(5), backfill));
    }
  }
  callers.push_back(Draws(2, brevo::Lane::kLive, milliseconds(250), seconds(5), live));
  Together(std::move(callers));
  EXPECT_LT(live.longest_wait, milliseconds(900));
  EXPECT_GE(live.at.size(), 8u);
  EXPECT_GE(backfill.at.size(), 20u);
}

TEST_F(BrevoQuotasTest, ALargerPlanIsLearntFromHeaders_AndKnownToAll) {
  brevo_sim::Options options;
  options.plan = brevo_sim::Plan::kExtended;
  StartBrevo(options);
  Times first;
  std::vector<base::Task<void>> one;
  one.push_back(Upserts(0, 0, milliseconds(200), first));
  Together(std::move(one));
  const auto governor = GovernorOf(1);
  ASSERT_TRUE(Run(governor->Acquire(brevo::Family::kContacts, brevo::Lane::kLive)).ok());
  const auto measured = governor->Measured(brevo::Family::kContacts);
  ASSERT_TRUE(measured.has_value());
  EXPECT_EQ(measured->calls, 60);
  EXPECT_FALSE(governor->Measured(brevo::Family::kEvents).has_value());
}

TEST_F(BrevoQuotasTest, A429SilencesItsFamilyInAllProcesses_AndNoOther) {
  const auto told = GovernorOf(0);
  const auto other = GovernorOf(1);
  Run(told->Pause(brevo::Family::kContacts, seconds(2)));
  const base::MonotonicTime begin = clock_.Monotonic();
  ASSERT_TRUE(Run(other->Acquire(brevo::Family::kEvents, brevo::Lane::kLive)).ok());
  EXPECT_LT(clock_.Monotonic() - begin, seconds(1));
  ASSERT_TRUE(Run(other->Acquire(brevo::Family::kContacts, brevo::Lane::kLive)).ok());
  EXPECT_GE(clock_.Monotonic() - begin, milliseconds(1900));
}

TEST_F(BrevoQuotasTest, EventBatches_DrawOnTheBucketWhoseLimitTheyShow) {
  const auto governor = GovernorOf(0);
  ASSERT_TRUE(Run(governor->Acquire(brevo::Family::kEventBatches, brevo::Lane::kLive)).ok());
  Run(governor->Observe(brevo::Family::kEventBatches, 100, 99, 3600));
  ASSERT_TRUE(Run(governor->Acquire(brevo::Family::kEventBatches, brevo::Lane::kLive)).ok());
  redis::Args exists = {"EXISTS", "tajo:{brevo:acc1}:events", "tajo:{brevo:acc1}:other:window",
                        "tajo:{brevo:acc1}:event_batches:window"};
  EXPECT_EQ(Run(processes_[0].redis.Execute(std::move(exists)))->Integer(), 2);
}

TEST_F(BrevoQuotasTest, ReadBackGoesOnWhenPollsHaveUsedUpTheirShareOfTheHour) {
  const auto governor = GovernorOf(0);
  ASSERT_TRUE(Run(governor->Acquire(brevo::Family::kOther, brevo::Lane::kLive)).ok());
  // Tools of the customer's own used the rest of it.
  Run(governor->Observe(brevo::Family::kOther, 100, 10, 1800));
  for (int i = 0; i < 10; ++i) {
    ASSERT_TRUE(Run(governor->Acquire(brevo::Family::kOther, brevo::Lane::kUrgent)).ok()) << i;
  }
  auto poll = boost::asio::co_spawn(loop_.Context(), governor->Acquire(brevo::Family::kOther, brevo::Lane::kLive),
                                    boost::asio::use_future);
  EXPECT_EQ(poll.wait_for(seconds(1)), std::future_status::timeout);
  boost::asio::post(loop_.Context(), [&] { governor->Close(); });
  EXPECT_EQ(base::ReasonOf(poll.get()), jira::v1::LEASE_LOST);
}

class JiraQuotasTest : public QuotasTest {
 protected:
  static constexpr jira::Call kPage{"search/jql", net::Method::kPost, 10, jira::Lane::kBackfill};
  static constexpr jira::Call kLook{"issue/{id}", net::Method::kGet, 5, jira::Lane::kLive};

  std::unique_ptr<JiraGovernor> GovernorOf(std::size_t process, const std::string& connection,
                                           std::shared_ptr<store::SharedPoints> points,
                                           const std::string& site = "acme.atlassian.net") {
    JiraGovernor::Parts parts{clock_, nullptr, std::move(points), "a1", site, connection, nullptr};
    parts.bursts = std::make_shared<JiraBursts>(processes_.at(process).redis, clock_, site);
    return std::make_unique<JiraGovernor>(std::move(parts));
  }
  std::shared_ptr<store::SharedPoints> Points(std::size_t process, double quota, milliseconds period) {
    return std::make_shared<store::SharedPoints>(processes_.at(process).redis, clock_, "a1",
                                                 store::SharedPoints::Options{quota, period, period / 20});
  }
  // What it spent in each period.
  using Spent = std::map<int64_t, double>;
  base::Task<void> Calls(JiraGovernor& governor, jira::Call call, base::Duration pause, milliseconds period,
                         int64_t last, Spent& spent, base::Duration& longest) {
    while (base::ToMillis(clock_.Now()) / period.count() <= last) {
      const base::MonotonicTime begin = clock_.Monotonic();
      const absl::Status status = co_await governor.Acquire(call);
      longest = std::max(longest, clock_.Monotonic() - begin);
      if (status.ok()) spent[base::ToMillis(clock_.Now()) / period.count()] += call.cost_estimate;
      co_await clock_.Sleep(pause);
    }
  }
  base::Task<void> Looks(std::size_t process, std::string url, base::Duration length, Times& times) {
    jira::BasicAuthorizer authorizer(url, "ops@example.com", base::Secret("sim-token"), "", url);
    jira::v1::ConnectionConfig config;
    config.set_site_url("https://acme.atlassian.net");
    const auto governor = processes_.at(process).quotas.ForJira("c" + std::to_string(process), config, {});
    jira::RetryingConnection connection(*http_, authorizer, *governor, clock_, random_);
    jira::Client client(connection);
    const base::MonotonicTime end = clock_.Monotonic() + length;
    while (clock_.Monotonic() < end) {
      const auto myself = co_await client.GetMyself();
      if (myself.ok()) times.at.push_back(clock_.Monotonic());
    }
  }
  static constexpr auto kPeriod = milliseconds(10'000);
};

TEST_F(JiraQuotasTest, ThreeProcessesUse95PercentOfASitesBurst_AndNeverMore) {
  jira_sim::Options options;
  options.issues = 50;
  const auto simulator = jira_sim::Simulator::Start(options, clock_).value();
  Times times;
  std::vector<base::Task<void>> callers;
  for (std::size_t process = 0; process < processes_.size(); ++process) {
    for (int caller = 0; caller < 8; ++caller) {
      callers.push_back(Looks(process, simulator->Url(), seconds(5), times));
    }
  }
  Together(std::move(callers));
  EXPECT_EQ(Control(simulator->Url() + "/_control/violations")["total"], 0);
  EXPECT_GE(times.PerSecond(), 95);
  const double redis_calls = 1000.0 * static_cast<double>(RedisCalls()) / static_cast<double>(times.at.size());
  RecordProperty("redis_calls_per_1000", static_cast<int>(redis_calls));
  EXPECT_LT(redis_calls, 300);
}

// An "hour" of ten seconds: backfill of two connections in two processes, one of them with far more to do,
// and live work of a third.
TEST_F(JiraQuotasTest, AppsPoints_AreUsedUp_SharedFairly_AndLiveWorkNeverWaitsForBackfill) {
  constexpr double kQuota = 6'000;
  std::vector<std::unique_ptr<JiraGovernor>> governors;
  for (const char* connection : {"big", "small", "live"}) {
    const std::size_t process = governors.size();
    governors.push_back(GovernorOf(process, connection, Points(process, kQuota, kPeriod), connection));
  }
  const int64_t measured = base::ToMillis(clock_.Now()) / kPeriod.count() + 1;
  Spent big;
  Spent small;
  Spent live;
  base::Duration longest_backfill{};
  base::Duration longest_live{};
  std::vector<base::Task<void>> callers;
  for (int i = 0; i < 8; ++i) {
    callers.push_back(Calls(*governors[0], kPage, {}, kPeriod, measured, big, longest_backfill));
  }
  callers.push_back(Calls(*governors[1], kPage, {}, kPeriod, measured, small, longest_backfill));
  callers.push_back(Calls(*governors[2], kLook, milliseconds(200), kPeriod, measured, live, longest_live));
  Together(std::move(callers));
  const double used = big[measured] + small[measured] + live[measured];
  EXPECT_LE(used, kQuota);
  EXPECT_GE(used, kQuota * 0.95);
  EXPECT_GT(small[measured], big[measured] * 0.7);
  EXPECT_GT(live[measured], 5 * 15);
  EXPECT_LT(longest_live, milliseconds(500));
}

TEST_F(JiraQuotasTest, RefusalsPauseWhatTheyName) {
  const auto shared = [this](std::size_t process) { return Points(process, 65'000, std::chrono::hours(1)); };
  const auto first = GovernorOf(0, "c1", shared(0));
  const auto same_site = GovernorOf(1, "c1", shared(1));
  const auto other_site = GovernorOf(1, "c2", shared(1), "other.atlassian.net");
  const auto refuse = [this, &first](const char* reason, const char* after) {
    net::Headers headers;
    headers.Add("RateLimit-Reason", reason);
    headers.Add("Retry-After", after);
    Run(first->Observe(kLook, 429, headers));
  };
  const auto took = [this](JiraGovernor& governor, const jira::Call& call) {
    const base::MonotonicTime begin = clock_.Monotonic();
    EXPECT_TRUE(Run(governor.Acquire(call)).ok());
    return clock_.Monotonic() - begin;
  };
  refuse("jira-per-issue-on-write", "30");
  EXPECT_LT(took(*same_site, kLook), seconds(1));
  refuse("jira-burst-based", "2");
  EXPECT_LT(took(*same_site, kPage), seconds(1));
  EXPECT_GE(took(*same_site, kLook), milliseconds(900));
  refuse("jira-quota-tenant-based", "2");
  EXPECT_LT(took(*other_site, kPage), seconds(1));
  EXPECT_GE(took(*GovernorOf(2, "c1", shared(2)), kPage), milliseconds(900));
  refuse("jira-quota-global-based", "2");
  EXPECT_GE(took(*GovernorOf(2, "c3", shared(2), "third.atlassian.net"), kPage), milliseconds(900));
}

}  // namespace
}  // namespace tajo::access
