#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "common/jira/client.h"
#include "tests/support/run_task.h"
#include "tests/unit/jira/fakes.h"

namespace tajo::jira {
namespace {

using nlohmann::json;

const std::filesystem::path kSpec = std::filesystem::path(TAJO_SHARED_DIR) / "contracts/specs/jira-platform-v3.json";

std::vector<std::string> Split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::size_t begin = 0;
  while (true) {
    const std::size_t end = text.find(separator, begin);
    parts.push_back(text.substr(begin, end - begin));
    if (end == std::string::npos) return parts;
    begin = end + 1;
  }
}

// "/issue/1/comment" fits "/issue/{issueIdOrKey}/comment"; a path without parameters is the better fit.
const json* FindPath(const json& paths, const std::string& path) {
  if (const auto exact = paths.find(path); exact != paths.end()) return &*exact;
  const auto wanted = Split(path, '/');
  for (const auto& [name, item] : paths.items()) {
    const auto parts = Split(name, '/');
    bool fits = parts.size() == wanted.size();
    for (std::size_t i = 0; fits && i < parts.size(); ++i) fits = parts[i] == wanted[i] || parts[i].rfind('{', 0) == 0;
    if (fits) return &item;
  }
  return nullptr;
}

const char* MethodName(net::Method method) {
  switch (method) {
    case net::Method::kGet:
      return "get";
    case net::Method::kPost:
      return "post";
    case net::Method::kPut:
      return "put";
    case net::Method::kPatch:
      return "patch";
    case net::Method::kDelete:
      return "delete";
  }
  return "";
}

class RequestsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::ifstream file(kSpec);
    if (!file) GTEST_SKIP() << "no copy of Jira's API description beside the checkout";
    spec_ = json::parse(file);
  }

  void CheckBody(const json& operation, const Request& request) {
    const json& schema = operation.at("requestBody").at("content").at("application/json").at("schema");
    if (!schema.contains("$ref")) return;
    const std::string name = schema.at("$ref").get<std::string>().substr(std::string("#/components/schemas/").size());
    const json& properties = spec_.at("components").at("schemas").at(name).at("properties");
    const json body = json::parse(request.body);
    for (const auto& [key, value] : body.items()) {
      ASSERT_TRUE(properties.contains(key)) << name << "." << key;
      const std::string type = properties.at(key).value("type", "");
      EXPECT_TRUE(type != "array" || value.is_array()) << key;
      EXPECT_TRUE(type != "string" || value.is_string()) << key;
      EXPECT_TRUE(type != "integer" || value.is_number_integer()) << key;
    }
  }

  void Check(const Request& request) {
    const auto parts = Split(request.path, '?');
    const json* item = FindPath(spec_.at("paths"), parts[0]);
    ASSERT_NE(item, nullptr) << parts[0];
    ASSERT_TRUE(item->contains(MethodName(request.call.method))) << MethodName(request.call.method) << " " << parts[0];
    const json& operation = item->at(MethodName(request.call.method));
    EXPECT_FALSE(operation.value("deprecated", false)) << parts[0];
    std::set<std::string> known;
    for (const json& parameter : operation.value("parameters", json::array())) {
      if (parameter.value("in", "") == "query") known.insert(parameter.at("name"));
    }
    if (parts.size() > 1) {
      for (const std::string& pair : Split(parts[1], '&')) {
        EXPECT_TRUE(known.contains(Split(pair, '=')[0])) << parts[0] << " " << pair;
      }
    }
    if (!request.body.empty()) CheckBody(operation, request);
  }

  template <class T>
  void Sends(base::Task<T> task) {
    const std::size_t before = connection_.sent.size();
    (void)testing::RunTask(context_, std::move(task));  // the script is empty: only the request matters
    ASSERT_EQ(connection_.sent.size(), before + 1);
    Check(connection_.sent.back());
  }

  json spec_;
  boost::asio::io_context context_;
  ScriptedConnection connection_;
  Client client_{connection_};
};

TEST_F(RequestsTest, Reads_AreInTheDescription) {
  IssueQuery query{"project = A", "token", 100, {"changelog"}, {1}};
  IssueFields fields;
  fields.sprint = "customfield_10020";
  Sends(client_.GetMyself());
  Sends(client_.GetServerInfo());
  Sends(client_.SearchJql(query, fields));
  Sends(client_.SearchRaw(query, {"summary"}));
  Sends(client_.ApproximateCount("project = A"));
  Sends(client_.ParseJql({"project = A"}));
  Sends(client_.BulkFetch({1}, fields, true));
  Sends(client_.GetIssue("A-1", fields, true));
  Sends(client_.BulkChangelogs({1}));
  Sends(client_.Comments(1));
  Sends(client_.Projects({"A"}));
  Sends(client_.ProjectVersions("A"));
  Sends(client_.Fields());
  Sends(client_.Statuses());
  Sends(client_.UsersByAccountId({"u"}));
  Sends(client_.SearchUsers("u"));
  Sends(client_.WorklogsUpdated(1));
  Sends(client_.WorklogList({1}));
  Sends(client_.GetIssueProperty("A-1", "k"));
  Sends(client_.ListWebhooks());
}

TEST_F(RequestsTest, Writes_AreInTheDescription) {
  NewIssue issue;
  issue.project_key = "A";
  issue.description = "text";
  issue.properties = {{"k", "{}"}};
  Sends(client_.CreateIssue(issue));
  IssueQuery with_property;
  with_property.jql = "project = A";
  Sends(client_.SearchProperty(with_property, "k"));
  Sends(client_.FetchProperty({"A-1"}, "k"));
  Sends(client_.SetIssueProperty("A-1", "k", "{}"));
  Sends(client_.RegisterWebhooks("https://x.example.com", {{{"jira:issue_updated"}, "project = A", {"summary"}}}));
  Sends(client_.RefreshWebhooks({1}));
  Sends(client_.DeleteWebhooks({1}));
}

TEST_F(RequestsTest, WebhookSpec_HasTheNamesOfTheDescription) {
  Sends(client_.RegisterWebhooks("https://x.example.com", {{{"jira:issue_updated"}, "project = A", {"summary"}}}));
  const json& properties = spec_.at("components").at("schemas").at("WebhookDetails").at("properties");
  const json body = json::parse(connection_.sent.back().body);
  for (const auto& [key, value] : body.at("webhooks").at(0).items()) {
    EXPECT_TRUE(properties.contains(key)) << key;
  }
}

}  // namespace
}  // namespace tajo::jira
