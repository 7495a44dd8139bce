// Compares what the simulator answers with the vendor's own description of its API: no name that the
// description doesn't declare where it allows no others, and every name that it requires.
#include <fstream>
#include <string>

#include "tests/integration/jira_sim/fixture.h"

namespace tajo::jira_sim {
namespace {

class SpecTest : public JiraSimTest {
 protected:
  void SetUp() override {
    const std::string path = TAJO_JIRA_SPEC;
    if (path.empty()) GTEST_SKIP() << "-DTAJO_JIRA_SPEC= doesn't name the platform's OpenAPI file";
    std::ifstream file(path);
    if (!file) GTEST_SKIP() << "the platform's OpenAPI file can't be read";
    spec_ = Json::parse(file, nullptr, false);
    ASSERT_FALSE(spec_.is_discarded());
    Start({.issues = 60, .customers = 20, .limits = false});
  }

  const Json& Resolve(const Json& schema) const {
    const Json* at = &schema;
    for (int hop = 0; hop < 10; ++hop) {
      if (at->contains("allOf") && (*at)["allOf"].size() == 1) {
        at = &(*at)["allOf"][0];
      } else if (at->contains("$ref")) {
        at = &spec_.at(Json::json_pointer((*at)["$ref"].get<std::string>().substr(1)));
      } else {
        break;
      }
    }
    return *at;
  }

  void Compare(const Json& value, const Json& declared, const std::string& path) const {
    const Json& schema = Resolve(declared);
    if (value.is_array()) {
      for (std::size_t i = 0; i < value.size() && schema.contains("items"); ++i) {
        Compare(value[i], schema["items"], path + '[' + std::to_string(i) + ']');
      }
      return;
    }
    if (!value.is_object() || !schema.contains("properties")) return;
    for (const auto& [name, inner] : value.items()) {
      if (schema["properties"].contains(name)) {
        Compare(inner, schema["properties"][name], path + '.' + name);
      } else {
        EXPECT_TRUE(schema.value("additionalProperties", Json(true)) != Json(false)) << path << '.' << name;
      }
    }
    for (const auto& name : schema.value("required", Json::array())) {
      EXPECT_TRUE(value.contains(name)) << path << " lacks " << name;
    }
  }

  void Check(const std::string& method, const std::string& endpoint, const Reply& reply) const {
    const Json& responses = spec_["paths"][endpoint][method]["responses"];
    const std::string status = std::to_string(reply.status);
    ASSERT_TRUE(responses.contains(status)) << endpoint << ' ' << status << ' ' << reply.body.substr(0, 200);
    Compare(reply.json, responses[status]["content"]["application/json"]["schema"], method + ' ' + endpoint);
  }

  Json spec_;
};

TEST_F(SpecTest, Answers_HaveTheDeclaredNames) {
  const auto get = [this](const std::string& endpoint, const std::string& path) { Check("get", endpoint, Get(path)); };
  const auto post = [this](const std::string& endpoint, const Json& body) {
    Check("post", endpoint, Post(endpoint, body));
  };
  const std::string api = "/rest/api/3";
  get(api + "/myself", api + "/myself");
  get(api + "/serverInfo", api + "/serverInfo");
  get(api + "/field", api + "/field");
  get(api + "/status", api + "/status");
  get(api + "/priority", api + "/priority");
  get(api + "/project/search", api + "/project/search");
  get(api + "/project/{projectIdOrKey}", api + "/project/SUPPORT");
  get(api + "/project/{projectIdOrKey}/version", api + "/project/SUPPORT/version");
  get(api + "/version/{id}", api + "/version/10100");
  get(api + "/user/search", api + "/user/search?query=customer");
  get(api + "/users/search", api + "/users/search");
  get(api + "/issue/{issueIdOrKey}", api + "/issue/SUPPORT-1?expand=changelog");
  get(api + "/issue/{issueIdOrKey}/changelog", api + "/issue/SUPPORT-1/changelog");
  get(api + "/issue/{issueIdOrKey}/comment", api + "/issue/SUPPORT-1/comment");
  get(api + "/issue/{issueIdOrKey}/worklog", api + "/issue/SUPPORT-1/worklog");
  get(api + "/worklog/updated", api + "/worklog/updated?since=0");
  post(api + "/search/jql", {{"jql", "project = SUPPORT"}, {"fields", {"*all"}}, {"expand", "names"}});
  post(api + "/search/approximate-count", {{"jql", "project = SUPPORT"}});
  post(api + "/issue/bulkfetch", {{"issueIdsOrKeys", {"10001"}}, {"fields", {"*all"}}});
  post(api + "/changelog/bulkfetch", {{"issueIdsOrKeys", {"10001", "10002", "10003"}}});
  post(api + "/jql/parse", {{"queries", {"project = SUPPORT"}}});
  post(api + "/jql/match", {{"issueIds", {10001}}, {"jqls", {"project = SUPPORT"}}});
}

}  // namespace
}  // namespace tajo::jira_sim
