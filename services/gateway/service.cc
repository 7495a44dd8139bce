#include "services/gateway/service.h"

#include <string_view>
#include <utility>

#include "common/base/error.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::gateway {
namespace {

namespace v1 = ::tajo::jira::v1;
using Context = grpc::CallbackServerContext;
using Reactor = grpc::ServerUnaryReactor;

constexpr char kAuthorization[] = "authorization";

template <class Response>
base::Task<absl::StatusOr<Response>> Refuse(absl::Status status) {
  co_return status;
}

base::Task<absl::Status> RefuseStream(absl::Status status) {
  co_return status;
}

}  // namespace

absl::StatusOr<Caller> Service::Admit(Context* context, Access needed) const {
  const auto& metadata = context->client_metadata();
  const auto found = metadata.find(kAuthorization);
  const std::string_view sent =
      found == metadata.end() ? std::string_view() : std::string_view(found->second.data(), found->second.size());
  TAJO_ASSIGN_OR_RETURN(Caller caller, access_.Get()->Authenticate(sent));
  if (needed == Access::kWrite && caller.access != Access::kWrite) {
    return base::Error(v1::PERMISSION_DENIED, "the token may only read: use one with `access: write`");
  }
  return caller;
}

// In turn: a connection's calls need no order among themselves.
CallContext Service::NextContext(const char* method) {
  Shard& shard = *shards_[next_.fetch_add(1, std::memory_order_relaxed) % shards_.size()];
  return {shard, method, instruments_};
}

template <class Response, class Method>
Reactor* Service::Unary(Context* context, const char* name, Access needed, Response* response, Method method) {
  CallContext call = NextContext(name);
  auto caller = Admit(context, needed);
  auto task = caller.ok() ? method(call.shard, *std::move(caller)) : Refuse<Response>(caller.status());
  return new UnaryCall<Response>(std::move(call), std::move(task), response);
}

Reactor* Service::Connect(Context* context, const v1::ConnectRequest* request, v1::ConnectResponse* response) {
  return Unary(context, "Connect", Access::kWrite, response, [request](Shard& shard, Caller caller) {
    return shard.connections.Connect(std::move(caller), *request);
  });
}

Reactor* Service::BeginAuthorization(Context* context, const v1::BeginAuthorizationRequest* request,
                                     v1::BeginAuthorizationResponse* response) {
  return Unary(context, "BeginAuthorization", Access::kWrite, response, [request](Shard& shard, Caller caller) {
    return shard.authorization.Begin(std::move(caller), *request);
  });
}

Reactor* Service::CompleteAuthorization(Context* context, const v1::CompleteAuthorizationRequest* request,
                                        v1::CompleteAuthorizationResponse* response) {
  return Unary(context, "CompleteAuthorization", Access::kWrite, response, [request](Shard& shard, Caller caller) {
    return shard.authorization.Complete(std::move(caller), *request);
  });
}

Reactor* Service::GetConnection(Context* context, const v1::GetConnectionRequest* request, v1::Connection* response) {
  return Unary(context, "GetConnection", Access::kRead, response,
               [request](Shard& shard, Caller caller) { return shard.connections.Get(std::move(caller), *request); });
}

Reactor* Service::ListConnections(Context* context, const v1::ListConnectionsRequest* request,
                                  v1::ListConnectionsResponse* response) {
  return Unary(context, "ListConnections", Access::kRead, response,
               [request](Shard& shard, Caller caller) { return shard.connections.List(std::move(caller), *request); });
}

Reactor* Service::UpdateConnection(Context* context, const v1::UpdateConnectionRequest* request,
                                   v1::Connection* response) {
  return Unary(context, "UpdateConnection", Access::kWrite, response,
               [request](Shard& shard, Caller caller) { return shard.updating.Run(std::move(caller), *request); });
}

Reactor* Service::Disconnect(Context* context, const v1::DisconnectRequest* request, v1::DisconnectResponse* response) {
  return Unary(context, "Disconnect", Access::kWrite, response,
               [request](Shard& shard, Caller caller) { return shard.disconnecting.Run(std::move(caller), *request); });
}

Reactor* Service::TestConnection(Context* context, const v1::TestConnectionRequest* request,
                                 v1::TestConnectionResponse* response) {
  return Unary(context, "TestConnection", Access::kRead, response,
               [request](Shard& shard, Caller caller) { return shard.checks.Test(std::move(caller), *request); });
}

Reactor* Service::StartSync(Context* context, const v1::StartSyncRequest* request, v1::Sync* response) {
  return Unary(context, "StartSync", Access::kWrite, response,
               [request](Shard& shard, Caller caller) { return shard.syncs.Start(std::move(caller), *request); });
}

Reactor* Service::GetSync(Context* context, const v1::GetSyncRequest* request, v1::Sync* response) {
  return Unary(context, "GetSync", Access::kRead, response,
               [request](Shard& shard, Caller caller) { return shard.syncs.Get(std::move(caller), *request); });
}

grpc::ServerWriteReactor<v1::Sync>* Service::WatchSync(Context* context, const v1::GetSyncRequest* request) {
  using Call = StreamCall<v1::Sync>;
  CallContext call = NextContext("WatchSync");
  Shard& shard = call.shard;
  auto caller = Admit(context, Access::kRead);
  Call::Work work;
  if (caller.ok()) {
    work = [this, &shard, who = *std::move(caller), wanted = *request](Call::Send send) {
      return shard.syncs.Watch(who, wanted, std::move(send), draining_);
    };
  } else {
    work = [status = caller.status()](const Call::Send&) { return RefuseStream(status); };
  }
  return new Call(std::move(call), std::move(work));
}

Reactor* Service::CancelSync(Context* context, const v1::CancelSyncRequest* request, v1::Sync* response) {
  return Unary(context, "CancelSync", Access::kWrite, response,
               [request](Shard& shard, Caller caller) { return shard.syncs.Cancel(std::move(caller), *request); });
}

Reactor* Service::GetStatus(Context* context, const v1::GetStatusRequest* request, v1::Status* response) {
  return Unary(context, "GetStatus", Access::kRead, response,
               [request](Shard& shard, Caller caller) { return shard.inspection.Status(std::move(caller), *request); });
}

Reactor* Service::HandleWebhook(Context* context, const v1::HandleWebhookRequest* request,
                                v1::HandleWebhookResponse* response) {
  return Unary(context, "HandleWebhook", Access::kWrite, response,
               [request](Shard& shard, Caller caller) { return shard.webhooks.Handle(std::move(caller), *request); });
}

Reactor* Service::Query(Context* context, const v1::QueryRequest* request, v1::QueryResponse* response) {
  return Unary(context, "Query", Access::kRead, response,
               [request](Shard& shard, Caller caller) { return shard.queries.Query(std::move(caller), *request); });
}

Reactor* Service::ListDeadLetters(Context* context, const v1::ListDeadLettersRequest* request,
                                  v1::ListDeadLettersResponse* response) {
  return Unary(context, "ListDeadLetters", Access::kRead, response,
               [request](Shard& shard, Caller caller) { return shard.dead_letters.List(std::move(caller), *request); });
}

Reactor* Service::CreateIssue(Context* context, const v1::CreateIssueRequest* request,
                              v1::CreateIssueResponse* response) {
  return Unary(context, "CreateIssue", Access::kWrite, response,
               [request](Shard& shard, Caller caller) { return shard.creating.Run(std::move(caller), *request); });
}

Reactor* Service::GetCapacity(Context* context, const v1::GetCapacityRequest* request,
                              v1::GetCapacityResponse* response) {
  return Unary(context, "GetCapacity", Access::kRead, response,
               [request](Shard& shard, Caller caller) { return shard.capacity.Get(std::move(caller), *request); });
}

Reactor* Service::PreviewMapping(Context* context, const v1::PreviewMappingRequest* request,
                                 v1::PreviewMappingResponse* response) {
  return Unary(context, "PreviewMapping", Access::kRead, response,
               [request](Shard& shard, Caller caller) { return shard.preview.Run(std::move(caller), *request); });
}

Reactor* Service::ReplayDeadLetters(Context* context, const v1::ReplayDeadLettersRequest* request,
                                    v1::ReplayDeadLettersResponse* response) {
  return Unary(context, "ReplayDeadLetters", Access::kWrite, response, [request](Shard& shard, Caller caller) {
    return shard.dead_letters.Replay(std::move(caller), *request);
  });
}

Reactor* Service::TraceIssue(Context* context, const v1::TraceIssueRequest* request, v1::TraceIssueResponse* response) {
  return Unary(context, "TraceIssue", Access::kRead, response,
               [request](Shard& shard, Caller caller) { return shard.trace.Run(std::move(caller), *request); });
}

Reactor* Service::ForgetContact(Context* context, const v1::ForgetContactRequest* request,
                                v1::ForgetContactResponse* response) {
  return Unary(context, "ForgetContact", Access::kWrite, response,
               [request](Shard& shard, Caller caller) { return shard.forgetting.Run(std::move(caller), *request); });
}

}  // namespace tajo::gateway
