#pragma once

#include "common/base/clock.h"
#include "common/net/http_client.h"

namespace tajo::worker {

// Until when this process surely owns a connection, by a clock that also runs while it is suspended.
class LeaseGuard {
 public:
  explicit LeaseGuard(const base::Clock& clock) : clock_(clock) {}

  // A renewal asked for at `asked` was granted for `ttl`.
  void Extend(base::MonotonicTime asked, base::Duration ttl) { valid_until_ = asked + ttl; }
  void Lose() { valid_until_ = {}; }
  base::Duration Remaining() const { return valid_until_ - clock_.Monotonic(); }

 private:
  const base::Clock& clock_;
  base::MonotonicTime valid_until_{};
};

// Lets a request out only if the lease outlives its time-out: Brevo can't compare leases, so a call
// must have ended before another worker can own the connection. Else LEASE_LOST, and nothing is sent.
class LeasedHttpClient final : public net::HttpClient {
 public:
  LeasedHttpClient(net::HttpClient& inner, const LeaseGuard& guard) : inner_(inner), guard_(guard) {}
  base::Task<absl::StatusOr<net::HttpResponse>> Send(net::HttpRequest request) override;

 private:
  net::HttpClient& inner_;
  const LeaseGuard& guard_;
};

}  // namespace tajo::worker
