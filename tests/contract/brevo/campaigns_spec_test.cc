#include <fmt/format.h>
#include <gtest/gtest.h>
#include <yaml-cpp/yaml.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "common/brevo/encode.h"
#include "common/net/curl_client.h"
#include "common/net/loop.h"
#include "simulators/brevo/simulator.h"
#include "tests/support/run_task.h"

namespace tajo::brevo {
namespace {

using nlohmann::json;
using Names = std::set<std::string>;

// Brevo's older description, the only one with campaigns, folders and lists: from TAJO_BREVO_CAMPAIGN_SPEC in
// the environment, else from the build.
class CampaignSpec : public ::testing::Test {
 protected:
  void SetUp() override {
    const char* given = std::getenv("TAJO_BREVO_CAMPAIGN_SPEC");
    const std::string file = given != nullptr ? given : TAJO_BREVO_CAMPAIGN_SPEC;
    if (file.empty() || !std::filesystem::exists(file)) {
      GTEST_SKIP() << "no description of Brevo's campaigns: set TAJO_BREVO_CAMPAIGN_SPEC to brevo-2025.yml";
    }
    spec_ = YAML::LoadFile(file);
    brevo_sim::Options options;
    options.plan = brevo_sim::Plan::kOff;
    options.lists = {22};
    simulator_ = brevo_sim::RunningSimulator::Start(options, clock_).value();
    net::CurlOptions curl;
    curl.allow_insecure = true;
    http_ = net::MakeCurlClient(loop_.Context(), curl);
  }

  YAML::Node Definition(const std::string& reference) const {
    return spec_["definitions"][reference.substr(reference.rfind('/') + 1)];
  }
  // With what it is put together from.
  void Collect(const YAML::Node& schema, Names* declared, Names* required) const {
    if (schema["$ref"]) return Collect(Definition(schema["$ref"].as<std::string>()), declared, required);
    for (const auto& part : schema["allOf"]) Collect(part, declared, required);
    for (const auto& property : schema["properties"]) declared->insert(property.first.as<std::string>());
    for (const auto& name : schema["required"]) required->insert(name.as<std::string>());
  }
  void ExpectFits(const json& object, const YAML::Node& schema) const {
    Names declared, required;
    Collect(schema, &declared, &required);
    ASSERT_FALSE(declared.empty());
    for (const auto& [key, value] : object.items()) EXPECT_TRUE(declared.contains(key)) << key << " isn't declared";
    for (const std::string& key : required) EXPECT_TRUE(object.contains(key)) << key << " is missing";
  }
  YAML::Node BodyOf(const std::string& path) const { return spec_["paths"][path]["post"]["parameters"][0]["schema"]; }
  YAML::Node AnswerOf(const std::string& path, const std::string& method, const std::string& status) const {
    return spec_["paths"][path][method]["responses"][status]["schema"];
  }
  net::HttpResponse Call(net::Method method, const std::string& path, const std::string& body = "") {
    net::HttpRequest request;
    request.method = method;
    request.url = simulator_->Url() + "/v3" + path;
    request.headers.Add("api-key", "xkeysib-spec");
    request.body = body;
    auto response = testing::RunTask(loop_, http_->Send(std::move(request)));
    return response.ok() ? *std::move(response) : net::HttpResponse{};
  }
  static CampaignRequest Campaign() {
    CampaignRequest campaign;
    campaign.name = "Jira release: 1.0 (0123456789ab)";
    campaign.subject = "1.0 is out";
    campaign.template_id = 12;
    campaign.sender_email = "news@example.com";
    campaign.sender_name = "Example";
    campaign.list_ids = {22};
    campaign.params = {{"name", "1.0"}};
    return campaign;
  }

  YAML::Node spec_;
  base::SystemClock clock_;
  std::unique_ptr<brevo_sim::RunningSimulator> simulator_;
  net::Loop loop_;
  std::unique_ptr<net::HttpClient> http_;
};

TEST_F(CampaignSpec, the_campaign_s_body_is_declared) {
  CampaignRequest with_html = Campaign();
  with_html.template_id = 0;
  with_html.html = "<p>1.0</p>";
  with_html.sender_email.clear();
  with_html.sender_id = 3;
  for (const CampaignRequest& campaign : {Campaign(), with_html}) {
    const json body = json::parse(CampaignBody(campaign));
    const YAML::Node schema = BodyOf("/emailCampaigns");
    ExpectFits(body, schema);
    const YAML::Node properties = Definition(schema["$ref"].as<std::string>())["properties"];
    // By its id or by its e-mail; the description demands both.
    Names declared, required;
    Collect(properties["sender"], &declared, &required);
    for (const auto& [key, value] : body["sender"].items()) EXPECT_TRUE(declared.contains(key)) << key;
    ExpectFits(body["recipients"], properties["recipients"]);
  }
}

TEST_F(CampaignSpec, the_simulator_s_campaigns_are_declared) {
  const auto created = Call(net::Method::kPost, "/emailCampaigns", CampaignBody(Campaign()));
  ASSERT_EQ(created.status, 201) << created.body;
  ExpectFits(json::parse(created.body), AnswerOf("/emailCampaigns", "post", "201"));
  const std::string path = "/emailCampaigns/" + json::parse(created.body)["id"].dump();
  ExpectFits(json::parse(Call(net::Method::kGet, path).body), AnswerOf("/emailCampaigns/{campaignId}", "get", "200"));
  const json page = json::parse(Call(net::Method::kGet, "/emailCampaigns?limit=100&excludeHtmlContent=true").body);
  const YAML::Node schema = AnswerOf("/emailCampaigns", "get", "200");
  ExpectFits(page, schema);
  ExpectFits(page["campaigns"][0], Definition(schema["$ref"].as<std::string>())["properties"]["campaigns"]["items"]);
  EXPECT_EQ(Call(net::Method::kPost, path + "/sendNow").status, 204);
  const auto twice = Call(net::Method::kPost, path + "/sendNow");
  EXPECT_EQ(twice.status, 400);
  ExpectFits(json::parse(twice.body), AnswerOf("/emailCampaigns/{campaignId}/sendNow", "post", "400"));
}

TEST_F(CampaignSpec, folders_and_lists_are_declared) {
  const std::string folder = R"({"name":"Jira milestones"})";
  ExpectFits(json::parse(folder), BodyOf("/contacts/folders"));
  const auto made = Call(net::Method::kPost, "/contacts/folders", folder);
  ExpectFits(json::parse(made.body), AnswerOf("/contacts/folders", "post", "201"));
  const std::string list = fmt::format(R"({{"name":"1.0","folderId":{}}})", json::parse(made.body)["id"].dump());
  ExpectFits(json::parse(list), BodyOf("/contacts/lists"));
  EXPECT_EQ(Call(net::Method::kPost, "/contacts/lists", list).status, 201);
  const json folders = json::parse(Call(net::Method::kGet, "/contacts/folders?limit=50&offset=0").body);
  const YAML::Node schema = AnswerOf("/contacts/folders", "get", "200");
  ExpectFits(folders, schema);
  ExpectFits(folders["folders"][0], Definition(schema["$ref"].as<std::string>())["properties"]["folders"]["items"]);
}

}  // namespace
}  // namespace tajo::brevo
