#include "services/webhook-ingest/known_connection.h"

#include <gtest/gtest.h>

namespace tajo::ingest {
namespace {

TEST(KnownConnectionTest, States_ThatTakeWebhooks) {
  using enum jira::v1::ConnectionState;
  for (const auto& [state, takes] :
       std::vector<std::pair<jira::v1::ConnectionState, bool>>{{ACTIVE, true},
                                                               {DEGRADED, true},
                                                               {NEEDS_REAUTHORIZATION, true},
                                                               {PAUSED, true},
                                                               {PENDING, false},
                                                               {DISCONNECTING, false},
                                                               {CONNECTION_STATE_UNSPECIFIED, false}}) {
    store::ConnectionRecord record;
    record.state = state;
    EXPECT_EQ(MakeKnown(record, {}).takes_webhooks, takes) << state;
  }
}

TEST(KnownConnectionTest, CustomFieldById_IsReadFromTheWebhook) {
  store::ConnectionRecord record;
  record.config.add_contact_source("reporter");
  record.config.add_contact_source("customfield_10050");
  const KnownConnection known = MakeKnown(record, {});
  EXPECT_TRUE(known.fields.extra.contains("customfield_10050"));
  EXPECT_EQ(known.fields.extra.size(), 1u);
  EXPECT_FALSE(known.names_fields);
}

TEST(KnownConnectionTest, CustomFieldByName_NeedsJira) {
  store::ConnectionRecord record;
  record.config.add_field_mapping()->set_source("Customer tier");
  EXPECT_TRUE(MakeKnown(record, {}).names_fields);
}

TEST(KnownConnectionTest, SecretsAndIds_AreKept) {
  store::ConnectionRecord record;
  record.connection_id = "c_1";
  record.generation = 7;
  record.webhook_ids = {1, 1000};
  record.config.set_stream_high_water(50);
  jira::v1::Credentials credentials;
  credentials.add_webhook_secrets("new");
  credentials.add_webhook_secrets("former");
  credentials.set_app_id("a_1");
  const KnownConnection known = MakeKnown(record, credentials);
  EXPECT_EQ(known.generation, 7);
  EXPECT_EQ(known.webhook_secrets.size(), 2u);
  EXPECT_EQ(known.webhook_secrets[1].Reveal(), "former");
  EXPECT_EQ(known.app_id, "a_1");
  EXPECT_EQ(known.webhook_ids, (std::vector<int64_t>{1, 1000}));
  EXPECT_EQ(known.high_water, 50);
}

}  // namespace
}  // namespace tajo::ingest
