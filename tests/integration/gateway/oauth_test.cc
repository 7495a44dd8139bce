#include "common/net/url.h"
#include "tests/integration/gateway/fixture.h"

namespace tajo::gateway {
namespace {

using Stub = v1::JiraConnector::Stub;

std::string Parameter(const std::string& url, const std::string& name) {
  const std::size_t begin = url.find(name + "=");
  if (begin == std::string::npos) return "";
  const std::size_t from = begin + name.size() + 1;
  return url.substr(from, url.find('&', from) - from);
}

class OAuthTest : public GatewayTest {
 protected:
  // Goes where the administrator's browser goes; what the callback gets.
  v1::CompleteAuthorizationRequest Consent(const std::string& authorization_url) {
    const net::HttpResponse answer = Http(net::Method::kGet, authorization_url);
    const std::string location(answer.headers.Find("Location").value_or(""));
    v1::CompleteAuthorizationRequest request;
    request.set_state(Parameter(location, "state"));
    request.set_code(Parameter(location, "code"));
    request.set_error(Parameter(location, "error"));
    return request;
  }
};

// The consent page of an app that lacks a scope grants all but that one.
std::string Without(std::string authorization_url, const std::string& scope) {
  const std::string word = "%20" + scope;
  const std::size_t at = authorization_url.find(word);
  EXPECT_NE(at, std::string::npos) << scope << " isn't asked for: " << authorization_url;
  return at == std::string::npos ? authorization_url : authorization_url.erase(at, word.size());
}

TEST_F(OAuthTest, Consent_makes_the_connection_active_and_syncs) {
  const v1::ConnectResponse pending = Connected(OAuthRequest());
  EXPECT_EQ(pending.connection().state(), v1::PENDING);
  EXPECT_TRUE(pending.sync_id().empty());
  v1::CompleteAuthorizationResponse response;
  const grpc::Status status = Call(&Stub::CompleteAuthorization, Consent(pending.authorization_url()), &response);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(response.connection().state(), v1::ACTIVE);
  EXPECT_EQ(response.connection().config().site_url(), jira_->Url());
  EXPECT_FALSE(response.sync_id().empty());
  v1::QueryRequest query;
  query.set_jql("project = SUPPORT");
  query.set_max_results(5);
  v1::QueryResponse issues;
  ASSERT_TRUE(Call(&Stub::Query, query, &issues).ok());
  EXPECT_EQ(issues.issues_size(), 5);
}

TEST_F(OAuthTest, Pending_connection_refuses_what_needs_Jira) {
  Connected(OAuthRequest());
  v1::QueryRequest query;
  query.set_jql("project = SUPPORT");
  v1::QueryResponse issues;
  EXPECT_EQ(DetailOf(Call(&Stub::Query, query, &issues)).reason(), v1::CONNECTION_PENDING);
  v1::Sync sync;
  EXPECT_EQ(DetailOf(Call(&Stub::StartSync, v1::StartSyncRequest(), &sync)).reason(), v1::CONNECTION_PENDING);
  v1::TestConnectionResponse checks;
  ASSERT_TRUE(Call(&Stub::TestConnection, v1::TestConnectionRequest(), &checks).ok());
  EXPECT_EQ(checks.checks(0).reason(), v1::CONNECTION_PENDING);
  EXPECT_FALSE(checks.passed());
}

TEST_F(OAuthTest, Declined_consent_leaves_it_pending_and_can_begin_again) {
  const v1::ConnectResponse pending = Connected(OAuthRequest());
  Http(net::Method::kPost, jira_->Url() + "/_control/oauth", R"({"decline_next":true})");
  v1::CompleteAuthorizationResponse response;
  const v1::CompleteAuthorizationRequest declined = Consent(pending.authorization_url());
  EXPECT_EQ(declined.error(), "access_denied");
  EXPECT_EQ(DetailOf(Call(&Stub::CompleteAuthorization, declined, &response)).reason(), v1::OAUTH_CONSENT_DECLINED);
  v1::BeginAuthorizationResponse again;
  ASSERT_TRUE(Call(&Stub::BeginAuthorization, v1::BeginAuthorizationRequest(), &again).ok());
  const grpc::Status status = Call(&Stub::CompleteAuthorization, Consent(again.authorization_url()), &response);
  EXPECT_TRUE(status.ok()) << status.error_message();
}

TEST_F(OAuthTest, State_is_good_once_and_only_if_known) {
  const v1::ConnectResponse pending = Connected(OAuthRequest());
  const v1::CompleteAuthorizationRequest request = Consent(pending.authorization_url());
  v1::CompleteAuthorizationResponse response;
  ASSERT_TRUE(Call(&Stub::CompleteAuthorization, request, &response).ok());
  EXPECT_EQ(DetailOf(Call(&Stub::CompleteAuthorization, request, &response)).reason(), v1::OAUTH_STATE_INVALID);
}

TEST_F(OAuthTest, Site_that_is_not_granted_names_those_that_are_and_leaves_no_grant) {
  v1::ConnectRequest request = OAuthRequest();
  request.mutable_oauth()->set_cloud_id("another-site");
  const v1::ConnectResponse pending = Connected(request);
  const auto before = KeysInRedis();
  v1::CompleteAuthorizationResponse response;
  const grpc::Status status = Call(&Stub::CompleteAuthorization, Consent(pending.authorization_url()), &response);
  EXPECT_EQ(DetailOf(status).reason(), v1::OAUTH_SITE_NOT_GRANTED);
  EXPECT_NE(status.error_message().find("11223344-a1b2-4b33-8c44-1234567890ab"), std::string::npos);
  for (const std::string& key : KeysInRedis()) EXPECT_TRUE(before.contains(key)) << key;
}

TEST_F(OAuthTest, Consent_with_an_unknown_project_stays_pending_without_a_grant) {
  const v1::ConnectResponse pending = Connected(OAuthRequest("connectors: {jira: {projects: [{key: NOWHERE}]}}"));
  v1::CompleteAuthorizationResponse response;
  const grpc::Status status = Call(&Stub::CompleteAuthorization, Consent(pending.authorization_url()), &response);
  EXPECT_EQ(DetailOf(status).reason(), v1::JIRA_PROJECT_UNKNOWN);
  for (const std::string& key : KeysInRedis()) EXPECT_EQ(key.find(":grant"), std::string::npos) << key;
  v1::Connection connection;
  ASSERT_TRUE(Call(&Stub::GetConnection, v1::GetConnectionRequest(), &connection).ok());
  EXPECT_EQ(connection.state(), v1::PENDING);
}

TEST_F(OAuthTest, Consent_without_a_needed_scope_names_it_and_leaves_no_grant) {
  const v1::ConnectResponse pending = Connected(OAuthRequest());
  v1::CompleteAuthorizationResponse response;
  const grpc::Status status = Call(&Stub::CompleteAuthorization,
                                   Consent(Without(pending.authorization_url(), "manage%3Ajira-webhook")), &response);
  EXPECT_EQ(DetailOf(status).reason(), v1::JIRA_SCOPE_MISSING);
  EXPECT_NE(status.error_message().find("lacks manage:jira-webhook: add it to the app"), std::string::npos)
      << status.error_message();
  for (const std::string& key : KeysInRedis()) EXPECT_EQ(key.find(":grant"), std::string::npos) << key;
}

// An app without them connects all the same: sprints are then known by webhooks only.
TEST_F(OAuthTest, Scopes_of_sprints_are_asked_for_where_they_are_on_and_may_be_lacking) {
  const v1::ConnectResponse pending = Connected(OAuthRequest());
  v1::CompleteAuthorizationResponse response;
  const grpc::Status status =
      Call(&Stub::CompleteAuthorization, Consent(Without(pending.authorization_url(), "read%3Asprint%3Ajira-software")),
           &response);
  EXPECT_TRUE(status.ok()) << status.error_message();
  v1::UpdateConnectionRequest update;
  update.set_config_yaml("connectors: {jira: {milestones: {sprints: false}}}");
  v1::Connection updated;
  const grpc::Status changed = Call(&Stub::UpdateConnection, update, &updated);
  ASSERT_TRUE(changed.ok()) << changed.error_message();
  v1::BeginAuthorizationResponse again;
  ASSERT_TRUE(Call(&Stub::BeginAuthorization, v1::BeginAuthorizationRequest(), &again).ok());
  EXPECT_EQ(again.authorization_url().find("jira-software"), std::string::npos) << again.authorization_url();
}

TEST_F(OAuthTest, Another_tenant_cannot_complete_it) {
  const v1::ConnectResponse pending = Connected(OAuthRequest());
  v1::CompleteAuthorizationResponse response;
  const grpc::Status status =
      Call(&Stub::CompleteAuthorization, Consent(pending.authorization_url()), &response, "token-b");
  EXPECT_EQ(status.error_code(), grpc::StatusCode::NOT_FOUND);
}

TEST_F(OAuthTest, No_initial_sync_is_remembered_through_the_consent) {
  v1::ConnectRequest request = OAuthRequest();
  request.set_no_initial_sync(true);
  const v1::ConnectResponse pending = Connected(request);
  v1::CompleteAuthorizationResponse response;
  ASSERT_TRUE(Call(&Stub::CompleteAuthorization, Consent(pending.authorization_url()), &response).ok());
  EXPECT_TRUE(response.sync_id().empty());
}

TEST_F(OAuthTest, New_client_secret_ends_the_need_to_log_in_again) {
  const v1::ConnectResponse pending = Connected(OAuthRequest());
  v1::CompleteAuthorizationResponse completed;
  ASSERT_TRUE(Call(&Stub::CompleteAuthorization, Consent(pending.authorization_url()), &completed).ok());
  Redis({"HSET", "tajo:{" + pending.connection().connection_id() + "}:connection", "state",
         std::to_string(static_cast<int>(v1::NEEDS_REAUTHORIZATION)), "reason", "the client secret was refused"});
  v1::UpdateConnectionRequest change;
  change.set_oauth_client_secret("sim-client-secret");
  v1::Connection connection;
  const grpc::Status status = Call(&Stub::UpdateConnection, change, &connection);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(connection.state(), v1::ACTIVE);
  EXPECT_EQ(connection.reason(), "");
}

TEST_F(OAuthTest, Disconnect_leaves_only_the_shared_app) {
  const v1::ConnectResponse pending = Connected(OAuthRequest());
  v1::CompleteAuthorizationResponse completed;
  ASSERT_TRUE(Call(&Stub::CompleteAuthorization, Consent(pending.authorization_url()), &completed).ok());
  v1::DisconnectResponse response;
  ASSERT_TRUE(Call(&Stub::Disconnect, v1::DisconnectRequest(), &response).ok());
  for (const std::string& key : KeysInRedis()) {
    EXPECT_TRUE(key.ends_with(":lease") || key.ends_with(":app")) << key;
  }
}

}  // namespace
}  // namespace tajo::gateway
