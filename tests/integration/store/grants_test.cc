#include "common/store/grants.h"

#include "tajo/jira/v1/error.pb.h"
#include "tests/integration/store/store_fixture.h"

namespace tajo::store {
namespace {

// Atlassian's token endpoint: answers what it is told, and counts.
class FakeAuth final : public net::HttpClient {
 public:
  base::Task<absl::StatusOr<net::HttpResponse>> Send(net::HttpRequest request) override {
    ++calls;
    bodies.push_back(std::move(request.body));
    if (unreachable > 0) {
      --unreachable;
      co_return base::Error(jira::v1::UPSTREAM_AMBIGUOUS, "no answer");
    }
    net::HttpResponse response;
    response.status = status;
    response.headers.Add("content-type", "application/json");
    response.body = body;
    if (!refused_secret.empty() && bodies.back().find(refused_secret) != std::string::npos) {
      response.status = 401;
      response.body = R"({"error":"access_denied","error_description":"Unauthorized"})";
    }
    co_return response;
  }

  int calls = 0;
  int unreachable = 0;
  int status = 200;
  std::string body =
      R"({"access_token":"access-2","refresh_token":"refresh-2","expires_in":3600,"scope":"read:jira-work","token_type":"Bearer"})";
  std::string refused_secret;
  std::vector<std::string> bodies;
};

class GrantsTest : public StoreTest {
 protected:
  crypto::Keyring keyring_ = *crypto::Keyring::Parse(crypto::GenerateKeyring("k1"), "test");
  Grants grants_{*redis_, random_, keyring_};
  testing::FakeClock waits_{testing::FakeClock::Mode::kAutoAdvance};
  FakeAuth auth_;
  jira::OAuthClient oauth_{auth_};

  static jira::v1::App App(const std::string& secret) {
    jira::v1::App app;
    app.set_client_id("client-1");
    app.add_client_secrets(secret);
    app.set_redirect_uri("https://app.tajo.io/callbacks/jira");
    return app;
  }
  std::string Grant(int64_t expires_in_ms) {
    jira::v1::Grant grant;
    grant.set_app_id(Must(grants_.PutApp(App("secret-1"))));
    grant.set_access_token("access-1");
    grant.set_refresh_token("refresh-1");
    grant.set_expires_ms(kNowMs + expires_in_ms);
    return Must(grants_.CreateGrant(grant));
  }
  std::unique_ptr<jira::TokenSource> Source(const std::string& grant_id) {
    return MakeTokenSource(grants_, oauth_, waits_, grant_id);
  }
};

TEST_F(GrantsTest, App_NewSecret_StandsFirstAndTheFormerStays) {
  const std::string id = Must(grants_.PutApp(App("secret-1")));
  EXPECT_EQ(Must(grants_.PutApp(App("secret-2"))), id);
  EXPECT_EQ(Must(grants_.PutApp(App("secret-3"))), id);
  Must(grants_.PutApp(App("secret-3")));
  const jira::v1::App app = Must(grants_.GetApp(id));
  ASSERT_EQ(app.client_secrets_size(), 2);
  EXPECT_EQ(app.client_secrets(0), "secret-3");
  EXPECT_EQ(app.client_secrets(1), "secret-2");
  EXPECT_EQ(Redis({"GET", "tajo:{app:" + id + "}:app"}).String().find("secret"), std::string::npos);
}

TEST_F(GrantsTest, Replace_AtTheNextGenerationOnly) {
  const std::string id = Grant(3'600'000);
  jira::v1::Grant next = Must(grants_.GetGrant(id));
  next.set_generation(next.generation() + 1);
  EXPECT_TRUE(Must(grants_.ReplaceGrant(id, next)));
  EXPECT_FALSE(Must(grants_.ReplaceGrant(id, next)));
  Must(grants_.DeleteGrant(id));
  EXPECT_FALSE(Must(grants_.ReplaceGrant(id, next))) << "a deleted grant doesn't come back";
  EXPECT_EQ(base::ReasonOf(Run(grants_.GetGrant(id)).status()), jira::v1::OAUTH_REAUTHORIZATION_REQUIRED);
}

TEST_F(GrantsTest, Lock_OfAnother_IsNotGivenUp) {
  const auto lock = Must(grants_.Lock("g_1", std::chrono::milliseconds(60'000)));
  ASSERT_TRUE(lock);
  EXPECT_FALSE(Must(grants_.Lock("g_1", std::chrono::milliseconds(60'000))));
  Must(grants_.Unlock("g_1", "somebody's"));
  EXPECT_FALSE(Must(grants_.Lock("g_1", std::chrono::milliseconds(60'000))));
  Must(grants_.Unlock("g_1", *lock));
  EXPECT_TRUE(Must(grants_.Lock("g_1", std::chrono::milliseconds(60'000))));
}

TEST_F(GrantsTest, State_IsGoodOnce) {
  const std::string state = Must(grants_.PutState("c_1"));
  EXPECT_EQ(Must(grants_.TakeState(state)), "c_1");
  EXPECT_EQ(base::ReasonOf(Run(grants_.TakeState(state)).status()), jira::v1::OAUTH_STATE_INVALID);
  const std::string other = Must(grants_.PutState("c_1"));
  const int64_t ttl_ms = Number({"PTTL", "tajo:{oauth:" + other + "}:state"});
  EXPECT_GT(ttl_ms, 590'000);
  EXPECT_LE(ttl_ms, 600'000);
}

TEST_F(GrantsTest, Token_StillGood_IsGivenWithoutRefresh) {
  const auto source = Source(Grant(3'600'000));
  const jira::AccessToken token = Must(source->Get());
  EXPECT_EQ(token.token.Reveal(), "access-1");
  EXPECT_EQ(token.generation, 1);
  EXPECT_EQ(auth_.calls, 0);
}

TEST_F(GrantsTest, Token_AboutToExpire_IsRefreshedAndStored) {
  const std::string id = Grant(30'000);
  const auto source = Source(id);
  EXPECT_EQ(Must(source->Get()).token.Reveal(), "access-2");
  EXPECT_EQ(Must(source->Get()).generation, 2);
  EXPECT_EQ(auth_.calls, 1);
  const jira::v1::Grant stored = Must(grants_.GetGrant(id));
  EXPECT_EQ(stored.refresh_token(), "refresh-2");
  EXPECT_EQ(stored.generation(), 2);
  EXPECT_TRUE(Must(grants_.Lock(id, std::chrono::milliseconds(1000)))) << "the lock was given up";
}

TEST_F(GrantsTest, Token_RefusedToTwo_IsRefreshedOnce) {
  const std::string id = Grant(3'600'000);
  const auto first = Source(id);
  const auto second = Source(id);
  EXPECT_EQ(Must(first->Renew(1)).generation, 2);
  EXPECT_EQ(Must(second->Renew(1)).generation, 2);
  EXPECT_EQ(auth_.calls, 1);
}

TEST_F(GrantsTest, Refresh_AnswerLost_IsRepeatedWithTheOldToken) {
  const auto source = Source(Grant(0));
  auth_.unreachable = 1;
  EXPECT_EQ(Must(source->Get()).token.Reveal(), "access-2");
  ASSERT_EQ(auth_.calls, 2);
  EXPECT_NE(auth_.bodies[1].find("refresh-1"), std::string::npos);
}

TEST_F(GrantsTest, Refresh_NewSecretRefused_TheFormerIsTried) {
  const std::string id = Grant(0);
  Must(grants_.PutApp(App("secret-2")));
  auth_.refused_secret = "secret-2";
  EXPECT_EQ(Must(Source(id)->Get()).token.Reveal(), "access-2");
  EXPECT_EQ(auth_.calls, 2);
}

TEST_F(GrantsTest, Refresh_GrantDead_NeedsConsent) {
  const std::string id = Grant(0);
  auth_.status = 403;
  auth_.body = R"({"error":"unauthorized_client","error_description":"refresh_token is invalid"})";
  EXPECT_EQ(base::ReasonOf(Run(Source(id)->Get()).status()), jira::v1::OAUTH_REAUTHORIZATION_REQUIRED);
  EXPECT_EQ(auth_.calls, 1);
  EXPECT_TRUE(Must(grants_.Lock(id, std::chrono::milliseconds(1000)))) << "the lock was given up";
}

}  // namespace
}  // namespace tajo::store
