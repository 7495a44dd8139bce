#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "common/base/secret.h"
#include "tajo/jira/v1/connector.pb.h"

namespace tajo::cli {

namespace v1 = ::tajo::jira::v1;

struct GatewaySettings {
  std::string address = "127.0.0.1:50051";
  base::Secret token;
  std::string ca_cert;    // PEM file; empty: the system's
  bool insecure = false;  // plaintext: loopback only
};

// The gateway, call by call. Everything blocks; errors carry the gateway's reason, and a message that
// holds its remedy.
class Gateway {
 public:
  // CONFIG_INVALID where the settings can't be used; it doesn't connect yet.
  static absl::StatusOr<std::unique_ptr<Gateway>> Open(const GatewaySettings& settings);
  ~Gateway();

  absl::StatusOr<v1::ConnectResponse> Connect(const v1::ConnectRequest& request);
  absl::StatusOr<v1::BeginAuthorizationResponse> BeginAuthorization(const v1::BeginAuthorizationRequest& request);
  absl::StatusOr<v1::CompleteAuthorizationResponse> CompleteAuthorization(
      const v1::CompleteAuthorizationRequest& request);
  absl::StatusOr<v1::Connection> GetConnection(const v1::GetConnectionRequest& request);
  absl::StatusOr<v1::ListConnectionsResponse> ListConnections(const v1::ListConnectionsRequest& request);
  absl::StatusOr<v1::Connection> UpdateConnection(const v1::UpdateConnectionRequest& request);
  absl::StatusOr<v1::DisconnectResponse> Disconnect(const v1::DisconnectRequest& request);
  absl::StatusOr<v1::TestConnectionResponse> TestConnection(const v1::TestConnectionRequest& request);
  absl::StatusOr<v1::Sync> StartSync(const v1::StartSyncRequest& request);
  absl::StatusOr<v1::Sync> CancelSync(const v1::CancelSyncRequest& request);
  absl::StatusOr<v1::Status> GetStatus(const v1::GetStatusRequest& request);
  absl::StatusOr<v1::QueryResponse> Query(const v1::QueryRequest& request);
  absl::StatusOr<v1::CreateIssueResponse> CreateIssue(const v1::CreateIssueRequest& request);
  absl::StatusOr<v1::GetCapacityResponse> GetCapacity(const v1::GetCapacityRequest& request);
  absl::StatusOr<v1::PreviewMappingResponse> PreviewMapping(const v1::PreviewMappingRequest& request);
  absl::StatusOr<v1::ListDeadLettersResponse> ListDeadLetters(const v1::ListDeadLettersRequest& request);
  absl::StatusOr<v1::ReplayDeadLettersResponse> ReplayDeadLetters(const v1::ReplayDeadLettersRequest& request);
  absl::StatusOr<v1::TraceIssueResponse> TraceIssue(const v1::TraceIssueRequest& request);
  absl::StatusOr<v1::ForgetContactResponse> ForgetContact(const v1::ForgetContactRequest& request);

  // Shows each state of the sync and returns its last. A gateway that goes away is looked for again
  // until it was silent for `patience`.
  absl::StatusOr<v1::Sync> WatchSync(const v1::GetSyncRequest& request,
                                     const std::function<void(const v1::Sync&)>& show,
                                     std::chrono::milliseconds patience);

 private:
  struct Wire;
  explicit Gateway(std::unique_ptr<Wire> wire);
  template <class Response, class Method, class Request>
  absl::StatusOr<Response> Call(Method method, const Request& request);

  std::unique_ptr<Wire> wire_;
};

// "localhost:50051", "127.0.0.1:1", "[::1]:1", "unix:/run/tajo".
bool IsLoopbackAddress(const std::string& address);
bool HasEnded(v1::SyncState state);

}  // namespace tajo::cli
