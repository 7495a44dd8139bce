#include "services/gateway/update_request.h"

#include <gtest/gtest.h>

#include "common/base/error.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::gateway {
namespace {

namespace v1 = ::tajo::jira::v1;

store::ConnectionRecord Stored(v1::AuthType auth) {
  store::ConnectionRecord record;
  record.config.set_auth_type(auth);
  record.state = v1::ACTIVE;
  return record;
}

TEST(CheckUpdate, credentials_of_the_other_way_to_log_in_are_refused) {
  v1::UpdateConnectionRequest request;
  request.set_jira_api_token("t0ken");
  EXPECT_TRUE(CheckUpdate(request, Stored(v1::BASIC)).ok());
  EXPECT_EQ(base::FieldOf(CheckUpdate(request, Stored(v1::OAUTH2))), "jira_api_token");
  request.Clear();
  request.set_oauth_client_secret("s3cret");
  EXPECT_TRUE(CheckUpdate(request, Stored(v1::OAUTH2)).ok());
  EXPECT_EQ(base::FieldOf(CheckUpdate(request, Stored(v1::BASIC))), "oauth_client_secret");
}

TEST(CheckUpdate, bad_field_is_named_and_not_shown) {
  v1::UpdateConnectionRequest request;
  request.set_jira_email("ops@example.com");
  EXPECT_EQ(base::FieldOf(CheckUpdate(request, Stored(v1::BASIC))), "jira_email");
  request.Clear();
  request.set_brevo_api_key("xkeysib-hush\n");
  const absl::Status status = CheckUpdate(request, Stored(v1::BASIC));
  EXPECT_EQ(base::FieldOf(status), "brevo_api_key");
  EXPECT_EQ(status.message().find("hush"), absl::string_view::npos);
}

TEST(CheckUpdate, connection_that_awaits_consent_cannot_be_paused_nor_one_that_goes_changed) {
  v1::UpdateConnectionRequest request;
  request.set_paused(true);
  store::ConnectionRecord record = Stored(v1::OAUTH2);
  record.state = v1::PENDING;
  EXPECT_EQ(base::ReasonOf(CheckUpdate(request, record)), v1::CONNECTION_PENDING);
  record.state = v1::DISCONNECTING;
  EXPECT_EQ(base::ReasonOf(CheckUpdate({}, record)), v1::CONNECTION_CHANGED);
}

TEST(WithNew, former_webhook_secret_stays_behind_the_new_one) {
  v1::Credentials credentials;
  credentials.add_webhook_secrets("second");
  credentials.add_webhook_secrets("first");
  v1::UpdateConnectionRequest request;
  request.set_webhook_secret("third");
  const v1::Credentials changed = WithNew(credentials, request);
  ASSERT_EQ(changed.webhook_secrets_size(), 2);
  EXPECT_EQ(changed.webhook_secrets(0), "third");
  EXPECT_EQ(changed.webhook_secrets(1), "second");
  // A repetition of the call doesn't push the former one out.
  EXPECT_EQ(WithNew(changed, request).webhook_secrets(1), "second");
}

}  // namespace
}  // namespace tajo::gateway
