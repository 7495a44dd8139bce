#include "services/sync-worker/lease_guard.h"

#include <gtest/gtest.h>

#include "common/base/error.h"
#include "tajo/jira/v1/error.pb.h"
#include "tests/support/fake_clock.h"
#include "tests/support/run_task.h"

namespace tajo::worker {
namespace {

class CountingHttp final : public net::HttpClient {
 public:
  base::Task<absl::StatusOr<net::HttpResponse>> Send(net::HttpRequest) override {
    ++sent;
    net::HttpResponse response;
    response.status = 202;
    co_return response;
  }
  int sent = 0;
};

class LeaseGuardTest : public ::testing::Test {
 protected:
  LeaseGuardTest() { guard_.Extend(clock_.Monotonic(), std::chrono::seconds(10)); }

  // What comes of a POST that may take a minute, whose note costs so long.
  base::Reason Import(base::Duration note_takes = {}, absl::Status noted = absl::OkStatus()) {
    OutlastingHttpClient client(http_, guard_, [this, note_takes, noted]() -> base::Task<absl::Status> {
      ++notes_;
      clock_.Advance(note_takes);
      co_return noted;
    });
    return Outcome(client, net::Method::kPost);
  }
  base::Reason Outcome(net::HttpClient& client, net::Method method) {
    net::HttpRequest request;
    request.method = method;
    request.timeout = std::chrono::seconds(60);
    return base::ReasonOf(testing::RunTask(context_, client.Send(std::move(request))).status());
  }

  boost::asio::io_context context_;
  testing::FakeClock clock_;
  LeaseGuard guard_{clock_};
  CountingHttp http_;
  int notes_ = 0;
};

TEST_F(LeaseGuardTest, CallThatMayOutlastTheLease_IsntSent) {
  LeasedHttpClient client(http_, guard_);
  EXPECT_EQ(Outcome(client, net::Method::kPost), jira::v1::LEASE_LOST);
  EXPECT_EQ(http_.sent, 0);
}

TEST_F(LeaseGuardTest, ImportWhileTheLeaseIsOurs_IsNotedAndSent) {
  EXPECT_EQ(Import(), jira::v1::ERROR_REASON_UNSPECIFIED);
  EXPECT_EQ(notes_, 1);
  EXPECT_EQ(http_.sent, 1);
}

// Jira's calls may wait for hours for their points, and leave when another worker owns the connection.
TEST_F(LeaseGuardTest, CallThatMayOutlastTheLease_IsSentOnlyBeforeItsEnd) {
  OutlastingHttpClient client(http_, guard_);
  EXPECT_EQ(Outcome(client, net::Method::kPost), jira::v1::ERROR_REASON_UNSPECIFIED);
  clock_.Advance(std::chrono::seconds(10));
  EXPECT_EQ(Outcome(client, net::Method::kGet), jira::v1::LEASE_LOST);
  EXPECT_EQ(http_.sent, 1);
}

TEST_F(LeaseGuardTest, ImportAfterTheLease_IsntSent) {
  clock_.Advance(std::chrono::seconds(10));
  EXPECT_EQ(Import(), jira::v1::LEASE_LOST);
  EXPECT_EQ(http_.sent, 0);
}

TEST_F(LeaseGuardTest, ImportWhoseLeaseEndsWhileItIsNoted_IsntSent) {
  EXPECT_EQ(Import(std::chrono::seconds(11)), jira::v1::LEASE_LOST);
  EXPECT_EQ(http_.sent, 0);
}

TEST_F(LeaseGuardTest, ImportThatCantBeNoted_IsntSent) {
  EXPECT_EQ(Import({}, base::Error(jira::v1::REDIS_UNAVAILABLE, "away")), jira::v1::REDIS_UNAVAILABLE);
  EXPECT_EQ(http_.sent, 0);
}

}  // namespace
}  // namespace tajo::worker
