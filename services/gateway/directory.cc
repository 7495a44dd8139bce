#include "services/gateway/directory.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "common/base/error.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::gateway {
namespace {

namespace v1 = ::tajo::jira::v1;

absl::Status NotFound(const std::string& id) {
  return base::FieldError(v1::CONNECTION_NOT_FOUND, "connection.connection_id",
                          fmt::format("there is no connection {}; list the tenant's connections", id));
}

bool IsConnectionId(const std::string& id) {
  return id.size() > 2 && id.size() <= 64 && id.starts_with("c_") &&
         std::all_of(id.begin() + 2, id.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z'); });
}

}  // namespace

base::Task<absl::StatusOr<store::ConnectionRecord>> FindConnection(store::Connections& connections, Caller caller,
                                                                   v1::ConnectionRef ref) {
  std::string tenant;
  if (!ref.tenant_id().empty() || ref.connection_id().empty()) {
    TAJO_CO_ASSIGN_OR_RETURN(tenant, caller.Tenant(ref.tenant_id()));
  }
  if (!ref.connection_id().empty()) {
    const std::string& id = ref.connection_id();
    if (!IsConnectionId(id)) {
      co_return base::FieldError(v1::REQUEST_INVALID, "connection.connection_id",
                                 "connection_id isn't one: expected c_ and letters and digits");
    }
    auto record = co_await connections.Get(id);
    if (!record.ok()) {
      if (base::ReasonOf(record.status()) == v1::CONNECTION_NOT_FOUND) co_return NotFound(id);
      co_return record.status();
    }
    const bool named = tenant.empty() || record->tenant_id == tenant;
    if (!named || !caller.MayUse(record->tenant_id)) co_return NotFound(id);
    co_return record;
  }
  TAJO_CO_ASSIGN_OR_RETURN(std::vector<std::string> ids, co_await connections.OfTenant(tenant));
  if (ids.empty()) {
    co_return base::Error(v1::CONNECTION_NOT_FOUND, "the tenant has no connection to Jira: connect first");
  }
  if (ids.size() > 1) {
    co_return base::FieldError(v1::CONNECTION_AMBIGUOUS, "connection.connection_id",
                               fmt::format("the tenant has several connections: name one of {}", fmt::join(ids, ", ")));
  }
  std::string id = std::move(ids.front());
  co_return co_await connections.Get(std::move(id));
}

}  // namespace tajo::gateway
