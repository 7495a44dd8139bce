#include <algorithm>
#include <map>

#include "common/brevo/client.h"
#include "common/jira/client.h"
#include "simulators/brevo/simulator.h"
#include "simulators/jira/simulator.h"
#include "tests/integration/access/quotas_fixture.h"

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
  // Of what came from `skipped` on, and while all were still at it, in the time that is left without `lost`.
  double PerSecond(base::Duration length, base::Duration skipped, base::Duration lost) const {
    if (at.empty()) return 0;
    const auto [first, last] = std::minmax_element(at.begin(), at.end());
    const base::MonotonicTime begin = *first + skipped;
    const base::MonotonicTime end = *first + length;
    const auto count = std::count_if(at.begin(), at.end(), [&](auto time) { return time >= begin && time < end; });
    return static_cast<double>(count) / base::InSeconds(std::min(end, *last) - begin - lost);
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
  struct Counted {
    std::size_t calls = 0;
    int64_t redis_calls = 0;
  };
  base::Task<void> Count(base::Duration after, const Times& times, Counted& counted) {
    co_await clock_.Sleep(after);
    counted = {times.at.size(), RedisCalls()};
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
  constexpr seconds kLength(5);
  Times times;
  Stalls stalls;
  std::vector<base::Task<void>> callers;
  for (std::size_t process = 0; process < processes_.size(); ++process) {
    for (int caller = 0; caller < 4; ++caller) callers.push_back(Upserts(process, caller, kLength, times));
  }
  callers.push_back(Watch(kLength, stalls));
  Counted at_first;
  callers.push_back(Count(seconds(1), times, at_first));
  Together(std::move(callers));
  // A call that is late on a busy machine may fall into the next window; its 429 costs a second's silence.
  const int refused = Control(simulator_->Url() + "/_control/violations")["total"];
  EXPECT_LE(refused, 4 * (http_->slow + stalls.count));
  // And one that isn't sent in time loses its slot, in each process.
  const base::Duration lost = refused * milliseconds(1200) + stalls.count * milliseconds(300);
  EXPECT_GE(times.PerSecond(kLength, {}, lost), 9.5);
  const double redis_calls = 1000.0 * static_cast<double>(RedisCalls() - at_first.redis_calls) /
                             static_cast<double>(times.at.size() - at_first.calls);
  RecordProperty("redis_calls_per_1000", static_cast<int>(redis_calls));
  EXPECT_LT(redis_calls, 700);
}

TEST_F(BrevoQuotasTest, LiveWorkOfOneProcessGoesBeforeBackfillOfOthers) {
  Times backfill;
  Times live;
  std::vector<base::Task<void>> callers;
  for (std::size_t process : {0, 1}) {
    for (int caller = 0; caller < 4; ++caller) {
      callers.push_back(Draws(process, brevo::Lane::kBackfill, {}, seconds(3), backfill));
    }
  }
  Stalls stalls;
  callers.push_back(Draws(2, brevo::Lane::kLive, milliseconds(250), seconds(3), live));
  callers.push_back(Watch(seconds(3), stalls));
  Together(std::move(callers));
  EXPECT_LT(live.longest_wait, milliseconds(900) + stalls.count * milliseconds(300) + stalls.total);
  EXPECT_GE(live.at.size(), 2u);
  EXPECT_GE(backfill.at.size(), 2 * live.at.size());
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
  const base::MonotonicTime begin = clock_.Monotonic();
  Run(told->Pause(brevo::Family::kContacts, milliseconds(1200)));
  ASSERT_TRUE(Run(other->Acquire(brevo::Family::kContacts, brevo::Lane::kLive)).ok());
  EXPECT_GE(clock_.Monotonic() - begin, milliseconds(1190));
  Run(told->Pause(brevo::Family::kContacts, seconds(30)));
  const auto third = GovernorOf(2);
  EXPECT_FALSE(IsHeld(*third, brevo::Family::kEvents, brevo::Lane::kLive));
  EXPECT_TRUE(IsHeld(*third, brevo::Family::kContacts, brevo::Lane::kLive));
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
  EXPECT_TRUE(IsHeld(*governor, brevo::Family::kOther, brevo::Lane::kLive));
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
  // Some four seconds, counted from 1970: of such a length that one ends in a moment.
  milliseconds PeriodThatEndsSoon() const {
    const int64_t soon = base::ToMillis(clock_.Now()) + 150;
    milliseconds period(4'000);
    while (soon % period.count() > 100) ++period;
    return period;
  }
};

TEST_F(JiraQuotasTest, ThreeProcessesUse95PercentOfASitesBurst_AndNeverMore) {
  jira_sim::Options options;
  options.issues = 50;
  const auto simulator = jira_sim::Simulator::Start(options, clock_).value();
  constexpr seconds kLength(3);
  Times times;
  Stalls stalls;
  std::vector<base::Task<void>> callers;
  for (std::size_t process = 0; process < processes_.size(); ++process) {
    for (int caller = 0; caller < 8; ++caller) {
      callers.push_back(Looks(process, simulator->Url(), kLength, times));
    }
  }
  callers.push_back(Watch(kLength, stalls));
  Together(std::move(callers));
  EXPECT_EQ(Control(simulator->Url() + "/_control/violations")["total"], 0);
  // Without what was saved up at first.
  EXPECT_GE(times.PerSecond(kLength, milliseconds(500), stalls.total), 95);
  const double redis_calls = 1000.0 * static_cast<double>(RedisCalls()) / static_cast<double>(times.at.size());
  RecordProperty("redis_calls_per_1000", static_cast<int>(redis_calls));
  EXPECT_LT(redis_calls, 300);
}

// An "hour" of four seconds: backfill of two connections in two processes, one of them with far more to do,
// and live work of a third.
TEST_F(JiraQuotasTest, AppsPoints_AreUsedUp_SharedFairly_AndLiveWorkNeverWaitsForBackfill) {
  constexpr double kQuota = 2'400;
  const milliseconds period = PeriodThatEndsSoon();
  std::vector<std::unique_ptr<JiraGovernor>> governors;
  for (const char* connection : {"big", "small", "live"}) {
    const std::size_t process = governors.size();
    governors.push_back(GovernorOf(process, connection, Points(process, kQuota, period), connection));
  }
  const int64_t measured = base::ToMillis(clock_.Now()) / period.count() + 1;
  Spent big;
  Spent small;
  Spent live;
  base::Duration longest_backfill{};
  base::Duration longest_live{};
  std::vector<base::Task<void>> callers;
  for (int i = 0; i < 8; ++i) {
    callers.push_back(Calls(*governors[0], kPage, {}, period, measured, big, longest_backfill));
  }
  callers.push_back(Calls(*governors[1], kPage, {}, period, measured, small, longest_backfill));
  callers.push_back(Calls(*governors[2], kLook, milliseconds(100), period, measured, live, longest_live));
  Stalls stalls;
  callers.push_back(Watch(period, stalls));
  Together(std::move(callers));
  const double used = big[measured] + small[measured] + live[measured];
  EXPECT_LE(used, kQuota);
  EXPECT_GE(used, kQuota * 0.95);
  EXPECT_GT(small[measured], big[measured] * 0.7);
  EXPECT_GT(live[measured], 5 * 5);
  EXPECT_LT(longest_live, milliseconds(300) + stalls.total);
}

TEST_F(JiraQuotasTest, RefusalsPauseWhatTheyName) {
  const auto of = [this](std::size_t process, const char* connection, const char* site) {
    return GovernorOf(process, connection, Points(process, 65'000, std::chrono::hours(1)), site);
  };
  const auto first = of(0, "c1", "acme.atlassian.net");
  const auto refuse = [this, &first](const char* reason) {
    net::Headers headers;
    headers.Add("RateLimit-Reason", reason);
    headers.Add("Retry-After", "30");
    Run(first->Observe(kLook, 429, headers));
  };
  refuse("jira-per-issue-on-write");
  EXPECT_FALSE(IsHeld(*of(1, "c1", "acme.atlassian.net"), kLook));
  refuse("jira-burst-based");
  EXPECT_FALSE(IsHeld(*of(1, "c1", "acme.atlassian.net"), kPage));
  EXPECT_FALSE(IsHeld(*of(1, "c2", "other.atlassian.net"), kLook));
  EXPECT_TRUE(IsHeld(*of(1, "c1", "acme.atlassian.net"), kLook));
  refuse("jira-quota-tenant-based");
  EXPECT_FALSE(IsHeld(*of(1, "c2", "other.atlassian.net"), kPage));
  EXPECT_TRUE(IsHeld(*of(1, "c1", "acme.atlassian.net"), kPage));
  refuse("jira-quota-global-based");
  EXPECT_TRUE(IsHeld(*of(2, "c3", "third.atlassian.net"), kPage));
}

TEST_F(JiraQuotasTest, ARefusalIsKnownToAProcessWithSlotsInHandWithinATenthOfASecond) {
  const std::string site = "acme.atlassian.net";
  JiraBursts told(processes_[0].redis, clock_, site);
  const auto busy = GovernorOf(1, "c1", nullptr);
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(Run(busy->Acquire(kLook)).ok());
  const base::MonotonicTime begin = clock_.Monotonic();
  Run(told.Pause(kLook, seconds(30)));
  const base::MonotonicTime paused = clock_.Monotonic();
  base::MonotonicTime last = begin;
  for (base::MonotonicTime asked = paused; !IsHeld(*busy, kLook); asked = clock_.Monotonic()) last = asked;
  EXPECT_LE(last - paused, milliseconds(100));
}

}  // namespace
}  // namespace tajo::access
