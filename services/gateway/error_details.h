#pragma once

#include <string>

#include "absl/status/status.h"

namespace tajo::gateway {

// What a gRPC status carries in `grpc-status-details-bin`: a google.rpc.Status, serialized, whose one
// detail is a google.protobuf.Any of type.googleapis.com/tajo.jira.v1.ErrorDetail. That is what
// google::rpc tooling in every language decodes.
std::string ErrorDetails(const absl::Status& status);

// The status' text as it may travel: in headers, so not longer than 1,500 bytes.
std::string ErrorText(const absl::Status& status);

}  // namespace tajo::gateway
