#include <gtest/gtest.h>
#include <yaml-cpp/yaml.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "common/brevo/encode.h"
#include "common/brevo/event.h"
#include "common/net/curl_client.h"
#include "common/net/loop.h"
#include "simulators/brevo/simulator.h"
#include "tests/support/run_task.h"

namespace tajo::brevo {
namespace {

using nlohmann::json;
using Names = std::set<std::string>;

// The vendor's description: from TAJO_BREVO_SPEC in the environment, else from the build.
std::string SpecFile() {
  const char* given = std::getenv("TAJO_BREVO_SPEC");
  return given != nullptr ? given : TAJO_BREVO_SPEC;
}

class BrevoSpec : public ::testing::Test {
 protected:
  void SetUp() override {
    const std::string file = SpecFile();
    if (file.empty() || !std::filesystem::exists(file)) {
      GTEST_SKIP() << "no description of Brevo's API: set TAJO_BREVO_SPEC to brevo-2026-subset.yml";
    }
    spec_ = YAML::LoadFile(file);
  }

  YAML::Node Resolve(const YAML::Node& node) const {
    if (!node["$ref"]) return node;
    YAML::Node target = YAML::Clone(spec_);
    std::string path = node["$ref"].as<std::string>().substr(2);
    for (std::size_t at = 0; at <= path.size();) {
      const std::size_t end = std::min(path.find('/', at), path.size());
      target.reset(target[path.substr(at, end - at)]);
      at = end + 1;
    }
    return target;
  }
  YAML::Node Body(const std::string& path, const std::string& method) const {
    return Resolve(spec_["paths"][path][method]["requestBody"]["content"]["application/json"]["schema"]);
  }
  YAML::Node Answer(const std::string& path, const std::string& method, const std::string& status) const {
    const YAML::Node response = Resolve(spec_["paths"][path][method]["responses"][status]);
    return Resolve(response["content"]["application/json"]["schema"]);
  }
  static Names Declared(const YAML::Node& schema) {
    Names names;
    for (const auto& property : schema["properties"]) names.insert(property.first.as<std::string>());
    return names;
  }
  static Names Required(const YAML::Node& schema) {
    Names names;
    for (const auto& name : schema["required"]) names.insert(name.as<std::string>());
    return names;
  }
  static Names Keys(const json& object) {
    Names names;
    for (const auto& [key, value] : object.items()) names.insert(key);
    return names;
  }
  // Every key is declared and every required one is there.
  static void ExpectFits(const json& object, const YAML::Node& schema) {
    const Names declared = Declared(schema);
    ASSERT_FALSE(declared.empty());
    for (const std::string& key : Keys(object)) EXPECT_TRUE(declared.contains(key)) << key << " isn't declared";
    for (const std::string& key : Required(schema)) EXPECT_TRUE(object.contains(key)) << key << " is missing";
  }

  YAML::Node spec_;
};

ContactWrite Whole() {
  ContactWrite contact;
  contact.email = "ann@example.com";
  contact.ext_id = "712020:uuid";
  contact.attributes = {{"FIRSTNAME", "\"Ann\""}};
  contact.list_ids = {22};
  contact.unlink_list_ids = {23};
  return contact;
}

TEST_F(BrevoSpec, TheUpsertsBodyIsDeclared) {
  ExpectFits(json::parse(*UpsertBody(Whole())), Body("/contacts", "post"));
}

TEST_F(BrevoSpec, TheUpdatesBodyIsDeclared) {
  ExpectFits(json::parse(*UpdateBody(Whole())), Body("/contacts/{identifier}", "put"));
}

TEST_F(BrevoSpec, TheImportsBodyAndItsRowsAreDeclared) {
  const json body =
      json::parse(*ImportBody(std::vector{*ImportRowJson("a@example.com", {{"FIRSTNAME", "\"A\""}})}, {22}));
  const YAML::Node schema = Body("/contacts/import", "post");
  ExpectFits(body, schema);
  ExpectFits(body["jsonBody"][0], schema["properties"]["jsonBody"]["items"]);
}

TEST_F(BrevoSpec, AnEventIsDeclaredAloneAndInABatch) {
  const std::string encoded = *EncodeEvent(
      {"jira_issue_created", {IdentifierType::kEmail, "ann@example.com"}, 1'790'000'000'000, R"({"uid":"u1"})"});
  const YAML::Node schema = Body("/events", "post");
  ExpectFits(json::parse(encoded), schema);
  ExpectFits(json::parse(encoded)["identifiers"], schema["properties"]["identifiers"]);
  ExpectFits(json::parse(EventsBody(std::vector<std::string>{encoded})), Body("/events/batch", "post"));
}

TEST_F(BrevoSpec, TheIdentifierTypesAreDeclared) {
  Names declared;
  for (const auto& parameter : spec_["paths"]["/contacts/{identifier}"]["parameters"]) {
    if (parameter["name"].as<std::string>() != "identifierType") continue;
    for (const auto& value : parameter["schema"]["enum"]) declared.insert(value.as<std::string>());
  }
  for (const IdentifierType type :
       {IdentifierType::kEmail, IdentifierType::kContactId, IdentifierType::kExtId, IdentifierType::kPhone}) {
    const std::string path = ContactPath({type, "1"});
    EXPECT_TRUE(declared.contains(path.substr(path.find('=') + 1))) << path;
  }
}

// What the simulator answers, held against the same description.
class BrevoSimulatorSpec : public BrevoSpec {
 protected:
  void SetUp() override {
    BrevoSpec::SetUp();
    if (IsSkipped()) return;
    brevo_sim::Options options;
    options.plan = brevo_sim::Plan::kOff;
    options.lists = {22};
    options.import_delay_ms = 0;
    auto running = brevo_sim::RunningSimulator::Start(options, clock_);
    ASSERT_TRUE(running.ok()) << running.status();
    simulator_ = *std::move(running);
    net::CurlOptions curl;
    curl.allow_insecure = true;
    http_ = net::MakeCurlClient(loop_.Context(), curl);
  }
  net::HttpResponse Call(net::Method method, const std::string& path, const std::string& body = "") {
    net::HttpRequest request;
    request.method = method;
    request.url = simulator_->Url() + path;
    request.headers.Add("api-key", "xkeysib-spec");
    request.body = body;
    auto response = testing::RunTask(loop_, http_->Send(std::move(request)));
    return response.ok() ? *std::move(response) : net::HttpResponse{};
  }
  net::HttpResponse Post(const std::string& path, const std::string& body) {
    return Call(net::Method::kPost, path, body);
  }

  base::SystemClock clock_;
  std::unique_ptr<brevo_sim::RunningSimulator> simulator_;
  net::Loop loop_;
  std::unique_ptr<net::HttpClient> http_;
};

TEST_F(BrevoSimulatorSpec, ItsAnswersToContactsAreDeclared) {
  const auto created = Post("/contacts", R"({"email":"a@example.com"})");
  EXPECT_EQ(created.status, 201);
  ExpectFits(json::parse(created.body), Answer("/contacts", "post", "201"));
  const auto clash = Post("/contacts", R"({"email":"a@example.com"})");
  ExpectFits(json::parse(clash.body), Answer("/contacts", "post", "400"));
  const auto contact = Call(net::Method::kGet, "/contacts/a%40example.com?identifierType=email_id");
  ExpectFits(json::parse(contact.body), Answer("/contacts/{identifier}", "get", "200"));
  const json page = json::parse(Call(net::Method::kGet, "/contacts").body);
  ExpectFits(page, Answer("/contacts", "get", "200"));
  ExpectFits(page["contacts"][0], Resolve(spec_["components"]["schemas"]["Contact"]));
}

TEST_F(BrevoSimulatorSpec, ItsAnswersToListsAndImportsAreDeclared) {
  Post("/contacts", R"({"email":"a@example.com"})");
  const auto added = Post("/contacts/lists/22/contacts/add", R"({"emails":["a@example.com"]})");
  ExpectFits(json::parse(added.body), Answer("/contacts/lists/{listId}/contacts/add", "post", "201"));
  const auto accepted =
      Post("/contacts/import", R"({"listIds":[22],"disableNotification":true,"jsonBody":[{"email":"b@example.com"}]})");
  EXPECT_EQ(accepted.status, 202);
  ExpectFits(json::parse(accepted.body), Answer("/contacts/import", "post", "202"));
  const json process = json::parse(Call(net::Method::kGet, "/processes/78").body);
  const YAML::Node schema = Answer("/processes/{processId}", "get", "200");
  ExpectFits(process, schema);
  ExpectFits(process["info"]["import"], schema["properties"]["info"]["properties"]["import"]);
}

TEST_F(BrevoSimulatorSpec, ItsAnswersToBatchesAreDeclared) {
  Post("/contacts", R"({"email":"a@example.com"})");
  const std::string good = R"({"event_name":"a","identifiers":{"email_id":"a@example.com"}})";
  const std::string bad = R"({"event_name":"a b","identifiers":{"email_id":"a@example.com"}})";
  const auto all = Post("/events/batch", R"({"events":[)" + good + "]}");
  EXPECT_EQ(all.status, 202);
  ExpectFits(json::parse(all.body), Answer("/events/batch", "post", "202"));
  const auto some = Post("/events/batch", R"({"events":[)" + good + "," + bad + "]}");
  EXPECT_EQ(some.status, 207);
  ExpectFits(json::parse(some.body), Answer("/events/batch", "post", "207"));
  const auto none = Post("/events/batch", R"({"events":[)" + bad + "]}");
  EXPECT_EQ(none.status, 400);
  ExpectFits(json::parse(none.body), Answer("/events/batch", "post", "400"));
}

}  // namespace
}  // namespace tajo::brevo
