#include <fmt/format.h>

#include <future>
#include <thread>

#include "tests/integration/gateway/fixture.h"

namespace tajo::gateway {
namespace {

using Stub = v1::JiraConnector::Stub;
using nlohmann::json;

class CreateIssueTest : public GatewayTest {
 protected:
  v1::CreateIssueRequest Wish(const std::string& key = "order-4711") {
    v1::CreateIssueRequest request;
    request.set_idempotency_key(key);
    request.set_project_key("SUPPORT");
    request.set_issue_type("Task");
    request.set_summary("Call the customer");
    request.set_description("First line\n\nSecond paragraph");
    return request;
  }
  grpc::Status Create(const v1::CreateIssueRequest& request, v1::CreateIssueResponse* response,
                      const std::string& token = "token-a") {
    return Call(&Stub::CreateIssue, request, response, token);
  }
  v1::CreateIssueResponse Created(const v1::CreateIssueRequest& request) {
    v1::CreateIssueResponse response;
    const grpc::Status status = Create(request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response;
  }
  // What happens to the next POST that creates an issue.
  void Fault(json fault) {
    fault["match"] = {{"method", "POST"}, {"path", "/rest/api/3/issue"}};
    Http(net::Method::kPost, jira_->Url() + "/_control/faults", fault.dump());
  }
  int64_t Issues() { return Control(jira_->Url() + "/_control/truth")["issues"].get<int64_t>(); }
  json Violations() { return Control(jira_->Url() + "/_control/violations"); }
};

TEST_F(CreateIssueTest, Repeated_call_creates_nothing_twice) {
  Connected(BasicRequest());
  const int64_t before = Issues();
  const v1::CreateIssueResponse first = Created(Wish());
  EXPECT_TRUE(first.created());
  EXPECT_TRUE(first.key().starts_with("SUPPORT-"));
  const v1::CreateIssueResponse second = Created(Wish());
  EXPECT_FALSE(second.created());
  EXPECT_EQ(second.key(), first.key());
  EXPECT_EQ(second.id(), first.id());
  EXPECT_NE(Created(Wish("order-4712")).key(), first.key());
  EXPECT_EQ(Issues(), before + 2);
  EXPECT_EQ(Violations()["total"], 0) << Violations();
}

TEST_F(CreateIssueTest, Key_of_another_wish_is_refused) {
  Connected(BasicRequest());
  Created(Wish());
  v1::CreateIssueRequest other = Wish();
  other.set_summary("Something else");
  v1::CreateIssueResponse response;
  const grpc::Status status = Create(other, &response);
  EXPECT_EQ(DetailOf(status).reason(), v1::REQUEST_INVALID);
  EXPECT_EQ(DetailOf(status).field(), "idempotency_key");
}

// The issue is there, and only its answer was lost.
TEST_F(CreateIssueTest, Lost_answer_is_resolved_by_finding_the_issue) {
  Connected(BasicRequest());
  const int64_t before = Issues();
  Fault({{"kind", "drop_after_effect"}});
  const v1::CreateIssueResponse created = Created(Wish());
  EXPECT_TRUE(created.created());
  EXPECT_EQ(Issues(), before + 1);
  EXPECT_EQ(Created(Wish()).key(), created.key());
  EXPECT_EQ(Issues(), before + 1);
  EXPECT_EQ(Violations()["total"], 0) << Violations();
}

// The search doesn't know the issue yet: only reading its key finds it.
TEST_F(CreateIssueTest, Lost_answer_is_resolved_while_the_search_lags) {
  Connected(BasicRequest());
  Http(net::Method::kPost, jira_->Url() + "/_control/faults", R"({"kind":"index_lag","seconds":3600})");
  const int64_t before = Issues();
  Fault({{"kind", "drop_after_effect"}});
  EXPECT_TRUE(Created(Wish()).created());
  EXPECT_EQ(Issues(), before + 1);
}

TEST_F(CreateIssueTest, Request_that_never_arrived_is_sent_again_once_that_is_sure) {
  Connected(BasicRequest());
  const int64_t before = Issues();
  Fault({{"kind", "reset"}});
  EXPECT_TRUE(Created(Wish()).created());
  EXPECT_EQ(Issues(), before + 1);
  EXPECT_EQ(Violations()["total"], 0) << Violations();
}

// The gateway that sent it died before it heard the answer.
TEST_F(CreateIssueTest, Creation_that_another_gateway_left_unknown_is_found) {
  const std::string id = Connected(BasicRequest()).connection().connection_id();
  const v1::CreateIssueResponse first = Created(Wish());
  const std::set<std::string> keys = KeysInRedis();
  const auto creation = std::find_if(keys.begin(), keys.end(), [&](const std::string& key) {
    return key.starts_with(fmt::format("tajo:{{{}}}:creation:", id));
  });
  ASSERT_NE(creation, keys.end());
  Redis({"HDEL", *creation, "id", "key", "until"});
  const int64_t before = Issues();
  const v1::CreateIssueResponse second = Created(Wish());
  EXPECT_FALSE(second.created());
  EXPECT_EQ(second.key(), first.key());
  EXPECT_EQ(Issues(), before);
}

TEST_F(CreateIssueTest, Calls_at_the_same_time_get_one_issue) {
  Connected(BasicRequest());
  const int64_t before = Issues();
  Fault({{"kind", "slow"}, {"delay_ms", 500}});
  std::vector<std::future<v1::CreateIssueResponse>> calls;
  for (int i = 0; i < 4; ++i) calls.push_back(std::async(std::launch::async, [this] { return Created(Wish()); }));
  std::set<std::string> keys;
  int created = 0;
  for (auto& call : calls) {
    const v1::CreateIssueResponse response = call.get();
    keys.insert(response.key());
    created += response.created() ? 1 : 0;
  }
  EXPECT_EQ(keys.size(), 1u);
  EXPECT_EQ(created, 1);
  EXPECT_EQ(Issues(), before + 1);
}

TEST_F(CreateIssueTest, Jiras_errors_name_the_field_of_the_request) {
  Connected(BasicRequest());
  v1::CreateIssueRequest request = Wish();
  request.set_issue_type("Epos");
  v1::CreateIssueResponse response;
  grpc::Status status = Create(request, &response);
  EXPECT_EQ(DetailOf(status).reason(), v1::JIRA_REQUEST_INVALID);
  EXPECT_EQ(DetailOf(status).field(), "issue_type");
  EXPECT_NE(status.error_message().find("Specify an issue type"), std::string::npos) << status.error_message();
  request = Wish();
  request.set_project_key("NOWHERE");
  status = Create(request, &response);
  EXPECT_EQ(DetailOf(status).field(), "project_key");
  // Nothing was created: the same key may stand for the corrected wish.
  EXPECT_TRUE(Created(Wish()).created());
}

TEST_F(CreateIssueTest, Description_is_a_document_of_its_paragraphs) {
  Connected(BasicRequest());
  const std::string key = Created(Wish()).key();
  v1::QueryRequest query;
  query.set_jql("key = " + key);
  query.add_fields("description");
  v1::QueryResponse page;
  ASSERT_TRUE(Call(&Stub::Query, query, &page).ok());
  ASSERT_EQ(page.issues_size(), 1);
  const json description = json::parse(page.issues(0).fields_json())["description"];
  EXPECT_EQ(description["type"], "doc");
  EXPECT_EQ(description["content"].size(), 2u) << description;
}

TEST_F(CreateIssueTest, Read_only_token_other_tenants_and_bad_fields_are_refused) {
  Connected(BasicRequest());
  v1::CreateIssueResponse response;
  EXPECT_EQ(DetailOf(Create(Wish(), &response, "token-a-read")).reason(), v1::PERMISSION_DENIED);
  EXPECT_EQ(DetailOf(Create(Wish(), &response, "token-b")).reason(), v1::CONNECTION_NOT_FOUND);
  v1::CreateIssueRequest request = Wish();
  request.clear_idempotency_key();
  EXPECT_EQ(DetailOf(Create(request, &response)).field(), "idempotency_key");
  EXPECT_EQ(Violations()["total"], 0) << Violations();
}

}  // namespace
}  // namespace tajo::gateway
