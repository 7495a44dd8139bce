#include "common/redis/open.h"
#include "common/store/connections.h"
#include "tests/integration/gateway/fixture.h"

namespace tajo::gateway {
namespace {

using Stub = v1::JiraConnector::Stub;

class UpdateTest : public GatewayTest {
 protected:
  UpdateTest() : id_(Connected(BasicRequest()).connection().connection_id()) {}

  grpc::Status Update(const v1::UpdateConnectionRequest& request, v1::Connection* connection = nullptr) {
    v1::Connection ignored;
    return Call(&Stub::UpdateConnection, request, connection == nullptr ? &ignored : connection);
  }
  v1::Connection Get() {
    v1::Connection connection;
    EXPECT_TRUE(Call(&Stub::GetConnection, v1::GetConnectionRequest(), &connection).ok());
    return connection;
  }
  void Stop(v1::ConnectionState state, const std::string& reason) {
    Redis(
        {"HSET", "tajo:{" + id_ + "}:connection", "state", std::to_string(static_cast<int>(state)), "reason", reason});
  }

  std::string id_;
};

TEST_F(UpdateTest, New_config_of_a_paused_connection_leaves_it_paused) {
  v1::UpdateConnectionRequest pause;
  pause.set_paused(true);
  ASSERT_TRUE(Update(pause).ok());
  v1::UpdateConnectionRequest change;
  change.set_config_yaml("connectors: {jira: {projects: [{key: SUPPORT}]}}");
  v1::Connection connection;
  const grpc::Status status = Update(change, &connection);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(connection.state(), v1::PAUSED);
  EXPECT_EQ(connection.config().projects_size(), 1);
  v1::UpdateConnectionRequest resume;
  resume.set_paused(false);
  ASSERT_TRUE(Update(resume, &connection).ok());
  EXPECT_EQ(connection.state(), v1::ACTIVE);
}

TEST_F(UpdateTest, Config_is_verified_with_both_accounts_and_may_not_name_another_site) {
  v1::UpdateConnectionRequest change;
  change.set_config_yaml("connectors: {jira: {projects: [{key: SUPPORT, sync_to_list: 99}]}}");
  EXPECT_EQ(DetailOf(Update(change)).reason(), v1::BREVO_LIST_UNKNOWN);
  change.set_config_yaml("connectors: {jira: {projects: [{key: GONE}]}}");
  EXPECT_EQ(DetailOf(Update(change)).reason(), v1::JIRA_PROJECT_UNKNOWN);
  change.set_config_yaml("connectors: {jira: {site_url: other.atlassian.net}}");
  EXPECT_EQ(DetailOf(Update(change)).field(), "connectors.jira.site_url");
  EXPECT_EQ(Get().config().projects_size(), 2);
}

TEST_F(UpdateTest, New_credentials_are_tried_before_they_are_stored) {
  v1::UpdateConnectionRequest change;
  change.set_jira_api_token("wrong-token");
  EXPECT_EQ(DetailOf(Update(change)).reason(), v1::JIRA_AUTHENTICATION_FAILED);
  change.Clear();
  change.set_brevo_api_key("xkeysib-unknown");
  EXPECT_EQ(DetailOf(Update(change)).reason(), v1::BREVO_AUTHENTICATION_FAILED);
  // The former ones still work.
  v1::TestConnectionResponse test;
  ASSERT_TRUE(Call(&Stub::TestConnection, v1::TestConnectionRequest(), &test).ok());
  EXPECT_TRUE(test.checks(0).passed()) << test.checks(0).detail();
  EXPECT_TRUE(test.checks(5).passed()) << test.checks(5).detail();
}

TEST_F(UpdateTest, New_api_token_ends_the_need_to_log_in_again) {
  Stop(v1::NEEDS_REAUTHORIZATION, "the token is wrong, expired or revoked");
  v1::UpdateConnectionRequest change;
  change.set_jira_email("ops@example.com");
  change.set_jira_api_token("sim-token");
  v1::Connection connection;
  const grpc::Status status = Update(change, &connection);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(connection.state(), v1::ACTIVE);
  EXPECT_EQ(connection.reason(), "");
}

TEST_F(UpdateTest, Key_of_another_Brevo_account_is_refused) {
  v1::UpdateConnectionRequest change;
  change.set_brevo_api_key("xkeysib-tenant-b");
  const grpc::Status status = Update(change);
  EXPECT_EQ(DetailOf(status).field(), "brevo_api_key") << status.error_message();
}

TEST_F(UpdateTest, New_webhook_secret_keeps_the_former_one) {
  v1::UpdateConnectionRequest change;
  change.set_webhook_secret("the-second-secret");
  ASSERT_TRUE(Update(change).ok());
  redis::Options options;
  options.url = redis_.Url();
  const auto client = redis::Open(client_loop_.Context(), clock_, random_, options);
  ASSERT_TRUE(client.ok()) << client.status();
  store::Connections connections(**client, clock_, random_, keyring_);
  const auto credentials = testing::RunTask(client_loop_, connections.GetCredentials(id_));
  ASSERT_TRUE(credentials.ok()) << credentials.status();
  ASSERT_EQ(credentials->webhook_secrets_size(), 2);
  EXPECT_EQ(credentials->webhook_secrets(0), "the-second-secret");
  EXPECT_EQ(credentials->jira_api_token(), "sim-token");
}

}  // namespace
}  // namespace tajo::gateway
