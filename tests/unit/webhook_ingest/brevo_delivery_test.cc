#include "services/webhook-ingest/brevo_delivery.h"

#include <gtest/gtest.h>

#include "services/webhook-ingest/gate.h"
#include "services/webhook-ingest/route.h"

namespace tajo::ingest {
namespace {

class BearerTest : public ::testing::Test {
 protected:
  static KnownConnection Connection(std::vector<std::string> tokens) {
    KnownConnection connection;
    connection.takes_webhooks = true;
    for (std::string& token : tokens) connection.brevo_tokens.emplace_back(std::move(token));
    return connection;
  }
  base::SeededRandom random_{7};
  Gate gate_{random_};
};

TEST_F(BearerTest, OwnToken_IsAdmitted_AndBothWhileRotating) {
  const KnownConnection connection = Connection({"new", "former"});
  EXPECT_TRUE(gate_.AdmitsBearer(&connection, "new"));
  EXPECT_TRUE(gate_.AdmitsBearer(&connection, "former"));
  EXPECT_FALSE(gate_.AdmitsBearer(&connection, "other"));
  EXPECT_FALSE(gate_.AdmitsBearer(&connection, ""));
}

TEST_F(BearerTest, WithoutToken_NothingIsAdmitted) {
  const KnownConnection none = Connection({});
  const KnownConnection empty = Connection({""});
  EXPECT_FALSE(gate_.AdmitsBearer(&none, ""));
  EXPECT_FALSE(gate_.AdmitsBearer(&empty, ""));
  EXPECT_FALSE(gate_.AdmitsBearer(nullptr, "new"));
  // Nor are the decoys that are compared instead.
  base::SeededRandom same(7);
  EXPECT_FALSE(gate_.AdmitsBearer(&none, same.Hex(32)));
}

TEST_F(BearerTest, ConnectionThatTakesNothing_AdmitsNothing) {
  KnownConnection pending = Connection({"new"});
  pending.takes_webhooks = false;
  EXPECT_FALSE(gate_.AdmitsBearer(&pending, "new"));
}

TEST(BrevoRoute, PathNamesTheConnection) {
  EXPECT_EQ(RouteOf("POST", "/webhooks/brevo/c_1").endpoint, Endpoint::kBrevoWebhook);
  EXPECT_EQ(RouteOf("POST", "/webhooks/brevo/c_1").connection_id, "c_1");
  EXPECT_EQ(RouteOf("GET", "/webhooks/brevo/c_1").endpoint, Endpoint::kWrongMethod);
  EXPECT_EQ(RouteOf("POST", "/webhooks/brevo").endpoint, Endpoint::kUnknown);
  EXPECT_EQ(RouteOf("POST", "/webhooks/brevo/").endpoint, Endpoint::kUnknown);
  EXPECT_EQ(RouteOf("POST", "/webhooks/brevo/c_1/x").endpoint, Endpoint::kUnknown);
}

TEST(BrevoDelivery, NoticesBecomeEntriesForPeople) {
  brevo::WebhookDelivery delivery;
  delivery.notices.push_back({brevo::ContactNotice::Kind::kDeleted, "ann@example.com", 5000});
  delivery.notices.push_back({brevo::ContactNotice::Kind::kUnsubscribed, "bob@example.com", 0});
  const auto events = PeopleEvents(delivery, 9000);
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[0].erasure().email(), "ann@example.com");
  EXPECT_EQ(events[0].erasure().origin(), jira::v1::PersonErasure::ORIGIN_BREVO);
  EXPECT_EQ(events[0].occurred_ms(), 5000);
  EXPECT_EQ(events[0].received_ms(), 9000);
  EXPECT_EQ(events[1].unsubscribed().email(), "bob@example.com");
}

}  // namespace
}  // namespace tajo::ingest
