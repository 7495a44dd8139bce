#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "common/access/quota_queue.h"
#include "common/base/clock.h"
#include "common/jira/governor.h"
#include "common/redis/client.h"
#include "common/store/shared_pace.h"
#include "common/store/shared_points.h"

namespace tajo::access {

// How Jira's bursts are kept: its own buckets hold a second's calls, so a part of these may go at once.
store::Pace JiraPace(const jira::Call& call);

// The bursts of one Jira site, per endpoint and method, over all apps and tokens of ours: paces in
// "tajo:{site:<site>}:<method> <endpoint>".
class JiraBursts {
 public:
  JiraBursts(redis::Client& redis, base::Clock& clock, std::string site);

  base::Task<absl::Status> Acquire(jira::Call call, QuotaWaits& waits);
  base::Task<void> Pause(jira::Call call, std::chrono::milliseconds duration);

 private:
  struct Burst {
    Burst(redis::Client& redis, base::Clock& clock, std::string key, const jira::Call& call)
        : pace(redis, clock, std::move(key), JiraPace(call)), queue("jira_burst") {}
    store::SharedPace pace;
    QuotaQueue queue;
  };
  Burst& Of(const jira::Call& call);

  redis::Client& redis_;
  base::Clock& clock_;
  std::string prefix_;
  std::map<std::pair<std::string, net::Method>, std::unique_ptr<Burst>> bursts_;
};

// The limits of one connection's access to Jira.
class JiraGovernor final : public jira::Governor {
 public:
  struct Parts {
    base::Clock& clock;
    std::shared_ptr<JiraBursts> bursts;
    std::shared_ptr<store::SharedPoints> points;  // null: an API token, which has none to pay
    std::string app;
    std::string site;
    std::string connection;
    QuotaObserver* observer = nullptr;
  };
  explicit JiraGovernor(Parts parts);

  base::Task<absl::Status> Acquire(const jira::Call& call) override;
  base::Task<void> Observe(const jira::Call& call, int status, const net::Headers& headers) override;
  void Settle(int more) override;

  void Close() { waits_.Close(); }
  std::string_view BackfillWaitsFor() const { return waits_.BackfillWaitsFor(); }

 private:
  base::Task<absl::Status> AcquirePoints(jira::Call call);

  Parts parts_;
  QuotaWaits waits_;
  QuotaQueue queue_{"jira_points"};
};

}  // namespace tajo::access
