#include <fmt/format.h>
#include <grpcpp/impl/codegen/client_unary_call.h>

#include <fstream>
#include <iterator>
#include <thread>

#include "tests/integration/gateway/fixture.h"
#include "tests/support/http_certs.h"

namespace tajo::gateway {
namespace {

using Stub = v1::JiraConnector::Stub;
using grpc::StatusCode;

// A unary call without a generated stub: grpc.health.v1.Health/Check and its one-byte answer.
std::string HealthOf(const std::shared_ptr<grpc::Channel>& channel, const std::string& service) {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(10));
  std::string request = "\x0a";
  request += static_cast<char>(service.size());
  request += service;
  const grpc::Slice slice(request);
  const grpc::ByteBuffer sent(&slice, 1);
  grpc::internal::RpcMethod method("/grpc.health.v1.Health/Check", grpc::internal::RpcMethod::NORMAL_RPC, channel);
  grpc::ByteBuffer answer;
  const grpc::Status status = grpc::internal::BlockingUnaryCall<grpc::ByteBuffer, grpc::ByteBuffer>(
      channel.get(), method, &context, sent, &answer);
  if (!status.ok()) return status.error_message();
  std::vector<grpc::Slice> slices;
  answer.Dump(&slices);
  std::string bytes;
  for (const grpc::Slice& part : slices) bytes.append(reinterpret_cast<const char*>(part.begin()), part.size());
  return bytes == std::string("\x08\x01") ? "SERVING" : bytes == std::string("\x08\x02") ? "NOT_SERVING" : bytes;
}

template <class Condition>
bool Eventually(Condition condition) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (std::chrono::steady_clock::now() < end) {
    if (condition()) return true;
    std::this_thread::yield();
  }
  return false;
}

TEST_F(GatewayTest, Token_missing_unknown_or_read_only_is_refused) {
  v1::Status status;
  EXPECT_EQ(Call(&Stub::GetStatus, v1::GetStatusRequest(), &status, "").error_code(), StatusCode::UNAUTHENTICATED);
  EXPECT_EQ(Call(&Stub::GetStatus, v1::GetStatusRequest(), &status, "guess").error_code(), StatusCode::UNAUTHENTICATED);
  v1::ConnectResponse response;
  const grpc::Status refused = Connect(BasicRequest(), &response, "token-a-read");
  EXPECT_EQ(DetailOf(refused).reason(), v1::PERMISSION_DENIED);
  Connected(BasicRequest());
  EXPECT_TRUE(Call(&Stub::GetStatus, v1::GetStatusRequest(), &status, "token-a-read").ok());
}

TEST_F(GatewayTest, Tenant_cannot_see_or_touch_anothers_connection) {
  const std::string id = Connected(BasicRequest()).connection().connection_id();
  v1::GetConnectionRequest get;
  get.mutable_connection()->set_connection_id(id);
  v1::Connection connection;
  EXPECT_EQ(Call(&Stub::GetConnection, get, &connection, "token-b").error_code(), StatusCode::NOT_FOUND);
  get.mutable_connection()->set_tenant_id("tenant-a");
  EXPECT_EQ(Call(&Stub::GetConnection, get, &connection, "token-b").error_code(), StatusCode::PERMISSION_DENIED);
  v1::DisconnectRequest disconnect;
  disconnect.mutable_connection()->set_connection_id(id);
  v1::DisconnectResponse gone;
  EXPECT_EQ(Call(&Stub::Disconnect, disconnect, &gone, "token-b").error_code(), StatusCode::NOT_FOUND);
  v1::ListConnectionsResponse listed;
  ASSERT_TRUE(Call(&Stub::ListConnections, v1::ListConnectionsRequest(), &listed, "token-b").ok());
  EXPECT_EQ(listed.connections_size(), 0);
  v1::ListConnectionsRequest named;
  named.set_tenant_id("tenant-a");
  EXPECT_EQ(Call(&Stub::ListConnections, named, &listed, "token-b").error_code(), StatusCode::PERMISSION_DENIED);
  EXPECT_TRUE(Call(&Stub::GetConnection, get, &connection, "token-all").ok());
}

TEST_F(GatewayTest, Several_connections_are_ambiguous_and_listed_by_pages) {
  const std::string first = Connected(BasicRequest()).connection().connection_id();
  v1::ConnectRequest other = BasicRequest();
  other.set_brevo_api_key("xkeysib-tenant-b");
  const std::string second = Connected(other).connection().connection_id();
  v1::Status status;
  const grpc::Status ambiguous = Call(&Stub::GetStatus, v1::GetStatusRequest(), &status);
  EXPECT_EQ(DetailOf(ambiguous).reason(), v1::CONNECTION_AMBIGUOUS);
  EXPECT_NE(ambiguous.error_message().find(first), std::string::npos);
  EXPECT_NE(ambiguous.error_message().find(second), std::string::npos);
  v1::ListConnectionsRequest list;
  list.set_page_size(1);
  v1::ListConnectionsResponse page;
  ASSERT_TRUE(Call(&Stub::ListConnections, list, &page).ok());
  ASSERT_EQ(page.connections_size(), 1);
  list.set_page_token(page.next_page_token());
  v1::ListConnectionsResponse last;
  ASSERT_TRUE(Call(&Stub::ListConnections, list, &last).ok());
  ASSERT_EQ(last.connections_size(), 1);
  EXPECT_NE(last.connections(0).connection_id(), page.connections(0).connection_id());
  EXPECT_TRUE(last.next_page_token().empty());
}

TEST_F(GatewayTest, TestConnection_has_the_pages_checks_in_order) {
  Connected(BasicRequest());
  v1::TestConnectionResponse response;
  ASSERT_TRUE(Call(&Stub::TestConnection, v1::TestConnectionRequest(), &response).ok());
  const std::vector<std::string> names = {
      "API authentication successful", "Project access verified", "Issue search operational", "User lookup available",
      "Webhook registration active",   "Brevo account verified",  "Redis policy safe"};
  ASSERT_EQ(response.checks_size(), static_cast<int>(names.size()));
  for (int i = 0; i < response.checks_size(); ++i) {
    EXPECT_EQ(response.checks(i).name(), names[static_cast<std::size_t>(i)]);
    EXPECT_EQ(response.checks(i).passed(), i != 4) << response.checks(i).detail();
  }
  EXPECT_NE(response.checks(4).detail().find("https://hooks.example.com/webhooks/jira/c_"), std::string::npos);
  EXPECT_FALSE(response.passed());
}

TEST_F(GatewayTest, TestConnection_passes_once_a_webhook_came) {
  const std::string id = Connected(BasicRequest()).connection().connection_id();
  Redis({"HSET", fmt::format("tajo:{{{}}}:counters", id), "last_webhook_ms",
         std::to_string(base::ToMillis(clock_.Now()))});
  v1::TestConnectionResponse response;
  ASSERT_TRUE(Call(&Stub::TestConnection, v1::TestConnectionRequest(), &response).ok());
  EXPECT_TRUE(response.passed());
}

TEST_F(GatewayTest, StartSync_checks_its_request_and_refuses_a_second) {
  v1::ConnectRequest quiet = BasicRequest();
  quiet.set_no_initial_sync(true);
  Connected(quiet);
  v1::Sync sync;
  v1::StartSyncRequest bad;
  bad.add_resources("tickets");
  EXPECT_EQ(DetailOf(Call(&Stub::StartSync, bad, &sync)).reason(), v1::REQUEST_INVALID);
  v1::StartSyncRequest jql;
  jql.set_jql("statuss = Open");
  EXPECT_EQ(DetailOf(Call(&Stub::StartSync, jql, &sync)).reason(), v1::JIRA_JQL_INVALID);
  v1::StartSyncRequest full;
  full.set_type(v1::FULL);
  ASSERT_TRUE(Call(&Stub::StartSync, full, &sync).ok());
  const std::string running = sync.sync_id();
  const grpc::Status second = Call(&Stub::StartSync, full, &sync);
  EXPECT_EQ(DetailOf(second).reason(), v1::SYNC_ALREADY_RUNNING);
  EXPECT_NE(second.error_message().find(running), std::string::npos);
  v1::GetSyncRequest unknown;
  unknown.set_sync_id("s_0000");
  EXPECT_EQ(DetailOf(Call(&Stub::GetSync, unknown, &sync)).reason(), v1::SYNC_NOT_FOUND);
}

TEST_F(GatewayTest, WatchSync_sends_each_change_and_ends_with_the_sync) {
  const v1::ConnectResponse connected = Connected(BasicRequest());
  const std::string job =
      fmt::format("tajo:{{{}}}:job:{}", connected.connection().connection_id(), connected.sync_id());
  v1::GetSyncRequest request;
  request.set_sync_id(connected.sync_id());
  grpc::ClientContext context;
  Prepare(context, "token-a");
  const auto reader = stub_->WatchSync(&context, request);
  v1::Sync sync;
  ASSERT_TRUE(reader->Read(&sync));
  EXPECT_EQ(sync.state(), v1::QUEUED);
  Redis(
      {"HSET", job, "state", "running", "issues_read", "50", "issues_expected", "200", "started_ms", "1790000000000"});
  ASSERT_TRUE(reader->Read(&sync));
  EXPECT_EQ(sync.state(), v1::RUNNING);
  EXPECT_EQ(sync.issues_read(), 50);
  EXPECT_TRUE(sync.has_eta());
  Redis({"HSET", job, "state", "succeeded", "issues_read", "200", "ended_ms", "1790000001000"});
  ASSERT_TRUE(reader->Read(&sync));
  EXPECT_EQ(sync.state(), v1::SUCCEEDED);
  EXPECT_FALSE(reader->Read(&sync));
  EXPECT_TRUE(reader->Finish().ok());
}

TEST_F(GatewayTest, WatchSync_ends_when_the_caller_cancels) {
  const v1::ConnectResponse connected = Connected(BasicRequest());
  v1::GetSyncRequest request;
  request.set_sync_id(connected.sync_id());
  grpc::ClientContext context;
  Prepare(context, "token-a");
  const auto reader = stub_->WatchSync(&context, request);
  v1::Sync sync;
  ASSERT_TRUE(reader->Read(&sync));
  context.TryCancel();
  while (reader->Read(&sync)) {
  }
  EXPECT_EQ(reader->Finish().error_code(), StatusCode::CANCELLED);
  EXPECT_TRUE(Eventually([this] {
    return metrics_.Serialize().find("tajo_gateway_requests_total{code=\"CANCELLED\",method=\"WatchSync\"} 1") !=
           std::string::npos;
  })) << metrics_.Serialize();
}

TEST_F(GatewayTest, CancelSync_ends_a_queued_sync) {
  const v1::ConnectResponse connected = Connected(BasicRequest());
  v1::CancelSyncRequest request;
  request.set_sync_id(connected.sync_id());
  v1::Sync sync;
  ASSERT_TRUE(Call(&Stub::CancelSync, request, &sync).ok());
  EXPECT_EQ(sync.state(), v1::CANCELLED);
}

TEST_F(GatewayTest, HandleWebhook_puts_a_hint_into_the_stream) {
  const std::string id = Connected(BasicRequest()).connection().connection_id();
  v1::HandleWebhookRequest request;
  request.set_event("jira:issue_updated");
  request.mutable_payload()->set_issue_key("SUPPORT-7");
  request.mutable_payload()->set_status("Done");
  v1::HandleWebhookResponse response;
  ASSERT_TRUE(Call(&Stub::HandleWebhook, request, &response).ok());
  EXPECT_TRUE(response.accepted());
  EXPECT_EQ(Redis({"XLEN", fmt::format("tajo:{{{}}}:events", id)}), ":1\r\n");
  v1::Status status;
  ASSERT_TRUE(Call(&Stub::GetStatus, v1::GetStatusRequest(), &status).ok());
  EXPECT_EQ(status.backlog(), 1);
  EXPECT_TRUE(status.connected());
  EXPECT_EQ(status.projects_monitored(), 2);
  request.mutable_payload()->set_issue_key("SUPPORT 7");
  EXPECT_EQ(DetailOf(Call(&Stub::HandleWebhook, request, &response)).reason(), v1::REQUEST_INVALID);
}

TEST_F(GatewayTest, Query_pages_and_tells_Jiras_errors) {
  Connected(BasicRequest());
  v1::QueryRequest query;
  query.set_jql("project = SUPPORT ORDER BY created ASC");
  query.set_max_results(3);
  query.add_fields("summary");
  v1::QueryResponse page;
  ASSERT_TRUE(Call(&Stub::Query, query, &page).ok());
  ASSERT_EQ(page.issues_size(), 3);
  EXPECT_TRUE(nlohmann::json::parse(page.issues(0).fields_json()).contains("summary"));
  query.set_page_token(page.next_page_token());
  v1::QueryResponse next;
  ASSERT_TRUE(Call(&Stub::Query, query, &next).ok());
  EXPECT_NE(next.issues(0).key(), page.issues(0).key());
  v1::QueryRequest bad;
  bad.set_jql("statuss = Open");
  const grpc::Status status = Call(&Stub::Query, bad, &next);
  EXPECT_EQ(DetailOf(status).reason(), v1::JIRA_JQL_INVALID);
  EXPECT_NE(status.error_message().find("statuss"), std::string::npos);
}

TEST_F(GatewayTest, Health_follows_Redis_and_calls_fail_cleanly_meanwhile) {
  ASSERT_TRUE(Eventually([this] { return HealthOf(channel_, "tajo.jira.v1.JiraConnector") == "SERVING"; }));
  redis_.Kill();
  EXPECT_TRUE(Eventually([this] { return HealthOf(channel_, "") == "NOT_SERVING"; }));
  v1::Status status;
  EXPECT_EQ(Call(&Stub::GetStatus, v1::GetStatusRequest(), &status).error_code(), StatusCode::UNAVAILABLE);
  redis_.Restart();
  EXPECT_TRUE(Eventually([this] { return HealthOf(channel_, "tajo.jira.v1.JiraConnector") == "SERVING"; }));
}

TEST_F(GatewayTest, Drain_ends_streams_and_refuses_new_calls) {
  const v1::ConnectResponse connected = Connected(BasicRequest());
  v1::GetSyncRequest request;
  request.set_sync_id(connected.sync_id());
  grpc::ClientContext context;
  Prepare(context, "token-a");
  const auto reader = stub_->WatchSync(&context, request);
  v1::Sync sync;
  ASSERT_TRUE(reader->Read(&sync));
  const auto began = std::chrono::steady_clock::now();
  gateway_->Drain(std::chrono::seconds(30));
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(15));
  while (reader->Read(&sync)) {
  }
  EXPECT_EQ(reader->Finish().error_code(), StatusCode::UNAVAILABLE);
  v1::Status status;
  EXPECT_EQ(Call(&Stub::GetStatus, v1::GetStatusRequest(), &status).error_code(), StatusCode::UNAVAILABLE);
}

std::string Contents(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

TEST_F(GatewayTest, Tls_asks_for_the_callers_certificate) {
  testing::TestCa ca;
  const testing::CertFiles mine = ca.Issue("gateway", "DNS:localhost");
  const testing::CertFiles theirs = ca.Issue("caller", "DNS:caller");
  GatewayOptions options;
  options.listen = {"127.0.0.1", 0};
  options.tls.cert = mine.cert;
  options.tls.key = mine.key;
  options.tls.client_ca = ca.CertFile();
  options.redis.url = redis_.Url();
  const auto secure = Gateway::Start(loops_, *parts_, access_, options);
  ASSERT_TRUE(secure.ok()) << secure.status();
  const auto code = [&](const grpc::SslCredentialsOptions& credentials) {
    grpc::ChannelArguments arguments;
    arguments.SetSslTargetNameOverride("localhost");
    const auto channel = grpc::CreateCustomChannel(fmt::format("127.0.0.1:{}", (*secure)->Port()),
                                                   grpc::SslCredentials(credentials), arguments);
    const auto stub = v1::JiraConnector::NewStub(channel);
    grpc::ClientContext context;
    Prepare(context, "token-a");
    v1::Status status;
    return stub->GetStatus(&context, v1::GetStatusRequest(), &status).error_code();
  };
  grpc::SslCredentialsOptions credentials;
  credentials.pem_root_certs = Contents(ca.CertFile());
  EXPECT_EQ(code(credentials), StatusCode::UNAVAILABLE);
  credentials.pem_cert_chain = Contents(theirs.cert);
  credentials.pem_private_key = Contents(theirs.key);
  EXPECT_EQ(code(credentials), StatusCode::NOT_FOUND);  // let in; the tenant has no connection
}

TEST_F(GatewayTest, Connections_are_counted_by_state) {
  EXPECT_TRUE(Eventually([this] {
    return metrics_.Serialize().find("tajo_connections{state=\"ACTIVE\"} 0") != std::string::npos;
  })) << metrics_.Serialize();
}

}  // namespace
}  // namespace tajo::gateway
