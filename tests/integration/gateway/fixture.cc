#include "tests/integration/gateway/fixture.h"

#include <fmt/format.h>
#include <google/protobuf/any.pb.h>
#include <google/protobuf/io/coded_stream.h>

#include <sstream>

#include "common/crypto/digest.h"

namespace tajo::gateway {
namespace {

std::string Entry(const std::string& token, const std::string& tenants, const std::string& access) {
  return fmt::format("  - sha256: {}\n    tenants: {}\n    access: {}\n", crypto::Hex(crypto::Sha256(token)), tenants,
                     access);
}

template <class T>
T Must(absl::StatusOr<T> value) {
  if (!value.ok()) throw std::runtime_error(std::string(value.status().message()));
  return *std::move(value);
}

std::unique_ptr<jira_sim::Simulator> StartJira(base::Clock& clock) {
  jira_sim::Options options;
  options.issues = 200;
  options.customers = 20;
  return Must(jira_sim::Simulator::Start(std::move(options), clock));
}

std::unique_ptr<brevo_sim::RunningSimulator> StartBrevo(base::Clock& clock) {
  brevo_sim::Options options;
  options.api_keys = {kBrevoKey, "xkeysib-tenant-b"};
  options.lists = {22, 23};
  return Must(brevo_sim::RunningSimulator::Start(std::move(options), clock));
}

}  // namespace

AccessList TestAccess() {
  return Must(AccessList::Parse("tokens:\n" + Entry("token-a", "[tenant-a]", "write") +
                                    Entry("token-a-read", "[tenant-a]", "read") +
                                    Entry("token-b", "[tenant-b]", "write") + Entry("token-all", "\"*\"", "write"),
                                "tokens"));
}

GatewayTest::GatewayTest()
    : jira_(StartJira(clock_)),
      brevo_(StartBrevo(clock_)),
      keyring_(Must(crypto::Keyring::Parse(crypto::GenerateKeyring("test"), "test keyring"))) {
  auto sink = std::make_unique<KeptLines>();
  lines_ = sink.get();
  log_ = std::make_unique<telemetry::Logger>(telemetry::LogOptions{.service = "tajo-gateway"}, clock_, std::move(sink));
  net::CurlOptions curl;
  curl.allow_insecure = true;
  http_ = net::MakeCurlClient(client_loop_.Context(), curl);
  BackendOptions options;
  options.endpoints.jira_auth_url = jira_->Url();
  options.endpoints.jira_api_url = jira_->Url();
  options.endpoints.brevo_api_url = brevo_->Url() + "/v3";
  options.allow_insecure_upstreams = true;
  options.public_url = "https://hooks.example.com";
  options.owner_wait = std::chrono::milliseconds(500);
  options.watch_interval = std::chrono::milliseconds(20);
  options.forget_wait = std::chrono::milliseconds(300);
  options.create_settle = std::chrono::milliseconds(600);
  parts_.reset(new ShardParts{clock_, random_, keyring_, *log_, instruments_, options, {}, quota_metrics_, curl});
  GatewayOptions gateway;
  gateway.listen = {"127.0.0.1", 0};
  gateway.redis.url = redis_.Url();
  gateway.redis.connect_wait = std::chrono::milliseconds(300);
  gateway_ = Must(Gateway::Start(loops_, *parts_, access_, std::move(gateway)));
  channel_ = grpc::CreateChannel(fmt::format("127.0.0.1:{}", gateway_->Port()), grpc::InsecureChannelCredentials());
  stub_ = v1::JiraConnector::NewStub(channel_);
}

GatewayTest::~GatewayTest() = default;

void GatewayTest::Prepare(grpc::ClientContext& context, const std::string& token) {
  if (!token.empty()) context.AddMetadata("authorization", "Bearer " + token);
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
}

v1::ConnectRequest GatewayTest::BasicRequest(const std::string& yaml) const {
  v1::ConnectRequest request;
  request.mutable_basic()->set_site_url(jira_->Url());
  request.mutable_basic()->set_email("ops@example.com");
  request.mutable_basic()->set_api_token("sim-token");
  request.set_brevo_api_key(kBrevoKey);
  request.set_config_yaml(yaml);
  return request;
}

v1::ConnectRequest GatewayTest::OAuthRequest(const std::string& yaml) const {
  v1::ConnectRequest request;
  request.mutable_oauth()->set_client_id("sim-client");
  request.mutable_oauth()->set_client_secret("sim-client-secret");
  request.mutable_oauth()->set_cloud_id("11223344-a1b2-4b33-8c44-1234567890ab");
  request.set_brevo_api_key(kBrevoKey);
  request.set_config_yaml(yaml);
  return request;
}

grpc::Status GatewayTest::Connect(const v1::ConnectRequest& request, v1::ConnectResponse* response,
                                  const std::string& token) {
  return Call(&v1::JiraConnector::Stub::Connect, request, response, token);
}

v1::ConnectResponse GatewayTest::Connected(const v1::ConnectRequest& request, const std::string& token) {
  v1::ConnectResponse response;
  const grpc::Status status = Connect(request, &response, token);
  if (!status.ok()) throw std::runtime_error("Connect: " + status.error_message());
  return response;
}

// What a vendor's limits have left goes by itself, and says nothing of a connection.
bool IsQuota(const std::string& key) {
  const bool shared =
      key.starts_with("tajo:{brevo:") || key.starts_with("tajo:{site:") || key.starts_with("tajo:{app:");
  return shared && !key.ends_with(":connections") && !key.ends_with(":app");
}

std::set<std::string> GatewayTest::KeysInRedis() const {
  // RESP: "*2\r\n$5\r\ntajo:...\r\n": the lines that are keys.
  std::istringstream lines(redis_.Ask({"KEYS", "tajo:*"}));
  std::set<std::string> keys;
  for (std::string line; std::getline(lines, line);) {
    const std::string key = line.substr(0, line.find('\r'));
    if (key.starts_with("tajo:") && !IsQuota(key)) keys.insert(key);
  }
  return keys;
}

net::HttpResponse GatewayTest::Http(net::Method method, const std::string& url, const std::string& body) {
  net::HttpRequest request;
  request.method = method;
  request.url = url;
  if (!body.empty()) request.headers.Add("Content-Type", "application/json");
  request.body = body;
  return Must(testing::RunTask(client_loop_, http_->Send(std::move(request))));
}

net::HttpResponse GatewayTest::Brevo(net::Method method, const std::string& path, const std::string& body) {
  net::HttpRequest request;
  request.method = method;
  request.url = brevo_->Url() + "/v3" + path;
  request.headers.Add("api-key", kBrevoKey);
  if (!body.empty()) request.headers.Add("Content-Type", "application/json");
  request.body = body;
  return Must(testing::RunTask(client_loop_, http_->Send(std::move(request))));
}

nlohmann::json GatewayTest::Control(const std::string& url) {
  return nlohmann::json::parse(Http(net::Method::kGet, url).body);
}

// By hand, as any client would: google.rpc.Status, field 3, an Any.
v1::ErrorDetail GatewayTest::DetailOf(const grpc::Status& status) {
  const std::string bytes = status.error_details();
  google::protobuf::io::CodedInputStream in(reinterpret_cast<const uint8_t*>(bytes.data()),
                                            static_cast<int>(bytes.size()));
  v1::ErrorDetail detail;
  while (const uint32_t tag = in.ReadTag()) {
    uint32_t number = 0;
    in.ReadVarint32(&number);
    if ((tag & 7) == 0) continue;
    std::string text;
    in.ReadString(&text, static_cast<int>(number));
    google::protobuf::Any any;
    if (tag >> 3 == 3 && any.ParseFromString(text)) any.UnpackTo(&detail);
  }
  return detail;
}

void GatewayTest::ExpectRefused(const v1::ConnectRequest& request, grpc::StatusCode code, v1::ErrorReason reason,
                                const std::vector<std::string>& words) {
  const std::set<std::string> before = KeysInRedis();
  v1::ConnectResponse response;
  const grpc::Status status = Connect(request, &response);
  EXPECT_EQ(status.error_code(), code) << status.error_message();
  EXPECT_EQ(v1::ErrorReason_Name(DetailOf(status).reason()), v1::ErrorReason_Name(reason)) << status.error_message();
  for (const std::string& word : words) {
    EXPECT_NE(status.error_message().find(word), std::string::npos) << word << " isn't in: " << status.error_message();
  }
  EXPECT_EQ(KeysInRedis(), before);
  for (const std::string& secret : {std::string("sim-token"), std::string(kBrevoKey), std::string("ops@example.com")}) {
    EXPECT_EQ(status.error_message().find(secret), std::string::npos);
  }
}

}  // namespace tajo::gateway
