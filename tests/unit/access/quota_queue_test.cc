#include "common/access/quota_queue.h"

#include <gtest/gtest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <deque>
#include <map>
#include <string>

#include "common/access/brevo_quota.h"
#include "common/access/jira_quota.h"
#include "common/access/quotas.h"
#include "common/base/error.h"
#include "tajo/jira/v1/error.pb.h"
#include "tests/support/fake_clock.h"

namespace tajo::access {
namespace {

using namespace std::chrono_literals;  // NOLINT
using retry::Lane;

class Waited final : public QuotaObserver {
 public:
  void QuotaWaited(std::string_view quota, base::Duration waited) override { by_quota[std::string(quota)] += waited; }
  void JiraPointsLeft(const std::string&, double) override {}
  void BrevoHeadroom(std::string_view, double) override {}
  std::map<std::string, base::Duration> by_quota;
};

// A quota that answers what the test says; then that it has nothing for a long time.
class QuotaQueueTest : public ::testing::Test {
 protected:
  void Start(char name, Lane lane = Lane::kLive, boost::asio::cancellation_slot slot = {}) {
    const QuotaQueue::Ask ask = [this, name](std::size_t waiting) { return Answer(name, waiting); };
    const QuotaQueue::Check good = [this](base::MonotonicTime at) -> base::Task<bool> {
      co_return clock_.Monotonic() <= at + lateness_;
    };
    boost::asio::co_spawn(
        context_, queue_.Pass(lane, waits_, ask, good),
        boost::asio::bind_cancellation_slot(slot, [this, name](std::exception_ptr error, absl::Status status) {
          if (error || !status.ok()) failed_.push_back(name);
          if (!error && status.ok()) passed_.push_back(name);
          if (!error) last_ = status;
        }));
    Poll();
  }
  base::Task<absl::StatusOr<store::Grant>> Answer(char name, std::size_t waiting) {
    asked_.push_back(name);
    longest_ = std::max(longest_, waiting);
    if (answers_.empty()) co_return store::Grant{false, 1h, {}};
    store::Grant grant = answers_.front();
    answers_.pop_front();
    if (grant.ours) grant.at = clock_.Monotonic() + grant.wait;
    co_return grant;
  }
  void Poll() {
    context_.restart();
    context_.poll();
  }
  void Advance(base::Duration duration, base::Duration step = 100ms) {
    for (base::Duration passed{}; passed < duration; passed += step) {
      clock_.Advance(step);
      Poll();
    }
  }

  testing::FakeClock clock_;
  Waited waited_;
  QuotaWaits waits_{clock_, &waited_};
  QuotaQueue queue_{"jira_points"};
  std::deque<store::Grant> answers_;
  std::string asked_, passed_, failed_;
  std::size_t longest_ = 0;
  base::Duration lateness_ = 50ms;
  absl::Status last_;
  boost::asio::io_context context_;
};

TEST_F(QuotaQueueTest, granted_at_once_passes_without_a_wait) {
  answers_ = {{true, {}, {}}};
  Start('a');
  EXPECT_EQ(passed_, "a");
  EXPECT_TRUE(waited_.by_quota.empty());
}

TEST_F(QuotaQueueTest, refused_asks_again_when_there_can_be_another_answer) {
  answers_ = {{false, 700ms, {}}, {true, {}, {}}};
  Start('a');
  Advance(600ms);
  EXPECT_EQ(asked_, "a");
  Advance(100ms);
  EXPECT_EQ(passed_, "a");
  EXPECT_EQ(waited_.by_quota["jira_points"], 700ms);
}

TEST_F(QuotaQueueTest, long_wait_is_looked_at_every_two_seconds_and_told_meanwhile) {
  Start('a');
  Advance(10s);
  EXPECT_EQ(asked_.size(), 6u);
  EXPECT_EQ(waited_.by_quota["jira_points"], 10s);
}

TEST_F(QuotaQueueTest, slot_in_the_future_lets_the_next_ask_before_it_begins) {
  answers_ = {{true, 300ms, {}}, {true, 400ms, {}}};
  Start('a');
  Start('b');
  EXPECT_EQ(asked_, "ab");
  Advance(300ms);
  EXPECT_EQ(passed_, "a");
  Advance(100ms);
  EXPECT_EQ(passed_, "ab");
}

TEST_F(QuotaQueueTest, slot_of_more_than_a_second_ahead_is_not_used_before_it_begins) {
  answers_ = {{true, 1800ms, {}}};
  Start('a');
  Advance(1700ms);
  EXPECT_EQ(passed_, "");
  Advance(100ms);
  EXPECT_EQ(passed_, "a");
}

TEST_F(QuotaQueueTest, slot_that_was_overslept_is_asked_for_again) {
  answers_ = {{true, 300ms, {}}, {true, {}, {}}};
  Start('a');
  Advance(400ms, 400ms);
  EXPECT_EQ(asked_, "aa");
  EXPECT_EQ(passed_, "a");
}

TEST_F(QuotaQueueTest, only_the_first_asks_and_says_how_many_wait) {
  Start('a');
  Start('b');
  Start('c');
  Advance(2s);
  EXPECT_EQ(asked_, "aa");
  EXPECT_EQ(longest_, 3u);
}

TEST_F(QuotaQueueTest, live_asks_before_backfill_that_waits) {
  Start('x', Lane::kBackfill);
  answers_ = {{true, {}, {}}};
  Start('a');
  EXPECT_EQ(passed_, "a");
  EXPECT_EQ(asked_, "xa");
}

TEST_F(QuotaQueueTest, cancelled_first_makes_way) {
  boost::asio::cancellation_signal cancel;
  Start('a', Lane::kLive, cancel.slot());
  Start('b');
  answers_ = {{true, {}, {}}};
  cancel.emit(boost::asio::cancellation_type::terminal);
  Poll();
  EXPECT_EQ(failed_, "a");
  EXPECT_EQ(passed_, "b");
}

TEST_F(QuotaQueueTest, closed_ends_long_waits_within_a_second_but_not_short_ones) {
  Start('a');
  Advance(500ms);
  waits_.Close();
  Advance(1s);
  EXPECT_EQ(failed_, "a");
  EXPECT_EQ(base::ReasonOf(last_), jira::v1::LEASE_LOST);
  answers_ = {{false, 500ms, {}}, {true, {}, {}}};
  Start('b');
  Advance(500ms);
  EXPECT_EQ(passed_, "b");
}

TEST_F(QuotaQueueTest, backfill_that_waits_for_seconds_says_for_what) {
  EXPECT_EQ(waits_.BackfillWaitsFor(), "");
  answers_ = {{false, 3s, {}}, {false, 3s, {}}, {true, {}, {}}};
  Start('x', Lane::kBackfill);
  Advance(1s);
  EXPECT_EQ(waits_.BackfillWaitsFor(), "");
  Advance(1s);
  EXPECT_EQ(waits_.BackfillWaitsFor(), "jira_points");
  Advance(3s);
  EXPECT_EQ(passed_, "x");
  EXPECT_EQ(waits_.BackfillWaitsFor(), "");
}

TEST(BrevoShares, read_back_may_use_what_polls_and_probes_may_not) {
  using brevo::Family;
  EXPECT_EQ(BrevoShare(Family::kOther, brevo::Lane::kUrgent).left_to_others, 0);
  EXPECT_GT(BrevoShare(Family::kOther, brevo::Lane::kLive).left_to_others, 0);
  EXPECT_GT(BrevoShare(Family::kOther, brevo::Lane::kBackfill).left_to_others,
            BrevoShare(Family::kOther, brevo::Lane::kLive).left_to_others);
}

TEST(Paces, keep_below_the_limit_but_use_95_percent_of_it) {
  for (const double calls : {10.0, 20.0, 60.0}) {
    const store::Pace pace = BrevoPace({calls, std::chrono::seconds(1)});
    EXPECT_GE(pace.per_second, calls * 0.95);
    // As many calls as the limit allows, and one more, don't fit into a second even if the first is late.
    EXPECT_GT(calls / pace.per_second, 1 + base::InSeconds(pace.lateness));
  }
  const jira::Call search{"search/jql", net::Method::kPost, 101, jira::Lane::kLive};
  const store::Pace burst = JiraPace(search);
  EXPECT_GE(burst.per_second, 95);
  EXPECT_LT(burst.per_second * base::InSeconds(burst.credit + burst.lateness), 100);
}

TEST(BrevoAccounts, are_known_by_their_organization_or_else_by_the_key) {
  EXPECT_EQ(BrevoAccountKey("org-1", "xkeysib-a"), BrevoAccountKey("org-1", "xkeysib-b"));
  EXPECT_NE(BrevoAccountKey("", "xkeysib-a"), BrevoAccountKey("", "xkeysib-b"));
  EXPECT_EQ(BrevoAccountKey("", "xkeysib-a").find("xkeysib"), std::string::npos);
}

}  // namespace
}  // namespace tajo::access
