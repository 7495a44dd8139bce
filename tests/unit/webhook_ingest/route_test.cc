#include "services/webhook-ingest/route.h"

#include <gtest/gtest.h>

#include <string>

namespace tajo::ingest {
namespace {

TEST(RouteTest, ConnectionPath_NamesItsConnection) {
  const Route route = RouteOf("POST", "/webhooks/jira/c_0123456789abcdef0123");
  EXPECT_EQ(route.endpoint, Endpoint::kConnectionWebhook);
  EXPECT_EQ(route.connection_id, "c_0123456789abcdef0123");
}

TEST(RouteTest, AppPath_IsTheAppsOneUrl) {
  EXPECT_EQ(RouteOf("POST", "/webhooks/jira").endpoint, Endpoint::kAppWebhook);
}

TEST(RouteTest, ProbePaths_TakeGetOnly) {
  EXPECT_EQ(RouteOf("GET", "/healthz").endpoint, Endpoint::kHealth);
  EXPECT_EQ(RouteOf("GET", "/readyz").endpoint, Endpoint::kReady);
  EXPECT_EQ(RouteOf("POST", "/readyz").allow, "GET");
}

TEST(RouteTest, WebhookPathByAnotherMethod_SaysWhichWouldDo) {
  for (const char* method : {"GET", "PUT", "DELETE", "HEAD", "OPTIONS"}) {
    const Route route = RouteOf(method, "/webhooks/jira/c_1");
    EXPECT_EQ(route.endpoint, Endpoint::kWrongMethod) << method;
    EXPECT_EQ(route.allow, "POST");
  }
}

TEST(RouteTest, AnyOtherPath_IsUnknown) {
  for (const char* path : {"/", "", "/webhooks", "/webhooks/jira/", "/webhooks/jira/c_1/", "/webhooks/jira/c_1/x",
                           "/webhooks/jiraX", "/webhooks/brevo", "/webhooks/brevo/c_1/x", "/metrics", "*"}) {
    EXPECT_EQ(RouteOf("POST", path).endpoint, Endpoint::kUnknown) << path;
  }
}

TEST(RouteTest, ConnectionId_WithCharactersOfAKey_IsNone) {
  EXPECT_TRUE(IsConnectionId("c_0123456789abcdef0123"));
  for (const char* id : {"", "c_{1}", "c:1", "c%201", "c 1", "../c_1"}) EXPECT_FALSE(IsConnectionId(id)) << id;
  EXPECT_FALSE(IsConnectionId(std::string(65, 'a')));
}

TEST(RouteTest, SiteName_IsAHostOrACloudId) {
  EXPECT_TRUE(IsSiteName("your-domain.atlassian.net"));
  EXPECT_TRUE(IsSiteName("127.0.0.1:8080"));
  EXPECT_TRUE(IsSiteName("11223344-a1b2-3b33-c444-def123456789"));
  for (const char* site : {"", "a}b", "a/b", "a b"}) EXPECT_FALSE(IsSiteName(site)) << site;
}

TEST(RouteTest, BearerToken_IsReadWhateverTheSchemesCase) {
  EXPECT_EQ(BearerToken("Bearer a.b.c"), "a.b.c");
  EXPECT_EQ(BearerToken("bearer  a.b.c"), "a.b.c");
  for (const char* header : {"", "Bearer", "Bearer ", "Bearer   ", "Basic a.b.c", "JWT a.b.c"}) {
    EXPECT_EQ(BearerToken(header), "") << header;
  }
}

}  // namespace
}  // namespace tajo::ingest
