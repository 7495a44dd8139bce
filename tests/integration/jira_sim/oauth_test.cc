#include "tests/integration/jira_sim/fixture.h"

namespace tajo::jira_sim {
namespace {

class OauthTest : public JiraSimTest {
 protected:
  std::string Consent(const std::string& scope = "read:jira-work%20read:jira-user%20offline_access") {
    const Reply reply =
        Get("/authorize?audience=api.atlassian.com&client_id=sim-client&scope=" + scope +
                "&redirect_uri=https%3A%2F%2Fapp.example.com%2Fcb&state=s1&response_type=code&prompt=consent",
            "");
    EXPECT_EQ(reply.status, 302);
    const std::string location = reply.Header("Location");
    EXPECT_TRUE(location.ends_with("&state=s1")) << location;
    return location.substr(location.find("code=") + 5, location.find('&') - location.find("code=") - 5);
  }
  Reply Exchange(const std::string& code) {
    return Post("/oauth/token",
                {{"grant_type", "authorization_code"},
                 {"client_id", "sim-client"},
                 {"client_secret", "sim-client-secret"},
                 {"code", code},
                 {"redirect_uri", "https://app.example.com/cb"}},
                "");
  }
  Reply Refresh(const std::string& token, const std::string& secret = "sim-client-secret") {
    return Post("/oauth/token",
                {{"grant_type", "refresh_token"},
                 {"client_id", "sim-client"},
                 {"client_secret", secret},
                 {"refresh_token", token}},
                "");
  }
};

TEST_F(OauthTest, Consent_GivesTokensThatWorkThroughTheGateway) {
  Start({.issues = 10});
  const Reply tokens = Exchange(Consent());
  ASSERT_EQ(tokens.status, 200) << tokens.body;
  EXPECT_EQ(tokens.json["expires_in"], 3600);
  const std::string bearer = "Bearer " + tokens.json["access_token"].get<std::string>();
  const Reply me = Get(Gateway() + "/rest/api/3/myself", bearer);
  EXPECT_EQ(me.status, 200);
  EXPECT_EQ(me.json["self"].get<std::string>().find(simulator_->Url() + Gateway()), 0u);
  const Json sites = Get("/oauth/token/accessible-resources", bearer).json;
  ASSERT_EQ(sites.size(), 2u);
  EXPECT_EQ(sites[0]["id"], Options().cloud_id);
  EXPECT_EQ(Get("/_edge/tenant_info", "").json["cloudId"], Options().cloud_id);
  EXPECT_EQ(Violations(), 0);
}

TEST_F(OauthTest, Code_UsedTwice_IsRefused) {
  Start({.issues = 0});
  const std::string code = Consent();
  EXPECT_EQ(Exchange(code).status, 200);
  EXPECT_EQ(Exchange(code).status, 403);
}

TEST_F(OauthTest, Token_OnTheSiteHost_IsRefusedAndCounted) {
  Start({.issues = 0});
  EXPECT_EQ(Get("/rest/api/3/myself", Bearer()).status, 401);
  EXPECT_EQ(Violations("oauth_token_on_site_host"), 1);
}

TEST_F(OauthTest, Token_AfterAnHour_HasExpired) {
  Start({.issues = 0});
  const std::string bearer = Bearer();
  clock_.Advance(std::chrono::minutes(61));
  EXPECT_EQ(Get(Gateway() + "/rest/api/3/myself", bearer).status, 401);
}

TEST_F(OauthTest, MissingScope_IsA401OfItsOwn) {
  Start({.issues = 0});
  const Reply reply = Get(Gateway() + "/rest/api/3/myself", Bearer({{"scopes", {"read:jira-work"}}}));
  EXPECT_EQ(reply.status, 401);
  EXPECT_EQ(reply.json["message"], "Unauthorized; scope does not match");
}

TEST_F(OauthTest, RefreshToken_Rotates_AndTheOldOneLivesTenMinutes) {
  Start({.issues = 0});
  const std::string old = Exchange(Consent()).json["refresh_token"];
  const Reply first = Refresh(old);
  ASSERT_EQ(first.status, 200);
  EXPECT_NE(first.json["refresh_token"], old);
  clock_.Advance(std::chrono::minutes(9));
  EXPECT_EQ(Refresh(old).status, 200);
  clock_.Advance(std::chrono::minutes(2));
  const Reply dead = Refresh(old);
  EXPECT_EQ(dead.status, 403);
  EXPECT_EQ(dead.json["error"], "unauthorized_client");
  EXPECT_EQ(dead.json["error_description"], "refresh_token is invalid");
  EXPECT_EQ(Violations("refresh_token_reused"), 1);
  EXPECT_EQ(Refresh(first.json["refresh_token"]).status, 200);
}

TEST_F(OauthTest, WrongSecret_IsAccessDenied) {
  Start({.issues = 0});
  const Reply reply = Refresh("x", "wrong");
  EXPECT_EQ(reply.status, 401);
  EXPECT_EQ(reply.json["error"], "access_denied");
}

TEST_F(OauthTest, FormEncodedToken_IsRefusedAndCounted) {
  Start({.issues = 0});
  EXPECT_EQ(
      Send(net::Method::kPost, "/oauth/token", "grant_type=refresh_token", "", "application/x-www-form-urlencoded")
          .status,
      400);
  EXPECT_EQ(Violations("token_form_encoded"), 1);
}

TEST_F(OauthTest, WithoutOfflineAccess_NoRefreshToken) {
  Start({.issues = 0});
  EXPECT_FALSE(Exchange(Consent("read:jira-work")).json.contains("refresh_token"));
}

}  // namespace
}  // namespace tajo::jira_sim
