#include "services/gateway/inspection.h"

#include "common/base/error.h"
#include "common/store/overview.h"
#include "services/gateway/directory.h"
#include "services/gateway/render.h"

namespace tajo::gateway {

namespace v1 = ::tajo::jira::v1;

base::Task<absl::StatusOr<v1::Status>> InspectionCalls::Status(Caller caller, v1::GetStatusRequest request) {
  TAJO_CO_ASSIGN_OR_RETURN(const store::ConnectionRecord record,
                           co_await FindConnection(backend_.connections, caller, request.connection()));
  TAJO_CO_ASSIGN_OR_RETURN(const store::ConnectionOverview overview,
                           co_await store::ReadOverview(backend_.redis, record.connection_id));
  co_return ShowStatus(record, overview, backend_.options.public_url);
}

}  // namespace tajo::gateway
