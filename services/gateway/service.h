#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "services/gateway/call.h"
#include "services/gateway/caller.h"
#include "tajo/jira/v1/connector.grpc.pb.h"

namespace tajo::gateway {

// The gRPC face: who calls, may they, and on which loop; the work is in the shards. What it is given
// outlives it.
class Service final : public jira::v1::JiraConnector::CallbackService {
 public:
  Service(std::vector<Shard*> shards, const AccessSource& access, Instruments& instruments)
      : shards_(std::move(shards)), access_(access), instruments_(instruments) {}

  // Streams end with UNAVAILABLE ("watch again"), so that a drain doesn't wait for them.
  void EndStreams() { draining_.store(true, std::memory_order_release); }

  grpc::ServerUnaryReactor* Connect(grpc::CallbackServerContext* context, const jira::v1::ConnectRequest* request,
                                    jira::v1::ConnectResponse* response) override;
  grpc::ServerUnaryReactor* BeginAuthorization(grpc::CallbackServerContext* context,
                                               const jira::v1::BeginAuthorizationRequest* request,
                                               jira::v1::BeginAuthorizationResponse* response) override;
  grpc::ServerUnaryReactor* CompleteAuthorization(grpc::CallbackServerContext* context,
                                                  const jira::v1::CompleteAuthorizationRequest* request,
                                                  jira::v1::CompleteAuthorizationResponse* response) override;
  grpc::ServerUnaryReactor* GetConnection(grpc::CallbackServerContext* context,
                                          const jira::v1::GetConnectionRequest* request,
                                          jira::v1::Connection* response) override;
  grpc::ServerUnaryReactor* ListConnections(grpc::CallbackServerContext* context,
                                            const jira::v1::ListConnectionsRequest* request,
                                            jira::v1::ListConnectionsResponse* response) override;
  grpc::ServerUnaryReactor* UpdateConnection(grpc::CallbackServerContext* context,
                                             const jira::v1::UpdateConnectionRequest* request,
                                             jira::v1::Connection* response) override;
  grpc::ServerUnaryReactor* Disconnect(grpc::CallbackServerContext* context, const jira::v1::DisconnectRequest* request,
                                       jira::v1::DisconnectResponse* response) override;
  grpc::ServerUnaryReactor* TestConnection(grpc::CallbackServerContext* context,
                                           const jira::v1::TestConnectionRequest* request,
                                           jira::v1::TestConnectionResponse* response) override;
  grpc::ServerUnaryReactor* StartSync(grpc::CallbackServerContext* context, const jira::v1::StartSyncRequest* request,
                                      jira::v1::Sync* response) override;
  grpc::ServerUnaryReactor* GetSync(grpc::CallbackServerContext* context, const jira::v1::GetSyncRequest* request,
                                    jira::v1::Sync* response) override;
  grpc::ServerWriteReactor<jira::v1::Sync>* WatchSync(grpc::CallbackServerContext* context,
                                                      const jira::v1::GetSyncRequest* request) override;
  grpc::ServerUnaryReactor* CancelSync(grpc::CallbackServerContext* context, const jira::v1::CancelSyncRequest* request,
                                       jira::v1::Sync* response) override;
  grpc::ServerUnaryReactor* GetStatus(grpc::CallbackServerContext* context, const jira::v1::GetStatusRequest* request,
                                      jira::v1::Status* response) override;
  grpc::ServerUnaryReactor* HandleWebhook(grpc::CallbackServerContext* context,
                                          const jira::v1::HandleWebhookRequest* request,
                                          jira::v1::HandleWebhookResponse* response) override;
  grpc::ServerUnaryReactor* Query(grpc::CallbackServerContext* context, const jira::v1::QueryRequest* request,
                                  jira::v1::QueryResponse* response) override;
  grpc::ServerUnaryReactor* CreateIssue(grpc::CallbackServerContext* context,
                                        const jira::v1::CreateIssueRequest* request,
                                        jira::v1::CreateIssueResponse* response) override;
  grpc::ServerUnaryReactor* GetCapacity(grpc::CallbackServerContext* context,
                                        const jira::v1::GetCapacityRequest* request,
                                        jira::v1::GetCapacityResponse* response) override;
  grpc::ServerUnaryReactor* PreviewMapping(grpc::CallbackServerContext* context,
                                           const jira::v1::PreviewMappingRequest* request,
                                           jira::v1::PreviewMappingResponse* response) override;
  grpc::ServerUnaryReactor* ListDeadLetters(grpc::CallbackServerContext* context,
                                            const jira::v1::ListDeadLettersRequest* request,
                                            jira::v1::ListDeadLettersResponse* response) override;
  grpc::ServerUnaryReactor* ReplayDeadLetters(grpc::CallbackServerContext* context,
                                              const jira::v1::ReplayDeadLettersRequest* request,
                                              jira::v1::ReplayDeadLettersResponse* response) override;
  grpc::ServerUnaryReactor* TraceIssue(grpc::CallbackServerContext* context, const jira::v1::TraceIssueRequest* request,
                                       jira::v1::TraceIssueResponse* response) override;
  grpc::ServerUnaryReactor* ForgetContact(grpc::CallbackServerContext* context,
                                          const jira::v1::ForgetContactRequest* request,
                                          jira::v1::ForgetContactResponse* response) override;

 private:
  absl::StatusOr<Caller> Admit(grpc::CallbackServerContext* context, Access needed) const;
  CallContext NextContext(const char* method);
  template <class Response, class Method>
  grpc::ServerUnaryReactor* Unary(grpc::CallbackServerContext* context, const char* name, Access needed,
                                  Response* response, Method method);

  const std::vector<Shard*> shards_;
  const AccessSource& access_;
  Instruments& instruments_;
  std::atomic<std::size_t> next_{0};
  std::atomic<bool> draining_{false};
};

}  // namespace tajo::gateway
