#include "common/jira/auth.h"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <nlohmann/json.hpp>

#include "common/base/error.h"
#include "common/jira/fields.h"
#include "common/jira/oauth.h"
#include "common/jira/pager.h"
#include "tajo/jira/v1/error.pb.h"
#include "tests/support/run_task.h"
#include "tests/unit/jira/fakes.h"

namespace tajo::jira {
namespace {

using testing::RunTask;

class FixedTokens final : public TokenSource {
 public:
  base::Task<absl::StatusOr<AccessToken>> Get() override { co_return AccessToken{base::Secret("access"), 4, 0}; }
  base::Task<absl::StatusOr<AccessToken>> Renew(int64_t refused) override {
    refused_generation = refused;
    co_return base::Error(v1::OAUTH_REAUTHORIZATION_REQUIRED, "dead");
  }
  int64_t refused_generation = 0;
};

TEST(Auth, Basic_UsesTheSiteAndBase64) {
  boost::asio::io_context context;
  BasicAuthorizer authorizer("your-domain.atlassian.net/", "ops@example.com", base::Secret("tok"));
  const auto current = RunTask(context, authorizer.Current());
  EXPECT_EQ(current->base_url, "https://your-domain.atlassian.net");
  EXPECT_EQ(current->header, "Basic b3BzQGV4YW1wbGUuY29tOnRvaw==");
  EXPECT_EQ(base::ReasonOf(RunTask(context, authorizer.Renew(*current))), v1::JIRA_AUTHENTICATION_FAILED);
}

TEST(Auth, ScopedToken_GoesThroughTheGateway) {
  boost::asio::io_context context;
  BasicAuthorizer authorizer("https://x.atlassian.net", "a@example.com", base::Secret("t"), "11-22");
  EXPECT_EQ(RunTask(context, authorizer.Current())->base_url, "https://api.atlassian.com/ex/jira/11-22");
}

TEST(Auth, OAuth_NeverUsesTheSiteAndNamesTheRefusedGeneration) {
  boost::asio::io_context context;
  FixedTokens tokens;
  OAuthAuthorizer authorizer(tokens, "11-22");
  const auto current = RunTask(context, authorizer.Current());
  EXPECT_EQ(current->base_url, "https://api.atlassian.com/ex/jira/11-22");
  EXPECT_EQ(current->header, "Bearer access");
  EXPECT_EQ(base::ReasonOf(RunTask(context, authorizer.Renew(*current))), v1::OAUTH_REAUTHORIZATION_REQUIRED);
  EXPECT_EQ(tokens.refused_generation, 4);
}

class OAuthTest : public ::testing::Test {
 protected:
  absl::StatusOr<OAuthTokens> Refresh(int status, std::string body) {
    http_.answers.push_back(Answer(status, std::move(body)));
    return RunTask(context_, client_.Refresh("id", base::Secret("secret"), base::Secret("old")));
  }
  boost::asio::io_context context_;
  ScriptedHttp http_;
  OAuthClient client_{http_};
};

TEST_F(OAuthTest, AuthorizationUrl_IsAtlassians) {
  EXPECT_EQ(
      client_.AuthorizationUrl("cid", {"read:jira-work", "offline_access"}, "https://app.tajo.io/callbacks/jira", "s"),
      "https://auth.atlassian.com/"
      "authorize?audience=api.atlassian.com&client_id=cid&scope=read%3Ajira-work%20offline_access"
      "&redirect_uri=https%3A%2F%2Fapp.tajo.io%2Fcallbacks%2Fjira&state=s&response_type=code&prompt=consent");
}

TEST_F(OAuthTest, WantedScopes_AskForARefreshToken) {
  const auto scopes = WantedScopes({});
  EXPECT_EQ(std::count(scopes.begin(), scopes.end(), "offline_access"), 1);
}

TEST_F(OAuthTest, WantedScopes_HaveThoseOfSprintsOnlyWhereSprintsAreOn) {
  v1::ConnectionConfig config;
  const auto without = WantedScopes(config);
  config.mutable_milestones()->set_sprints(true);
  const auto with = WantedScopes(config);
  for (const char* scope : {"read:board-scope:jira-software", "read:sprint:jira-software"}) {
    EXPECT_EQ(std::count(without.begin(), without.end(), scope), 0) << scope;
    EXPECT_EQ(std::count(with.begin(), with.end(), scope), 1) << scope;
  }
}

TEST_F(OAuthTest, MissingScopes_AreThoseThatTheConnectorNeeds) {
  const auto wanted = WantedScopes({});
  EXPECT_EQ(MissingScopes(wanted, {"read:jira-work", "read:jira-user", "manage:jira-webhook"}),
            std::vector<std::string>{"write:jira-work"});
  EXPECT_EQ(MissingScopes(wanted, wanted), std::vector<std::string>());
  EXPECT_EQ(MissingScopes(wanted, {}), std::vector<std::string>()) << "the answer named no scopes";
}

TEST_F(OAuthTest, Refresh_SendsJsonOnceAndBringsTheNextRefreshToken) {
  const auto tokens = Refresh(
      200,
      R"({"access_token":"a","refresh_token":"new","expires_in":3600,"scope":"read:jira-work offline_access","token_type":"Bearer"})");
  ASSERT_TRUE(tokens.ok());
  EXPECT_EQ(tokens->refresh_token.Reveal(), "new");
  EXPECT_EQ(tokens->scopes.size(), 2u);
  const net::HttpRequest& sent = http_.sent.at(0);
  EXPECT_EQ(sent.url, "https://auth.atlassian.com/oauth/token");
  EXPECT_EQ(sent.headers.Find("content-type"), "application/json");
  EXPECT_EQ(nlohmann::json::parse(sent.body),
            nlohmann::json::parse(
                R"({"grant_type":"refresh_token","client_id":"id","client_secret":"secret","refresh_token":"old"})"));
}

TEST_F(OAuthTest, DeadGrant_InAnyOfItsShapes_NeedsConsent) {
  for (const int status : {403, 400}) {
    EXPECT_EQ(
        base::ReasonOf(
            Refresh(status, R"({"error":"invalid_grant","error_description":"Unknown or invalid refresh token."})")
                .status()),
        v1::OAUTH_REAUTHORIZATION_REQUIRED);
  }
  EXPECT_EQ(
      base::ReasonOf(
          Refresh(403, R"({"error":"unauthorized_client","error_description":"refresh_token is invalid"})").status()),
      v1::OAUTH_REAUTHORIZATION_REQUIRED);
}

TEST_F(OAuthTest, WrongSecret_IsNotAMatterOfConsent) {
  EXPECT_EQ(base::ReasonOf(Refresh(401, R"({"error":"access_denied","error_description":"Unauthorized"})").status()),
            v1::OAUTH_CLIENT_INVALID);
}

TEST_F(OAuthTest, OtherAnswers_AreNotTakenForADeadGrant) {
  EXPECT_EQ(base::ReasonOf(Refresh(503, "<html/>").status()), v1::JIRA_UNAVAILABLE);
  EXPECT_EQ(base::ReasonOf(Refresh(200, "{}").status()), v1::JIRA_RESPONSE_INVALID);
}

TEST_F(OAuthTest, AccessibleResources_AreJiraSitesOnce) {
  http_.answers.push_back(
      Answer(200, R"([{"id":"c1","url":"https://a.atlassian.net","name":"a","scopes":["read:jira-work"]},
    {"id":"c1","url":"https://a.atlassian.net","name":"a","scopes":["read:confluence-content.all"]},
    {"id":"c1","url":"https://a.atlassian.net","name":"a","scopes":["write:jira-work"]}])"));
  const auto resources = RunTask(context_, client_.AccessibleResources(base::Secret("t")));
  ASSERT_EQ(resources->size(), 1u);
  EXPECT_EQ(resources->at(0).cloud_id, "c1");
}

TEST(Pager, RepeatedToken_StopsAndSaysSo) {
  Pager pager;
  pager.Next("a", 5);
  EXPECT_FALSE(pager.Done());
  pager.Next("b", 5);
  pager.Next("a", 5);
  EXPECT_TRUE(pager.Done());
  EXPECT_EQ(pager.Stopped(), Pager::Stop::kRepeatedToken);
}

TEST(Pager, ShortPageWithToken_GoesOn_EmptyPageEnds) {
  Pager pager;
  pager.Next("a", 1);
  EXPECT_FALSE(pager.Done());
  EXPECT_TRUE(pager.FirstSeen(1));
  EXPECT_FALSE(pager.FirstSeen(1));
  pager.Next("b", 0);
  EXPECT_TRUE(pager.Done());
  EXPECT_EQ(pager.Stopped(), Pager::Stop::kNo);
}

TEST(Pager, Pages_AreCapped) {
  Pager pager(2);
  pager.Next("a", 1);
  pager.Next("b", 1);
  EXPECT_EQ(pager.Stopped(), Pager::Stop::kPageCap);
}

TEST(OffsetPager, ShortPage_IsNotTheEnd) {
  OffsetPager pager;
  pager.Next(3, 7, std::nullopt);
  EXPECT_FALSE(pager.Done());
  EXPECT_EQ(pager.StartAt(), 3);
  pager.Next(4, 7, std::nullopt);
  EXPECT_TRUE(pager.Done());
}

TEST(Fields, AreFoundByTypeIdAndName) {
  const std::vector<Field> catalogue{
      {"customfield_10020", "Sprint", "com.pyxis.greenhopper.jira:gh-sprint"},
      {"customfield_10016", "Story point estimate", "com.pyxis.greenhopper.jira:jsw-story-points"},
      {"customfield_10050", "Customer E-mail", "com.atlassian.jira.plugin.system.customfieldtypes:textfield"},
      {"customfield_10051", "Plan", "x"}};
  v1::ConnectionConfig config;
  config.add_contact_source("reporter");
  config.add_contact_source("customer e-mail");
  config.add_contact_source("Gone");
  config.add_field_mapping()->set_source("issue_status");
  config.add_field_mapping()->set_source("customfield_10051");
  const ResolvedFields resolved = ResolveFields(config, catalogue);
  EXPECT_EQ(resolved.fields.sprint, "customfield_10020");
  EXPECT_EQ(resolved.fields.story_points, "customfield_10016");
  EXPECT_EQ(resolved.fields.extra.size(), 2u);
  EXPECT_TRUE(resolved.fields.extra.contains("customfield_10050"));
  EXPECT_EQ(resolved.unknown, std::vector<std::string>{"Gone"});
  const auto names = resolved.fields.Names();
  EXPECT_EQ(std::count(names.begin(), names.end(), "comment"), 0);  // multi-valued: would shrink pages
  EXPECT_EQ(std::count(names.begin(), names.end(), "customfield_10050"), 1);
}

TEST(ResolveFieldsTest, Name_of_several_fields_is_ambiguous_with_their_ids) {
  const std::vector<Field> catalogue = {{"customfield_10071", "Area", "com.example:text"},
                                        {"customfield_10050", "area", "com.example:text"},
                                        {"customfield_9050", "Region", "com.example:text"}};
  v1::ConnectionConfig config;
  config.add_field_mapping()->set_source("Area");
  config.add_field_mapping()->set_source("customfield_10071");
  config.add_contact_source("Region");
  const ResolvedFields resolved = ResolveFields(config, catalogue);
  EXPECT_EQ(resolved.ambiguous, std::vector<std::string>{"Area (customfield_10050, customfield_10071)"});
  EXPECT_EQ(CustomFieldId("Area", catalogue), "customfield_10050") << "the older one, whatever comes later";
}

TEST(ResolveFieldsTest, Story_points_are_the_configs_field_or_none) {
  const std::vector<Field> catalogue = {
      {"customfield_10016", "Story point estimate", "com.pyxis.greenhopper.jira:jsw-story-points"},
      {"customfield_10090", "Effort", "com.example:float"}};
  v1::ConnectionConfig config;
  config.set_story_points("Effort");
  EXPECT_EQ(ResolveFields(config, catalogue).fields.story_points, "customfield_10090");
  config.set_story_points("Gone");
  EXPECT_EQ(ResolveFields(config, catalogue).fields.story_points, "");
  EXPECT_TRUE(ResolveFields(config, catalogue).unknown.empty()) << "ingest takes those for fields that it must have";
}

}  // namespace
}  // namespace tajo::jira
