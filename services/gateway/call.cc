#include "services/gateway/call.h"

#include <boost/system/system_error.hpp>
#include <string>

#include "common/base/error.h"
#include "services/gateway/error_details.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::gateway {

// absl's codes are gRPC's, number by number.
grpc::Status ToGrpc(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  return grpc::Status(static_cast<grpc::StatusCode>(status.code()), ErrorText(status), ErrorDetails(status));
}

grpc::Status CancelledStatus(bool took_too_long) {
  if (!took_too_long) return grpc::Status(grpc::StatusCode::CANCELLED, "the call was cancelled");
  return grpc::Status(grpc::StatusCode::DEADLINE_EXCEEDED,
                      "the call took longer than two minutes: Jira or Brevo is slow or limits us; try again later");
}

grpc::Status FailureOf(const std::exception_ptr& error, bool cancelled, bool took_too_long, telemetry::Logger& log) {
  if (cancelled) return CancelledStatus(took_too_long);
  std::string what = "unknown";
  try {
    std::rethrow_exception(error);
  } catch (const std::exception& thrown) {
    what = thrown.what();
  } catch (...) {
  }
  log.Error("a call failed by an exception", {{"error", what}});
  return ToGrpc(base::Error(jira::v1::INTERNAL, "the gateway failed; its log says why"));
}

const char* CodeName(grpc::StatusCode code) {
  constexpr const char* kNames[] = {
      "OK",        "CANCELLED",      "UNKNOWN",           "INVALID_ARGUMENT",   "DEADLINE_EXCEEDED",
      "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION",
      "ABORTED",   "OUT_OF_RANGE",   "UNIMPLEMENTED",     "INTERNAL",           "UNAVAILABLE",
      "DATA_LOSS", "UNAUTHENTICATED"};
  const auto index = static_cast<std::size_t>(code);
  return index < std::size(kNames) ? kNames[index] : "UNKNOWN";
}

}  // namespace tajo::gateway
