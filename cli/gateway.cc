#include "cli/gateway.h"

#include <fmt/format.h>
#include <google/protobuf/any.pb.h>
#include <google/protobuf/io/coded_stream.h>
#include <grpcpp/grpcpp.h>

#include <chrono>
#include <fstream>
#include <iterator>
#include <thread>
#include <utility>

#include "common/base/error.h"
#include "common/config/values.h"
#include "tajo/jira/v1/connector.grpc.pb.h"

namespace tajo::cli {
namespace {

using Clock = std::chrono::steady_clock;

// A Connect asks two vendors several questions.
constexpr std::chrono::seconds kCallTimeout{120};
// How long a gateway that is just starting is waited for.
constexpr std::chrono::seconds kConnectTimeout{5};
constexpr std::chrono::milliseconds kWatchPause{500};
constexpr int kMaxAnswerBytes = 64 * 1024 * 1024;

v1::ErrorReason ReasonFor(grpc::StatusCode code) {
  switch (code) {
    case grpc::StatusCode::UNAVAILABLE:
      return v1::UPSTREAM_UNREACHABLE;
    case grpc::StatusCode::DEADLINE_EXCEEDED:
      return v1::UPSTREAM_AMBIGUOUS;
    case grpc::StatusCode::UNIMPLEMENTED:
      return v1::NOT_IMPLEMENTED;
    case grpc::StatusCode::UNAUTHENTICATED:
      return v1::UNAUTHENTICATED;
    case grpc::StatusCode::PERMISSION_DENIED:
      return v1::PERMISSION_DENIED;
    case grpc::StatusCode::INVALID_ARGUMENT:
      return v1::REQUEST_INVALID;
    default:
      return v1::INTERNAL;
  }
}

// What to say of a status that didn't come from our gateway's code.
std::string Explain(const grpc::Status& status, const GatewaySettings& settings) {
  switch (status.error_code()) {
    case grpc::StatusCode::UNAVAILABLE:
      return fmt::format(
          "no gateway answers at {} ({}): start everything with 'tajo up', or name another with --gateway "
          "HOST:PORT{}{}",
          settings.address, settings.insecure ? "plaintext" : "TLS",
          settings.insecure ? "" : "; one that takes plaintext, as that of 'tajo up', needs --insecure",
          status.error_message().empty() ? "" : " [" + status.error_message() + "]");
    case grpc::StatusCode::DEADLINE_EXCEEDED:
      return fmt::format("the gateway at {} didn't answer within {} s; it may still have acted: look before you repeat",
                         settings.address, kCallTimeout.count());
    case grpc::StatusCode::UNIMPLEMENTED:
      return fmt::format("the gateway at {} doesn't offer this call{}", settings.address,
                         status.error_message().empty() ? "" : ": " + status.error_message());
    case grpc::StatusCode::UNAUTHENTICATED:
      return fmt::format("the gateway at {} doesn't know the token: give one with --token or TAJO_API_KEY",
                         settings.address);
    default:
      return status.error_message().empty() ? "the gateway gave no reason" : status.error_message();
  }
}

// The details are a google.rpc.Status, which libprotobuf doesn't bring: its field 3 holds Anys, one of
// them our ErrorDetail. Without one the reason is unspecified.
v1::ErrorDetail DetailOf(const grpc::Status& status) {
  const std::string bytes = status.error_details();
  google::protobuf::io::CodedInputStream in(reinterpret_cast<const uint8_t*>(bytes.data()),
                                            static_cast<int>(bytes.size()));
  v1::ErrorDetail detail;
  while (const uint32_t tag = in.ReadTag()) {
    uint32_t number = 0;  // field 1's value, or a length
    std::string text;
    if (!in.ReadVarint32(&number)) break;
    if ((tag & 7) == 0) continue;
    if ((tag & 7) != 2 || !in.ReadString(&text, static_cast<int>(number))) break;
    google::protobuf::Any any;
    if (tag >> 3 == 3 && any.ParseFromString(text) && any.UnpackTo(&detail)) break;
  }
  return detail;
}

absl::Status ToAbsl(const grpc::Status& status, const GatewaySettings& settings) {
  const v1::ErrorDetail detail = DetailOf(status);
  if (detail.reason() == v1::ERROR_REASON_UNSPECIFIED) {
    return base::Error(ReasonFor(status.error_code()), Explain(status, settings));
  }
  std::string message = status.error_message();
  if (!detail.remedy().empty() && message.find(detail.remedy()) == std::string::npos) {
    const char* end = message.empty() ? "" : message.ends_with('.') || message.ends_with('?') ? " " : ". ";
    message += end + detail.remedy();
  }
  return base::FieldError(detail.reason(), detail.field(), message);
}

absl::StatusOr<std::string> ReadCertificates(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return base::Error(v1::CONFIG_INVALID, fmt::format("--ca-cert: can't read {}", path));
  return std::string(std::istreambuf_iterator<char>(file), {});
}

absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> MakeCredentials(const GatewaySettings& settings) {
  if (settings.insecure) {
    if (!IsLoopbackAddress(settings.address)) {
      return base::Error(
          v1::CONFIG_INVALID,
          fmt::format("--insecure is for a gateway on this machine, and {} isn't: leave it out", settings.address));
    }
    return grpc::InsecureChannelCredentials();
  }
  grpc::SslCredentialsOptions options;
  if (!settings.ca_cert.empty()) {
    TAJO_ASSIGN_OR_RETURN(options.pem_root_certs, ReadCertificates(settings.ca_cert));
  }
  return grpc::SslCredentials(options);
}

}  // namespace

struct Gateway::Wire {
  GatewaySettings settings;
  std::shared_ptr<grpc::Channel> channel;
  std::unique_ptr<v1::JiraConnector::Stub> stub;

  void Prepare(grpc::ClientContext& context) const {
    if (!settings.token.Empty()) context.AddMetadata("authorization", "Bearer " + settings.token.Reveal());
  }
};

Gateway::Gateway(std::unique_ptr<Wire> wire) : wire_(std::move(wire)) {}
Gateway::~Gateway() = default;

absl::StatusOr<std::unique_ptr<Gateway>> Gateway::Open(const GatewaySettings& settings) {
  if (settings.token.Reveal().find_first_of("\r\n") != std::string::npos) {
    return base::Error(v1::CONFIG_INVALID, "--token: holds a line break");
  }
  TAJO_ASSIGN_OR_RETURN(const auto credentials, MakeCredentials(settings));
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(kMaxAnswerBytes);
  // A proxy of the environment doesn't lead to this machine.
  if (IsLoopbackAddress(settings.address)) arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 200);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 2000);
  auto wire = std::make_unique<Wire>();
  wire->settings = settings;
  wire->channel = grpc::CreateCustomChannel(settings.address, credentials, arguments);
  wire->stub = v1::JiraConnector::NewStub(wire->channel);
  return std::unique_ptr<Gateway>(new Gateway(std::move(wire)));
}

template <class Response, class Method, class Request>
absl::StatusOr<Response> Gateway::Call(Method method, const Request& request) {
  grpc::ClientContext context;
  wire_->Prepare(context);
  context.set_deadline(std::chrono::system_clock::now() + kCallTimeout);
  Response response;
  const grpc::Status status = (wire_->stub.get()->*method)(&context, request, &response);
  if (!status.ok()) return ToAbsl(status, wire_->settings);
  return response;
}

#define TAJO_CLI_CALL(name, Request, Response)                             \
  absl::StatusOr<v1::Response> Gateway::name(const v1::Request& request) { \
    return Call<v1::Response>(&v1::JiraConnector::Stub::name, request);    \
  }
TAJO_CLI_CALL(Connect, ConnectRequest, ConnectResponse)
TAJO_CLI_CALL(BeginAuthorization, BeginAuthorizationRequest, BeginAuthorizationResponse)
TAJO_CLI_CALL(CompleteAuthorization, CompleteAuthorizationRequest, CompleteAuthorizationResponse)
TAJO_CLI_CALL(GetConnection, GetConnectionRequest, Connection)
TAJO_CLI_CALL(ListConnections, ListConnectionsRequest, ListConnectionsResponse)
TAJO_CLI_CALL(UpdateConnection, UpdateConnectionRequest, Connection)
TAJO_CLI_CALL(Disconnect, DisconnectRequest, DisconnectResponse)
TAJO_CLI_CALL(TestConnection, TestConnectionRequest, TestConnectionResponse)
TAJO_CLI_CALL(StartSync, StartSyncRequest, Sync)
TAJO_CLI_CALL(CancelSync, CancelSyncRequest, Sync)
TAJO_CLI_CALL(GetStatus, GetStatusRequest, Status)
TAJO_CLI_CALL(Query, QueryRequest, QueryResponse)
TAJO_CLI_CALL(CreateIssue, CreateIssueRequest, CreateIssueResponse)
TAJO_CLI_CALL(GetCapacity, GetCapacityRequest, GetCapacityResponse)
TAJO_CLI_CALL(PreviewMapping, PreviewMappingRequest, PreviewMappingResponse)
TAJO_CLI_CALL(ListDeadLetters, ListDeadLettersRequest, ListDeadLettersResponse)
TAJO_CLI_CALL(ReplayDeadLetters, ReplayDeadLettersRequest, ReplayDeadLettersResponse)
TAJO_CLI_CALL(TraceIssue, TraceIssueRequest, TraceIssueResponse)
TAJO_CLI_CALL(ForgetContact, ForgetContactRequest, ForgetContactResponse)
#undef TAJO_CLI_CALL

absl::StatusOr<v1::Sync> Gateway::WatchSync(const v1::GetSyncRequest& request,
                                            const std::function<void(const v1::Sync&)>& show,
                                            std::chrono::milliseconds patience) {
  v1::Sync last;
  auto heard = Clock::now();
  while (true) {
    grpc::ClientContext context;
    wire_->Prepare(context);
    const auto reader = wire_->stub->WatchSync(&context, request);
    v1::Sync sync;
    while (reader->Read(&sync)) {
      heard = Clock::now();
      last = sync;
      show(last);
    }
    const grpc::Status status = reader->Finish();
    if (HasEnded(last.state())) return last;
    // A gateway that drains ends the stream too, with or without an error: the sync goes on.
    const bool passing = status.ok() || status.error_code() == grpc::StatusCode::UNAVAILABLE;
    if (!passing || Clock::now() - heard > patience) {
      if (status.ok()) return base::Error(v1::UPSTREAM_UNREACHABLE, "the gateway stopped telling about the sync");
      return ToAbsl(status, wire_->settings);
    }
    std::this_thread::sleep_for(kWatchPause);
    wire_->channel->WaitForConnected(std::chrono::system_clock::now() + kConnectTimeout);
  }
}

bool IsLoopbackAddress(const std::string& address) {
  if (address.starts_with("unix:")) return true;
  const auto listen = config::ParseListen(address);
  return listen && !listen->host.empty() && listen->IsLoopback();
}

bool HasEnded(v1::SyncState state) {
  return state == v1::SUCCEEDED || state == v1::FAILED || state == v1::CANCELLED;
}

}  // namespace tajo::cli
