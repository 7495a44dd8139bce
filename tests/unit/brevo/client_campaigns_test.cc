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
using ::testing::HasSubstr;

CampaignRequest Out() {
  CampaignRequest campaign;
  campaign.name = "Jira release: 1.0 (0123456789ab)";
  campaign.subject = "1.0 is out";
  campaign.template_id = 12;
  campaign.sender_email = "news@example.com";
  campaign.list_ids = {31};
  return campaign;
}

absl::Status Lost() {
  return base::Error(v1::UPSTREAM_AMBIGUOUS, "no answer");
}

TEST_F(ClientTest, CreateCampaignGivesItsIdFromTheHourlyBucket) {
  http.Answer(201, R"({"id":12})");
  EXPECT_EQ(Run(client.CreateCampaign(Out())).value(), 12);
  EXPECT_EQ(governor.acquired.at(0).first, Family::kOther);
  const json body = json::parse(Sent().body);
  EXPECT_EQ(body["recipients"]["listIds"], json({31}));
  EXPECT_EQ(body["templateId"], 12);
  EXPECT_FALSE(body.contains("htmlContent"));
}

TEST_F(ClientTest, CampaignCallsWhoseAnswerIsLostAreNotRepeated) {
  http.Fail(Lost());
  EXPECT_EQ(base::ReasonOf(Run(client.CreateCampaign(Out())).status()), v1::UPSTREAM_AMBIGUOUS);
  http.Answer(500);
  EXPECT_FALSE(SurelyNotActed(Run(client.SendCampaign(12)).status()));
  http.Fail(Lost());
  EXPECT_FALSE(Run(client.CreateList(7, "1.0")).ok());
  EXPECT_EQ(http.sent.size(), 3u);
}

TEST_F(ClientTest, SendCampaignThatIsOnItsWayIsNoFailure) {
  http.Answer(204);
  EXPECT_EQ(Run(client.SendCampaign(12)).value(), SendNow::kAccepted);
  EXPECT_THAT(Sent().url, HasSubstr("/emailCampaigns/12/sendNow"));
  EXPECT_EQ(Sent().body, "");
  for (const char* code : {"campaign_sent", "campaign_processing"}) {
    http.Answer(400, json{{"code", code}, {"message", "x"}}.dump());
    EXPECT_EQ(Run(client.SendCampaign(12)).value(), SendNow::kAlreadySent) << code;
  }
}

TEST_F(ClientTest, SendCampaignThatBrevoRefusesSaysWhy) {
  http.Answer(400, R"({"code":"invalid_parameter","message":"x"})");
  EXPECT_EQ(base::ReasonOf(Run(client.SendCampaign(12)).status()), v1::BREVO_REQUEST_INVALID);
  http.Answer(402, R"({"code":"not_enough_credits","message":"x"})");
  const auto poor = Run(client.SendCampaign(12)).status();
  EXPECT_EQ(base::ReasonOf(poor), v1::BREVO_CREDITS_EXHAUSTED);
  EXPECT_TRUE(SurelyNotActed(poor));
  http.Answer(404, R"({"code":"document_not_found","message":"x"})");
  EXPECT_EQ(base::ReasonOf(Run(client.SendCampaign(12)).status()), v1::BREVO_NOT_FOUND);
}

TEST_F(ClientTest, FindCampaignReadsPagesUntilTheName) {
  json full{{"count", 101}, {"campaigns", json::array()}};
  for (int i = 0; i < 100; ++i) full["campaigns"].push_back({{"id", 500 - i}, {"name", "other"}, {"status", "sent"}});
  http.Answer(200, full.dump());
  http.Answer(200, R"({"count":101,"campaigns":[{"id":12,"name":"mine","status":"in_process"}]})");
  const auto found = Run(client.FindCampaign("mine")).value();
  ASSERT_TRUE(found);
  EXPECT_EQ(found->id, 12);
  EXPECT_EQ(found->status, CampaignStatus::kQueued);
  EXPECT_THAT(Sent(1).url, HasSubstr("offset=100"));
  EXPECT_THAT(Sent(1).url, HasSubstr("excludeHtmlContent=true"));
}

TEST_F(ClientTest, FindCampaignThatIsNowhereIsNothing) {
  http.Answer(200, R"({"count":1,"campaigns":[{"id":12,"name":"other","status":"draft"}]})");
  EXPECT_FALSE(Run(client.FindCampaign("mine")).value());
  http.Answer(200, R"({"count":0})");
  EXPECT_FALSE(Run(client.FindCampaign("mine")).value());
}

TEST_F(ClientTest, FindListLooksInItsFolder) {
  http.Answer(200, R"({"count":2,"lists":[{"id":9,"name":"other"},{"id":8,"name":"1.0"}]})");
  EXPECT_EQ(Run(client.FindList(7, "1.0")).value(), 8);
  EXPECT_THAT(Sent().url, HasSubstr("/contacts/folders/7/lists?limit=50"));
  EXPECT_EQ(governor.acquired.at(0).first, Family::kContacts);
}

}  // namespace
}  // namespace tajo::brevo
