#pragma once

#include <functional>
#include <utility>

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

// For calls whose answers may outlast the lease, Jira's and imports: lets a request out while the lease is ours,
// however long its answer takes. `note`, if any, is called right before each POST, to leave word of it to the
// next owner; if that fails, or the lease is over by then, nothing is sent.
class OutlastingHttpClient final : public net::HttpClient {
 public:
  using Note = std::function<base::Task<absl::Status>()>;
  OutlastingHttpClient(net::HttpClient& inner, const LeaseGuard& guard, Note note = {})
      : inner_(inner), guard_(guard), note_(std::move(note)) {}
  base::Task<absl::StatusOr<net::HttpResponse>> Send(net::HttpRequest request) override;

 private:
  net::HttpClient& inner_;
  const LeaseGuard& guard_;
  Note note_;
};

}  // namespace tajo::worker
