#include "common/jira/connection.h"

#include <utility>

#include "common/base/error.h"
#include "common/jira/errors.h"
#include "common/retry/retry.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::jira {

RetryingConnection::RetryingConnection(net::HttpClient& http, Authorizer& authorizer, Governor& governor,
                                       base::Clock& clock, base::Random& random, ConnectionOptions options,
                                       Observer* observer)
    : http_(http),
      authorizer_(authorizer),
      governor_(governor),
      clock_(clock),
      random_(random),
      options_(options),
      observer_(observer) {}

base::Task<absl::StatusOr<net::HttpResponse>> RetryingConnection::Send(Request request) {
  retry::RetryPolicy policy;
  policy.max_attempts = options_.max_attempts;
  // The attempts and their time-outs bound it; waits in the governor must not count.
  policy.max_elapsed = std::chrono::hours(24);
  policy.max_quota_wait = options_.max_quota_wait;
  bool renewed = false;
  auto once = [this, &request, &renewed] { return Once(request, renewed); };
  auto task = retry::Retry(clock_, random_, std::move(policy), request.idempotency, request.call.endpoint, once);
  co_return co_await std::move(task);
}

base::Task<absl::StatusOr<net::HttpResponse>> RetryingConnection::Once(const Request& request, bool& renewed) {
  while (true) {
    TAJO_CO_RETURN_IF_ERROR(co_await governor_.Acquire(request.call));
    auto authorization = co_await authorizer_.Current();
    if (!authorization.ok()) co_return authorization.status();
    auto response = co_await Exchange(request, *authorization);
    if (!response.ok()) co_return response.status();
    if (response->Succeeded()) co_return *std::move(response);

    const base::WallTime now = clock_.Now();
    absl::Status error = request.dialect == ErrorDialect::kSearch
                             ? SearchErrorFrom(*response, request.call.endpoint, now)
                             : ErrorFrom(*response, request.call.endpoint, now);
    if (base::ReasonOf(error) != v1::JIRA_AUTHENTICATION_FAILED || renewed) co_return error;
    // Refused before it was looked at: also what isn't idempotent may go again.
    renewed = true;
    TAJO_CO_RETURN_IF_ERROR(co_await authorizer_.Renew(*authorization));
  }
}

base::Task<absl::StatusOr<net::HttpResponse>> RetryingConnection::Exchange(const Request& request,
                                                                           const Authorization& authorization) {
  net::HttpRequest http;
  http.method = request.call.method;
  http.url = authorization.base_url + request.path;
  http.headers.Add("Authorization", authorization.header);
  http.headers.Add("Accept", "application/json");
  if (!request.body.empty()) http.headers.Add("Content-Type", "application/json");
  http.body = request.body;
  http.timeout = options_.timeout;

  const base::MonotonicTime start = clock_.Monotonic();
  auto response = co_await http_.Send(std::move(http));
  CallReport report{request.call.endpoint, request.call.method, 0, clock_.Monotonic() - start, 0};
  if (response.ok()) {
    report.status = response->status;
    report.bytes = response->body.size();
    co_await governor_.Observe(request.call, response->status, response->headers);
  }
  if (observer_ != nullptr) observer_->OnCall(report);
  co_return response;
}

}  // namespace tajo::jira
