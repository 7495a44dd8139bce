#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "common/base/error.h"
#include "common/brevo/errors.h"
#include "tajo/jira/v1/error.pb.h"
#include "tests/unit/brevo/client_fixture.h"

namespace tajo::brevo {
namespace {

namespace v1 = ::tajo::jira::v1;
using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kUnknownIp[] =
    R"({"code":"unauthorized","message":"We have detected you are using an unrecognised IP address 203.0.113.7. If you performed this action make sure to add the new IP address in this link: https://app.brevo.com/security/authorised_ips"})";

TEST_F(ClientTest, GetAccountKeepsTheCompanyAndThePlan) {
  http.Answer(200,
              R"({"organization_id":"65f","companyName":"Example","email":"owner@example.com","enterprise":true})");
  const auto account = Run(client.GetAccount());
  ASSERT_TRUE(account.ok());
  EXPECT_EQ(account->company_name, "Example");
  EXPECT_EQ(account->organization_id, "65f");
  EXPECT_TRUE(account->enterprise);
  EXPECT_EQ(governor.acquired.at(0).first, Family::kOther);
}

TEST_F(ClientTest, AnyCallWithAnUnknownIpNamesTheSettingAndNotTheAddress) {
  http.Answer(401, kUnknownIp);
  const auto status = Run(client.GetAccount()).status();
  EXPECT_EQ(base::ReasonOf(status), v1::BREVO_IP_NOT_AUTHORIZED);
  EXPECT_THAT(std::string(status.message()), HasSubstr("Authorized IPs"));
  EXPECT_THAT(std::string(status.message()), Not(HasSubstr("203.0.113.7")));
  EXPECT_EQ(RemedyFor(status), Remedy::kPauseConnection);
  EXPECT_EQ(http.sent.size(), 1u);  // none is worth a loop
}

TEST_F(ClientTest, AnyCallWithAnSmtpKeyFailsAuthentication) {
  http.Answer(401, R"({"code":"unauthorized","message":"Key not found"})");
  const auto status = Run(client.GetAccount()).status();
  EXPECT_EQ(base::ReasonOf(status), v1::BREVO_AUTHENTICATION_FAILED);
  EXPECT_EQ(RemedyFor(status), Remedy::kPauseConnection);
}

TEST_F(ClientTest, AnyCallWithoutCreditsOrPermissionPausesTheConnection) {
  http.Answer(402, R"({"code":"not_enough_credits","message":"x"})");
  http.Answer(403, R"({"code":"account_under_validation","message":"x"})");
  EXPECT_EQ(RemedyFor(Run(client.GetAccount()).status()), Remedy::kPauseConnection);
  EXPECT_EQ(RemedyFor(Run(client.GetAccount()).status()), Remedy::kPauseConnection);
}

TEST_F(ClientTest, AnyCallOverItsLimitPausesItsFamilyAloneForTheResetsSeconds) {
  http.Answer(429, R"({"message":"whatever"})",
              {{"x-sib-ratelimit-limit", "100"}, {"x-sib-ratelimit-remaining", "0"}, {"x-sib-ratelimit-reset", "90"}});
  http.Answer(200, R"({"companyName":"Example"})");
  const auto begin = clock.Monotonic();
  ASSERT_TRUE(Run(client.GetAccount()).ok());
  ASSERT_EQ(governor.paused.size(), 1u);
  EXPECT_EQ(governor.paused[0].first, Family::kOther);
  EXPECT_EQ(governor.paused[0].second, std::chrono::seconds(90));
  EXPECT_GE(clock.Monotonic() - begin, std::chrono::seconds(90));
}

TEST_F(ClientTest, AnyCallOverItsLimitWithoutHeadersWaitsADefault) {
  http.Answer(429);
  http.Answer(204);
  ASSERT_TRUE(Run(client.UpsertContact(Ann())).ok());
  EXPECT_EQ(governor.paused.at(0), std::make_pair(Family::kContacts, std::chrono::milliseconds(1000)));
}

TEST_F(ClientTest, AnyCallOverItsLimitSpendsNoAttempt) {
  for (int i = 0; i < 10; ++i) http.Answer(429, "", {{"x-sib-ratelimit-reset", "1"}});
  http.Answer(204);
  EXPECT_TRUE(Run(client.UpsertContact(Ann())).ok());
}

TEST_F(ClientTest, AnyAnswersHeadersReachTheGovernor) {
  http.Answer(204, "",
              {{"X-Sib-RateLimit-Limit", "20"}, {"X-Sib-RateLimit-Remaining", "19"}, {"X-Sib-RateLimit-Reset", "1"}});
  ASSERT_TRUE(Run(client.UpsertContact(Ann())).ok());
  ASSERT_EQ(governor.observed.size(), 1u);
  EXPECT_EQ(governor.observed[0].family, Family::kContacts);
  EXPECT_EQ(governor.observed[0].limit, 20);
  EXPECT_EQ(governor.observed[0].remaining, 19);
}

TEST_F(ClientTest, AnyCallThatTheGovernorRefusesIsNotSent) {
  governor.refuse = base::Error(v1::LEASE_LOST, "another worker owns the connection");
  EXPECT_EQ(base::ReasonOf(Run(client.UpsertContact(Ann())).status()), v1::LEASE_LOST);
  EXPECT_TRUE(http.sent.empty());
}

TEST_F(ClientTest, AnyErrorQuotesNothingPersonal) {
  http.Answer(
      400, R"({"code":"invalid_parameter","message":"Invalid value 'Ann Smith' for ann@example.com 0033612345678"})");
  const std::string message(Run(client.UpsertContact(Ann())).status().message());
  for (const char* part : {"Ann", "Smith", "example", "0033"}) EXPECT_THAT(message, Not(HasSubstr(part)));
  EXPECT_THAT(message, HasSubstr("invalid_parameter"));
}

TEST_F(ClientTest, AnyRedirectIsInvalid) {
  http.Answer(302, "");
  EXPECT_EQ(base::ReasonOf(Run(client.GetAccount()).status()), v1::BREVO_RESPONSE_INVALID);
}

TEST_F(ClientTest, ABadPhoneNumberCanBeLeftOut) {
  http.Answer(400, R"({"code":"invalid_parameter","message":"Invalid phone number"})");
  const auto status = Run(client.UpsertContact(Ann())).status();
  EXPECT_EQ(RefusedField(status), "SMS");
  EXPECT_EQ(RemedyFor(status), Remedy::kFixAndRetry);
}

TEST_F(ClientTest, ABadAttributeIsNamed) {
  http.Answer(400, R"({"code":"invalid_parameter","message":"attributes/LAST_TICKET_DATE should be type string"})");
  EXPECT_EQ(RefusedField(Run(client.UpsertContact(Ann())).status()), "LAST_TICKET_DATE");
}

TEST_F(ClientTest, AnUnknownRefusalIsDead) {
  http.Answer(400, R"({"message":"no"})");  // `code` may be absent
  EXPECT_EQ(RemedyFor(Run(client.UpsertContact(Ann())).status()), Remedy::kDead);
}

TEST_F(ClientTest, AttributesOfUnknownTypesAreTaken) {
  http.Answer(200, R"({"attributes":[{"name":"TEAMS","category":"normal","type":"multiple-choice"},
    {"name":"NEW","category":"brand-new","type":"hologram"},
    {"name":"GENDER","category":"category","enumeration":[{"value":0,"label":"x","valueStr":"m"}]}]})");
  const auto attributes = Run(client.Attributes());
  ASSERT_TRUE(attributes.ok());
  EXPECT_EQ(attributes->size(), 3u);
  EXPECT_EQ((*attributes)[1].type, "hologram");
}

TEST_F(ClientTest, OptionsHaveTheValueThatIsWrittenForThem) {
  http.Answer(200, R"({"attributes":[
    {"name":"AREA","category":"category","enumeration":[{"value":2,"label":"Billing","valueStr":"2"},
      {"value":0,"label":"Sales","valueStr":"sales"},{"value":3,"label":"Old"}]},
    {"name":"TEAMS","category":"normal","type":"multiple-choice","multiCategoryOptions":["Red","Blue"]}]})");
  const auto attributes = Run(client.Attributes());
  ASSERT_TRUE(attributes.ok());
  const std::vector<AttributeOption> area = {{"Billing", "2"}, {"Sales", "\"sales\""}, {"Old", "3"}};
  EXPECT_EQ((*attributes)[0].options, area);
  const std::vector<AttributeOption> teams = {{"Red", "\"Red\""}, {"Blue", "\"Blue\""}};
  EXPECT_EQ((*attributes)[1].options, teams);
}

TEST_F(ClientTest, ACategoryIsMadeWithItsOptions) {
  http.Answer(201, "");
  EXPECT_TRUE(Run(client.CreateAttribute({"AREA", "category", "category", {{"Billing", ""}, {"Sales", ""}}})).ok());
  EXPECT_EQ(json::parse(Sent().body),
            json::parse(R"({"enumeration":[{"value":1,"label":"Billing"},{"value":2,"label":"Sales"}]})"));
}

TEST_F(ClientTest, AMultipleChoiceIsMadeWithItsOptions) {
  http.Answer(201, "");
  EXPECT_TRUE(Run(client.CreateAttribute({"TEAMS", "normal", "multiple-choice", {{"Red", ""}}})).ok());
  EXPECT_EQ(json::parse(Sent().body), json::parse(R"({"type":"multiple-choice","multiCategoryOptions":["Red"]})"));
}

TEST_F(ClientTest, CreateAttributeThatExistsSucceeds) {
  http.Answer(400, R"({"code":"invalid_parameter","message":"Attribute name must be unique"})");
  EXPECT_TRUE(Run(client.CreateAttribute({"LAST_TICKET_KEY", "normal", "text"})).ok());
  EXPECT_THAT(Sent().url, HasSubstr("/contacts/attributes/normal/LAST_TICKET_KEY"));
  EXPECT_EQ(json::parse(Sent().body), json::parse(R"({"type":"text"})"));
}

TEST_F(ClientTest, GetListsOfAnAccountWithoutAnyIsEmpty) {
  http.Answer(200, R"({"count":0})");
  const auto page = Run(client.GetLists());
  ASSERT_TRUE(page.ok());
  EXPECT_TRUE(page->lists.empty());
}

TEST_F(ClientTest, GetListThatDoesNotExistNamesIt) {
  http.Answer(404, R"({"code":"document_not_found","message":"List ID does not exist"})");
  const auto status = Run(client.GetList(99)).status();
  EXPECT_EQ(base::ReasonOf(status), v1::BREVO_LIST_UNKNOWN);
  EXPECT_THAT(std::string(status.message()), HasSubstr("99"));
}

TEST_F(ClientTest, AddToListTellsPartialSuccessByName) {
  http.Answer(201, R"({"contacts":{"success":["a@example.com"],"failure":["b@example.com"]}})");
  const auto change = Run(client.AddToList(22, {"a@example.com", "b@example.com"}));
  ASSERT_TRUE(change.ok());
  EXPECT_THAT(change->changed, ElementsAre("a@example.com"));
  EXPECT_THAT(change->unchanged, ElementsAre("b@example.com"));
  EXPECT_FALSE(change->none_changed);
}

TEST_F(ClientTest, AddToListThatChangedNobodyIsAnOutcomeOfItsOwn) {
  http.Answer(400, R"({"code":"invalid_parameter","message":"Contact already in list and/or does not exist"})");
  const auto change = Run(client.AddToList(22, {"a@example.com"}));
  ASSERT_TRUE(change.ok());
  EXPECT_TRUE(change->none_changed);
  EXPECT_THAT(change->unchanged, ElementsAre("a@example.com"));
}

TEST_F(ClientTest, RemoveFromListThatChangedNobodyIsAnOutcomeOfItsOwn) {
  http.Answer(400,
              R"({"code":"invalid_parameter","message":"Contact already removed from list and/or does not exist"})");
  const auto change = Run(client.RemoveFromList(22, {"a@example.com"}));
  ASSERT_TRUE(change.ok());
  EXPECT_TRUE(change->none_changed);
}

TEST_F(ClientTest, AddToListOfMoreThan150IsNotSent) {
  EXPECT_EQ(base::ReasonOf(Run(client.AddToList(22, std::vector<std::string>(151, "a@example.com"))).status()),
            v1::REQUEST_INVALID);
  EXPECT_TRUE(http.sent.empty());
}

TEST_F(ClientTest, CreateWebhookRegistersCamelCaseNamesWithABearerToken) {
  http.Answer(201, R"({"id":9})");
  const auto id = Run(client.CreateWebhook(
      {"https://example.com/webhooks/brevo/c1", {"contactDeleted", "unsubscribed"}, base::Secret("t0ken"), ""}));
  ASSERT_TRUE(id.ok());
  EXPECT_EQ(*id, 9);
  const json body = json::parse(Sent().body);
  EXPECT_EQ(body["type"], "marketing");
  EXPECT_EQ(body["events"], json::parse(R"(["contactDeleted","unsubscribed"])"));
  EXPECT_EQ(body["auth"], json::parse(R"({"type":"bearer","token":"t0ken"})"));
}

TEST_F(ClientTest, DeleteWebhookThatIsGoneSucceeds) {
  http.Answer(404, R"({"code":"document_not_found","message":"Webhook ID does not exist"})");
  EXPECT_TRUE(Run(client.DeleteWebhook(9)).ok());
}

}  // namespace
}  // namespace tajo::brevo
