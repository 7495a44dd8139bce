#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>

#include "common/base/clock.h"
#include "common/jira/governor.h"
#include "common/retry/limiter.h"

namespace tajo::jira {

// Limits of one site as this process alone sees them: a token bucket per endpoint + method, and a
// pause of all calls when the points of the hour are spent. Used from one loop; `clock` outlives it.
class LocalGovernor final : public Governor {
 public:
  explicit LocalGovernor(base::Clock& clock);
  ~LocalGovernor() override;

  base::Task<absl::Status> Acquire(const Call& call) override;
  void Observe(const Call& call, int status, const net::Headers& headers) override;

  // Zero unless all calls wait for their quota.
  base::Duration PausedFor() const;

 private:
  retry::Limiter& Bucket(const Call& call);

  base::Clock& clock_;
  base::MonotonicTime all_paused_until_{};
  std::map<std::pair<std::string, net::Method>, std::unique_ptr<retry::Limiter>, std::less<>> buckets_;
};

}  // namespace tajo::jira
