#include <fmt/format.h>

#include <map>

#include "tests/integration/gateway/fixture.h"
#include "tests/support/http_raw.h"

namespace tajo::gateway {
namespace {

using Stub = v1::JiraConnector::Stub;
using grpc::StatusCode;

TEST_F(GatewayTest, Connect_basic_is_active_and_syncs) {
  const v1::ConnectResponse response = Connected(BasicRequest());
  EXPECT_EQ(response.connection().state(), v1::ACTIVE);
  EXPECT_EQ(response.connection().tenant_id(), "tenant-a");
  EXPECT_EQ(response.connection().brevo_account(), "Example Company");
  EXPECT_EQ(response.webhook_secret().size(), 64u);
  EXPECT_TRUE(response.authorization_url().empty());
  EXPECT_EQ(response.connection().webhook_url(),
            "https://hooks.example.com/webhooks/jira/" + response.connection().connection_id());
  EXPECT_GT(response.connection().config().events_from_ms(), 0);
  v1::GetSyncRequest get;
  get.set_sync_id(response.sync_id());
  v1::Sync sync;
  ASSERT_TRUE(Call(&Stub::GetSync, get, &sync).ok());
  EXPECT_EQ(sync.type(), v1::FULL);
  EXPECT_EQ(sync.state(), v1::QUEUED);
}

TEST_F(GatewayTest, Connect_without_initial_sync_starts_none_and_returns_no_given_secret) {
  v1::ConnectRequest request = BasicRequest();
  request.set_no_initial_sync(true);
  request.set_webhook_secret("a-secret-of-the-tenant");
  const v1::ConnectResponse response = Connected(request);
  EXPECT_TRUE(response.sync_id().empty());
  EXPECT_TRUE(response.webhook_secret().empty());
}

TEST_F(GatewayTest, Connect_creates_the_attributes_that_Brevo_lacks) {
  Connected(BasicRequest());
  std::map<std::string, std::string> types;
  const auto attributes = nlohmann::json::parse(Brevo(net::Method::kGet, "/contacts/attributes").body);
  for (const auto& attribute : attributes.at("attributes")) {
    types[attribute["name"]] = attribute["type"];
  }
  EXPECT_EQ(types["LAST_TICKET_KEY"], "text");
  EXPECT_EQ(types["LAST_TICKET_DATE"], "date");
  EXPECT_EQ(types["JIRA_ACCOUNT_ID"], "text");
  const auto brevo = Control(brevo_->Url() + "/_control/violations");
  EXPECT_EQ(brevo["total"], 0) << brevo;
  const auto jira = Control(jira_->Url() + "/_control/violations");
  EXPECT_EQ(jira.at("total"), 0) << jira;
}

TEST_F(GatewayTest, Connect_stores_no_secret_in_the_clear_and_logs_none) {
  Connected(BasicRequest());
  for (const std::string& key : KeysInRedis()) {
    const std::string dump = Redis({"DUMP", key});
    EXPECT_EQ(dump.find("sim-token"), std::string::npos) << key;
    EXPECT_EQ(dump.find(kBrevoKey), std::string::npos) << key;
  }
  EXPECT_EQ(lines_->Text().find("sim-token"), std::string::npos);
  EXPECT_EQ(lines_->Text().find(kBrevoKey), std::string::npos);
  EXPECT_EQ(lines_->Text().find("ops@example.com"), std::string::npos);
}

TEST_F(GatewayTest, Connect_draws_on_the_quota_that_the_accounts_worker_draws_on) {
  const std::string id = Connected(BasicRequest()).connection().connection_id();
  const std::string answer = Redis({"HGET", "tajo:{" + id + "}:connection", "account_key"});
  const std::string account = answer.substr(answer.find('\n') + 1, 32);
  const std::string attributes = Redis({"EXISTS", "tajo:{brevo:" + account + "}:contacts"});
  EXPECT_EQ(attributes.substr(0, 2), ":1");
}

TEST_F(GatewayTest, Connect_twice_is_refused_naming_the_first) {
  const std::string id = Connected(BasicRequest()).connection().connection_id();
  ExpectRefused(BasicRequest(), StatusCode::ALREADY_EXISTS, v1::CONNECTION_EXISTS, {id});
}

TEST_F(GatewayTest, Connect_of_another_tenant_to_the_same_account_is_refused) {
  v1::ConnectRequest request = BasicRequest();
  Connected(request);
  v1::ConnectResponse response;
  const grpc::Status status = Connect(request, &response, "token-b");
  EXPECT_EQ(DetailOf(status).reason(), v1::BREVO_ACCOUNT_IN_USE) << status.error_message();
}

TEST_F(GatewayTest, Connect_with_a_wrong_token_is_refused) {
  v1::ConnectRequest request = BasicRequest();
  request.mutable_basic()->set_api_token("not-the-token");
  ExpectRefused(request, StatusCode::FAILED_PRECONDITION, v1::JIRA_AUTHENTICATION_FAILED, {"Jira"});
}

TEST_F(GatewayTest, Connect_to_an_unreachable_site_is_refused) {
  v1::ConnectRequest request = BasicRequest();
  request.mutable_basic()->set_site_url(fmt::format("http://127.0.0.1:{}", testing::ClosedPort()));
  ExpectRefused(request, StatusCode::UNAVAILABLE, v1::UPSTREAM_UNREACHABLE, {"Jira"});
}

TEST_F(GatewayTest, Connect_with_a_Brevo_key_refused_for_its_IP_is_refused) {
  Http(net::Method::kPost, brevo_->Url() + "/_control/accounts",
       fmt::format(R"({{"api_key":"{}","mode":"ip_blocked"}})", kBrevoKey));
  ExpectRefused(BasicRequest(), StatusCode::FAILED_PRECONDITION, v1::BREVO_IP_NOT_AUTHORIZED, {"IP"});
}

TEST_F(GatewayTest, Connect_with_an_unknown_Brevo_key_is_refused) {
  v1::ConnectRequest request = BasicRequest();
  request.set_brevo_api_key("xkeysib-nobody");
  ExpectRefused(request, StatusCode::FAILED_PRECONDITION, v1::BREVO_AUTHENTICATION_FAILED, {"Brevo"});
}

TEST_F(GatewayTest, Connect_with_an_unknown_project_names_it) {
  ExpectRefused(BasicRequest("connectors: {jira: {projects: [{key: SUPPORT}, {key: NOWHERE}]}}"),
                StatusCode::INVALID_ARGUMENT, v1::JIRA_PROJECT_UNKNOWN, {"NOWHERE"});
}

TEST_F(GatewayTest, Connect_with_bad_JQL_has_Jiras_words) {
  ExpectRefused(BasicRequest("connectors: {jira: {jql: \"statuss = Open\"}}"), StatusCode::INVALID_ARGUMENT,
                v1::JIRA_JQL_INVALID, {"connectors.jira.jql", "statuss"});
}

TEST_F(GatewayTest, Connect_with_bad_YAML_names_the_line) {
  ExpectRefused(BasicRequest("connectors:\n  jira:\n    projcts: []\n"), StatusCode::INVALID_ARGUMENT,
                v1::CONFIG_INVALID, {"line 3", "projcts"});
}

TEST_F(GatewayTest, Connect_with_an_unknown_list_names_it) {
  ExpectRefused(BasicRequest("connectors: {jira: {projects: [{key: SUPPORT, sync_to_list: 404}]}}"),
                StatusCode::INVALID_ARGUMENT, v1::BREVO_LIST_UNKNOWN, {"404"});
}

TEST_F(GatewayTest, Connect_with_several_faults_names_all) {
  ExpectRefused(BasicRequest("connectors: {jira: {projects: [{key: NOWHERE, sync_to_list: 404}], jql: \"x = 1\"}}"),
                StatusCode::INVALID_ARGUMENT, v1::JIRA_PROJECT_UNKNOWN, {"3 problems", "NOWHERE", "404"});
}

TEST_F(GatewayTest, Connect_with_an_empty_request_names_all_that_is_missing) {
  ExpectRefused(v1::ConnectRequest(), StatusCode::INVALID_ARGUMENT, v1::REQUEST_INVALID,
                {"log in to Jira", "brevo_api_key"});
}

TEST_F(GatewayTest, Connect_to_an_attribute_of_another_type_names_it) {
  const auto created = Brevo(net::Method::kPost, "/contacts/attributes/normal/LAST_TICKET_KEY", R"({"type":"float"})");
  ASSERT_EQ(created.status, 201);
  ExpectRefused(BasicRequest(), StatusCode::INVALID_ARGUMENT, v1::CONFIG_INVALID, {"LAST_TICKET_KEY", "float"});
}

constexpr char kMappedYaml[] = R"(
connectors:
  jira:
    projects: [{key: SUPPORT}]
field_mapping:
  emailAddress: email
  issue_priority: {attribute: LEVEL, type: category, map: {Highest: P1, High: P2}, default: P3}
  Story point estimate: {attribute: POINTS, type: float}
  customfield_10016: POINTS_AS_THEY_ARE
constants:
  SOURCE: "jira"
)";

TEST_F(GatewayTest, Connect_creates_typed_attributes_and_pins_what_is_written_for_an_option) {
  ASSERT_EQ(Brevo(net::Method::kPost, "/contacts/attributes/normal/POINTS_AS_THEY_ARE", R"({"type":"float"})").status,
            201);
  const v1::ConnectionConfig config = Connected(BasicRequest(kMappedYaml)).connection().config();
  std::map<std::string, nlohmann::json> attributes;
  const auto listed = nlohmann::json::parse(Brevo(net::Method::kGet, "/contacts/attributes").body);
  for (const auto& attribute : listed.at("attributes")) attributes[attribute["name"]] = attribute;
  EXPECT_EQ(attributes["LEVEL"]["category"], "category");
  EXPECT_EQ(attributes["LEVEL"]["enumeration"][2]["label"], "P3");
  EXPECT_EQ(attributes["POINTS"]["type"], "float");
  EXPECT_EQ(attributes["SOURCE"]["type"], "text");
  EXPECT_EQ(config.field_mapping(1).options(2).value_json(), "3");
  EXPECT_EQ(config.field_mapping(3).type(), v1::ATTRIBUTE_FLOAT) << "as the account has it";
  const auto brevo = Control(brevo_->Url() + "/_control/violations");
  EXPECT_EQ(brevo["total"], 0) << brevo;
}

TEST_F(GatewayTest, Update_to_a_type_that_the_attribute_has_not_is_refused_with_the_way_out) {
  Connected(BasicRequest(kMappedYaml));
  v1::UpdateConnectionRequest update;
  update.set_config_yaml("field_mapping: {issue_priority: {attribute: LEVEL, type: text}}");
  v1::Connection connection;
  const grpc::Status status = Call(&Stub::UpdateConnection, update, &connection);
  EXPECT_EQ(DetailOf(status).field(), "field_mapping.issue_priority");
  for (const char* word : {"LEVEL", "category", "text", "use another attribute"}) {
    EXPECT_NE(status.error_message().find(word), std::string::npos) << status.error_message();
  }
  update.set_config_yaml(
      "field_mapping: {issue_status: {attribute: STATE, type: boolean, map: {Done: \"false\"}, "
      "default: \"true\"}}");
  ASSERT_TRUE(Call(&Stub::UpdateConnection, update, &connection).ok());
  EXPECT_NE(Brevo(net::Method::kGet, "/contacts/attributes").body.find("\"STATE\""), std::string::npos);
}

TEST_F(GatewayTest, Connect_with_unknown_story_points_names_the_field) {
  ExpectRefused(BasicRequest("connectors: {jira: {story_points: Effort}}"), StatusCode::INVALID_ARGUMENT,
                v1::CONFIG_INVALID, {"Effort", "story_points"});
}

TEST_F(GatewayTest, Connect_with_a_wrong_client_secret_is_refused_before_consent) {
  v1::ConnectRequest request = OAuthRequest();
  request.mutable_oauth()->set_client_secret("not-the-secret");
  ExpectRefused(request, StatusCode::FAILED_PRECONDITION, v1::OAUTH_CLIENT_INVALID, {"client"});
}

TEST_F(GatewayTest, Disconnect_removes_every_key) {
  Connected(BasicRequest());
  v1::DisconnectResponse response;
  ASSERT_TRUE(Call(&Stub::Disconnect, v1::DisconnectRequest(), &response).ok());
  EXPECT_EQ(response.left_behind_size(), 0);
  for (const std::string& key : KeysInRedis()) EXPECT_TRUE(key.ends_with(":lease")) << key;  // the fence, for a minute
  v1::Status status;
  const grpc::Status gone = Call(&Stub::GetStatus, v1::GetStatusRequest(), &status);
  EXPECT_EQ(gone.error_code(), StatusCode::NOT_FOUND);
  Connected(BasicRequest());
}

TEST_F(GatewayTest, UpdateConnection_pauses_resumes_and_verifies_a_config) {
  Connected(BasicRequest());
  v1::UpdateConnectionRequest pause;
  pause.set_paused(true);
  v1::Connection connection;
  ASSERT_TRUE(Call(&Stub::UpdateConnection, pause, &connection).ok());
  EXPECT_EQ(connection.state(), v1::PAUSED);
  v1::Sync sync;
  EXPECT_EQ(DetailOf(Call(&Stub::StartSync, v1::StartSyncRequest(), &sync)).reason(), v1::CONNECTION_PAUSED);
  v1::UpdateConnectionRequest resume;
  resume.set_paused(false);
  resume.set_config_yaml("connectors: {jira: {projects: [{key: SUPPORT}]}}");
  ASSERT_TRUE(Call(&Stub::UpdateConnection, resume, &connection).ok());
  EXPECT_EQ(connection.state(), v1::ACTIVE);
  EXPECT_EQ(connection.config().projects_size(), 1);
  EXPECT_EQ(connection.config().site_url(), jira_->Url());
  v1::UpdateConnectionRequest wrong;
  wrong.set_config_yaml("connectors: {jira: {projects: [{key: NOWHERE}]}}");
  EXPECT_EQ(DetailOf(Call(&Stub::UpdateConnection, wrong, &connection)).reason(), v1::JIRA_PROJECT_UNKNOWN);
}

}  // namespace
}  // namespace tajo::gateway
