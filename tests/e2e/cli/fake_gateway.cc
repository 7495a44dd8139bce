#include "tests/e2e/cli/fake_gateway.h"

#include <google/protobuf/any.pb.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <grpcpp/grpcpp.h>

#include <algorithm>

#include "tajo/jira/v1/connector.grpc.pb.h"

namespace tajo::testing {
namespace {

// google.rpc.Status as the gateway sends it: code, message, and our detail as an Any.
std::string RpcStatus(const FakeGateway::Answers& answers) {
  google::protobuf::Any any;
  any.PackFrom(answers.detail);
  const std::string detail = any.SerializeAsString();
  std::string bytes;
  {
    google::protobuf::io::StringOutputStream sink(&bytes);
    google::protobuf::io::CodedOutputStream out(&sink);
    out.WriteVarint32(0x08);
    out.WriteVarint32(static_cast<uint32_t>(answers.code));
    out.WriteVarint32(0x12);
    out.WriteVarint32(static_cast<uint32_t>(answers.message.size()));
    out.WriteString(answers.message);
    out.WriteVarint32(0x1a);
    out.WriteVarint32(static_cast<uint32_t>(detail.size()));
    out.WriteString(detail);
  }
  return bytes;
}

}  // namespace

class FakeGateway::Service final : public v1::JiraConnector::Service {
 public:
  explicit Service(FakeGateway& gateway) : gateway_(gateway) {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port_);
    builder.RegisterService(this);
    server_ = builder.BuildAndStart();
  }
  ~Service() override { server_->Shutdown(std::chrono::system_clock::now()); }
  int Port() const { return port_; }

  using Context = grpc::ServerContext;
  grpc::Status Connect(Context* context, const v1::ConnectRequest* in, v1::ConnectResponse* out) override {
    return Answer(context, *in, gateway_.answers_.connect, out);
  }
  grpc::Status BeginAuthorization(Context* context, const v1::BeginAuthorizationRequest* in,
                                  v1::BeginAuthorizationResponse* out) override {
    return Answer(context, *in, gateway_.answers_.begin, out);
  }
  grpc::Status GetConnection(Context* context, const v1::GetConnectionRequest* in, v1::Connection* out) override {
    return Answer(context, *in, gateway_.answers_.connection, out);
  }
  grpc::Status ListConnections(Context* context, const v1::ListConnectionsRequest* in,
                               v1::ListConnectionsResponse* out) override {
    return AnswerInTurn(context, *in, gateway_.answers_.lists, out);
  }
  grpc::Status Disconnect(Context* context, const v1::DisconnectRequest* in, v1::DisconnectResponse* out) override {
    return Answer(context, *in, gateway_.answers_.disconnect, out);
  }
  grpc::Status TestConnection(Context* context, const v1::TestConnectionRequest* in,
                              v1::TestConnectionResponse* out) override {
    return Answer(context, *in, gateway_.answers_.test, out);
  }
  grpc::Status StartSync(Context* context, const v1::StartSyncRequest* in, v1::Sync* out) override {
    return Answer(context, *in, gateway_.answers_.started, out);
  }
  grpc::Status CancelSync(Context* context, const v1::CancelSyncRequest* in, v1::Sync* out) override {
    return Answer(context, *in, gateway_.answers_.cancelled, out);
  }
  grpc::Status WatchSync(Context* context, const v1::GetSyncRequest* in, grpc::ServerWriter<v1::Sync>* out) override {
    std::vector<v1::Sync> states;
    const grpc::Status status = AnswerInTurn(context, *in, gateway_.answers_.watched, &states);
    for (const v1::Sync& sync : states) out->Write(sync);
    return status;
  }
  grpc::Status GetStatus(Context* context, const v1::GetStatusRequest* in, v1::Status* out) override {
    return Answer(context, *in, gateway_.answers_.status, out);
  }
  grpc::Status Query(Context* context, const v1::QueryRequest* in, v1::QueryResponse* out) override {
    return AnswerInTurn(context, *in, gateway_.answers_.pages, out);
  }
  grpc::Status ForgetContact(Context* context, const v1::ForgetContactRequest* in,
                             v1::ForgetContactResponse* out) override {
    return Answer(context, *in, gateway_.answers_.forgotten, out);
  }
  grpc::Status UpdateConnection(Context* context, const v1::UpdateConnectionRequest* in, v1::Connection* out) override {
    return Answer(context, *in, gateway_.answers_.connection, out);
  }
  grpc::Status ListDeadLetters(Context* context, const v1::ListDeadLettersRequest* in,
                               v1::ListDeadLettersResponse* out) override {
    return Answer(context, *in, gateway_.answers_.letters, out);
  }
  grpc::Status ReplayDeadLetters(Context* context, const v1::ReplayDeadLettersRequest* in,
                                 v1::ReplayDeadLettersResponse* out) override {
    return Answer(context, *in, gateway_.answers_.replayed, out);
  }
  grpc::Status TraceIssue(Context* context, const v1::TraceIssueRequest* in, v1::TraceIssueResponse* out) override {
    return Answer(context, *in, gateway_.answers_.trace, out);
  }
  grpc::Status PreviewMapping(Context* context, const v1::PreviewMappingRequest* in,
                              v1::PreviewMappingResponse* out) override {
    return Answer(context, *in, gateway_.answers_.preview, out);
  }
  grpc::Status CreateIssue(Context* context, const v1::CreateIssueRequest* in, v1::CreateIssueResponse* out) override {
    return Answer(context, *in, gateway_.answers_.created, out);
  }
  grpc::Status GetCapacity(Context* context, const v1::GetCapacityRequest* in, v1::GetCapacityResponse* out) override {
    return Answer(context, *in, gateway_.answers_.capacity, out);
  }

 private:
  template <class Request>
  std::size_t Take(const Context& context, const Request& request) {
    const std::lock_guard lock(gateway_.mutex_);
    const auto& metadata = context.client_metadata();
    const auto found = metadata.find("authorization");
    gateway_.authorization_ = found == metadata.end() ? "" : std::string(found->second.data(), found->second.size());
    gateway_.requests_.emplace_back(request);
    return static_cast<std::size_t>(std::ranges::count_if(
        gateway_.requests_, [](const std::any& one) { return std::any_cast<Request>(&one) != nullptr; }));
  }
  grpc::Status Verdict() const {
    const Answers& answers = gateway_.answers_;
    if (answers.code == 0) return grpc::Status::OK;
    return {static_cast<grpc::StatusCode>(answers.code), answers.message,
            answers.detail.reason() == 0 ? "" : RpcStatus(answers)};
  }
  template <class Request, class Response>
  grpc::Status Answer(Context* context, const Request& request, const Response& answer, Response* out) {
    Take(*context, request);
    *out = answer;
    return Verdict();
  }
  template <class Request, class Response>
  grpc::Status AnswerInTurn(Context* context, const Request& request, const std::vector<Response>& answers,
                            Response* out) {
    const std::size_t turn = Take(*context, request);
    if (turn <= answers.size()) *out = answers[turn - 1];
    return Verdict();
  }

  FakeGateway& gateway_;
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

FakeGateway::FakeGateway(Answers answers) : answers_(std::move(answers)), service_(std::make_unique<Service>(*this)) {}
FakeGateway::~FakeGateway() = default;

std::string FakeGateway::Address() const {
  return "127.0.0.1:" + std::to_string(service_->Port());
}

std::string FakeGateway::LastAuthorization() {
  const std::lock_guard lock(mutex_);
  return authorization_;
}

}  // namespace tajo::testing
