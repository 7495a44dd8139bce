#include "services/sync-worker/lease_guard.h"

#include <utility>

#include "common/base/error.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::worker {

base::Task<absl::StatusOr<net::HttpResponse>> LeasedHttpClient::Send(net::HttpRequest request) {
  if (guard_.Remaining() <= request.timeout) {
    co_return base::Error(jira::v1::LEASE_LOST, "the lease ends before this call could: nothing was sent");
  }
  co_return co_await inner_.Send(std::move(request));
}

base::Task<absl::StatusOr<net::HttpResponse>> OutlastingHttpClient::Send(net::HttpRequest request) {
  if (note_ && request.method == net::Method::kPost) TAJO_CO_RETURN_IF_ERROR(co_await note_());
  if (guard_.Remaining() <= base::Duration::zero()) {
    co_return base::Error(jira::v1::LEASE_LOST, "the lease is over: nothing was sent");
  }
  co_return co_await inner_.Send(std::move(request));
}

}  // namespace tajo::worker
