#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "common/base/clock.h"
#include "common/base/random.h"
#include "common/base/task.h"
#include "common/jira/auth.h"
#include "common/jira/governor.h"
#include "common/jira/observer.h"
#include "common/net/http_client.h"
#include "common/retry/policy.h"

namespace tajo::jira {

// A 400 of a search is about its JQL.
enum class ErrorDialect { kPlain, kSearch };

struct Request {
  Call call;
  std::string path;  // "/rest/api/3/myself?..."; encoded
  std::string body;  // JSON; sent if not empty
  retry::Idempotency idempotency = retry::Idempotency::kIdempotent;
  ErrorDialect dialect = ErrorDialect::kPlain;
};

// The middle ring: sends a request until it is answered with a 2xx or can't be.
class Connection {
 public:
  virtual ~Connection() = default;
  virtual base::Task<absl::StatusOr<net::HttpResponse>> Send(Request request) = 0;
  // What was sent gave so many objects more than its cost had been estimated with (fewer: negative).
  virtual void Settle(int more) = 0;
};

struct ConnectionOptions {
  std::chrono::milliseconds timeout{30'000};  // of one exchange
  int max_attempts = 4;                       // of what may be repeated
  base::Duration max_quota_wait = std::chrono::hours(2);
};

// Waits for the governor before each try, retries what is idempotent, waits out 429 without spending
// an attempt, and renews the authorization once after a 401. A 401 that names a missing scope is
// JIRA_SCOPE_MISSING and renews nothing.
// All that it is given outlives it; `observer` may be null. Used from one loop; calls may overlap.
class RetryingConnection final : public Connection {
 public:
  RetryingConnection(net::HttpClient& http, Authorizer& authorizer, Governor& governor, base::Clock& clock,
                     base::Random& random, ConnectionOptions options = {}, Observer* observer = nullptr);

  base::Task<absl::StatusOr<net::HttpResponse>> Send(Request request) override;
  void Settle(int more) override { governor_.Settle(more); }

 private:
  // One HTTP exchange; any answer is a success.
  base::Task<absl::StatusOr<net::HttpResponse>> Exchange(const Request& request, const Authorization& authorization);
  base::Task<absl::StatusOr<net::HttpResponse>> Once(const Request& request, bool& renewed);

  net::HttpClient& http_;
  Authorizer& authorizer_;
  Governor& governor_;
  base::Clock& clock_;
  base::Random& random_;
  ConnectionOptions options_;
  Observer* observer_;
};

}  // namespace tajo::jira
