#include "tests/integration/brevo_sim/fixture.h"

namespace tajo::brevo_sim {
namespace {

using Json = nlohmann::json;

class CampaignsTest : public SimulatorTest {
 protected:
  static Json Body() {
    return {{"name", "1.0"},
            {"subject", "1.0 is out"},
            {"templateId", 3},
            {"sender", {{"email", "news@example.com"}}},
            {"recipients", {{"listIds", {22}}}}};
  }
  int Create(const Json& body) { return Post("/v3/emailCampaigns", body.dump()).status; }
  std::string Path(int64_t id) { return "/v3/emailCampaigns/" + std::to_string(id); }
};

TEST_F(CampaignsTest, IsCreatedSentOnce_AndASecondSendCounts) {
  Start();
  Post("/v3/contacts", R"({"email":"ann@example.com","listIds":[22]})");
  Post("/v3/contacts", R"({"email":"bob@example.com","listIds":[23]})");
  const int64_t id = Json::parse(Post("/v3/emailCampaigns", Body().dump()).body)["id"];
  EXPECT_EQ(Json::parse(Get(Path(id)).body)["status"], "draft");
  EXPECT_EQ(Call(net::Method::kPost, Path(id) + "/sendNow").status, 204);
  EXPECT_EQ(Json::parse(Get(Path(id)).body)["status"], "queued");
  EXPECT_EQ(Violations(), 0);
  const auto again = Call(net::Method::kPost, Path(id) + "/sendNow");
  EXPECT_EQ(again.status, 400);
  EXPECT_EQ(Json::parse(again.body)["code"], "campaign_processing");
  clock_.Advance(std::chrono::seconds(1));
  EXPECT_EQ(Json::parse(Get(Path(id)).body)["status"], "sent");
  EXPECT_EQ(Json::parse(Call(net::Method::kPost, Path(id) + "/sendNow").body)["code"], "campaign_sent");
  EXPECT_EQ(Violations("campaign_sent_twice"), 2);
  const Json truth = Control("campaigns")["campaigns"][0];
  EXPECT_EQ(truth["sends"], 1);
  EXPECT_EQ(truth["recipients"], Json({"ann@example.com"}));
}

TEST_F(CampaignsTest, NeedsNameSenderContentSubjectAndLists) {
  Start();
  for (const char* key : {"name", "sender", "subject", "templateId"}) {
    Json body = Body();
    body.erase(key);
    EXPECT_EQ(Create(body), 400) << key;
  }
  Json body = Body();
  body["htmlContent"] = "<p>1.0</p>";
  EXPECT_EQ(Create(body), 400) << "both contents";
  body = Body();
  body["sender"] = {{"email", "news@example.com"}, {"id", 3}};
  EXPECT_EQ(Create(body), 400) << "both senders";
  body = Body();
  body["recipients"]["listIds"] = {99};
  EXPECT_EQ(Create(body), 400) << "unknown list";
  body = Body();
  body["lists"] = {22};
  EXPECT_EQ(Create(body), 201);
  EXPECT_EQ(Violations("unknown_key"), 1);
  EXPECT_EQ(Create(Body()), 201);
  EXPECT_EQ(Violations("campaign_twice"), 1);
}

TEST_F(CampaignsTest, AreListedNewestFirstWithABoundedPage) {
  Start();
  Json other = Body();
  other["name"] = "2.0";
  Create(Body());
  Create(other);
  const Json page = Json::parse(Get("/v3/emailCampaigns?limit=1&excludeHtmlContent=true").body);
  EXPECT_EQ(page["count"], 2);
  ASSERT_EQ(page["campaigns"].size(), 1u);
  EXPECT_EQ(page["campaigns"][0]["name"], "2.0");
  EXPECT_EQ(Get("/v3/emailCampaigns?limit=101").status, 400);
  EXPECT_EQ(Get("/v3/emailCampaigns/999").status, 404);
}

TEST_F(CampaignsTest, ListsStandInFolders) {
  Start();
  const int64_t folder = Json::parse(Post("/v3/contacts/folders", R"({"name":"Milestones"})").body)["id"];
  const Json list = {{"name", "1.0"}, {"folderId", folder}};
  EXPECT_EQ(Post("/v3/contacts/lists", list.dump()).status, 201);
  const std::string lists = "/v3/contacts/folders/" + std::to_string(folder) + "/lists?limit=50&offset=0";
  EXPECT_EQ(Json::parse(Get(lists).body)["lists"].size(), 1u);
  EXPECT_EQ(Json::parse(Get("/v3/contacts/folders?limit=50&offset=0").body)["folders"].size(), 2u);
  EXPECT_EQ(Get("/v3/contacts/folders?limit=51&offset=0").status, 400);
  EXPECT_EQ(Violations(), 0);
  Post("/v3/contacts/lists", list.dump());
  Post("/v3/contacts/folders", R"({"name":"Milestones"})");
  EXPECT_EQ(Violations("list_twice"), 1);
  EXPECT_EQ(Violations("folder_twice"), 1);
}

}  // namespace
}  // namespace tajo::brevo_sim
