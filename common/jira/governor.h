#pragma once

#include <string_view>

#include "absl/status/status.h"
#include "common/base/task.h"
#include "common/net/http_client.h"

namespace tajo::jira {

// Live work goes before backfill.
enum class Lane { kLive, kBackfill };

// A call as the limits count it. Bursts are counted per site + endpoint + method.
struct Call {
  std::string_view endpoint;  // "search/jql", "issue/{id}/comment": a static string
  net::Method method = net::Method::kGet;
  int cost_estimate = 1;  // points: 1 and one for each object that is read; a write is 1
  Lane lane = Lane::kLive;
};

// Says when a call may go out. Waiting here spends no attempt.
class Governor {
 public:
  virtual ~Governor() = default;
  // Returns when the call may go. An error means: don't send.
  virtual base::Task<absl::Status> Acquire(const Call& call) = 0;
  // After an answer, whatever its status: its headers correct what is known of the limits.
  virtual base::Task<void> Observe(const Call& call, int status, const net::Headers& headers) = 0;
  // A call cost so many points more than was estimated (less: negative).
  virtual void Settle(int more) = 0;
};

// Never waits.
class NoLimit final : public Governor {
 public:
  base::Task<absl::Status> Acquire(const Call&) override { co_return absl::OkStatus(); }
  base::Task<void> Observe(const Call&, int, const net::Headers&) override { co_return; }
  void Settle(int) override {}
};

}  // namespace tajo::jira
