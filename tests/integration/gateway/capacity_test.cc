#include "common/store/capacity.h"

#include "common/store/keys.h"
#include "simulators/jira/people.h"
#include "tests/integration/gateway/fixture.h"

namespace tajo::gateway {
namespace {

using Stub = v1::JiraConnector::Stub;

class GatewayCapacityTest : public GatewayTest {
 protected:
  // An account that the simulated site has.
  static jira_sim::Person Agent(uint32_t number) {
    const jira_sim::Options options;
    const jira_sim::People people(options.seed, 20, options.email);
    return people.At(people.Agent(number));
  }
  static std::string BigEndian(int64_t number) {
    std::string bytes;
    for (int shift = 56; shift >= 0; shift -= 8) bytes += static_cast<char>(number >> shift & 0xff);
    return bytes;
  }
  // What a worker would have kept.
  void Keep(const std::string& connection_id, const std::string& account, int64_t open) const {
    const store::Keys keys(connection_id);
    const std::string assignee = account.empty() ? std::string() : store::AssigneeField(account);
    Redis({"HSET", keys.Of("capacity"), "\x90\x4e" + assignee,  // 10,000 as a varint
           BigEndian(open) + BigEndian(60) + BigEndian(30) + BigEndian(15) + BigEndian(25)});
    if (!account.empty()) Redis({"HSET", keys.Of("assignees"), assignee, account});
    Redis({"HSET", keys.Of("project_keys"), "10000", "SUPPORT"});
    Redis({"HSET", keys.Cursors(), store::kCursorCapacityCounted, "1790000000000"});
  }
};

TEST_F(GatewayCapacityTest, Capacity_that_was_never_counted_has_no_rows_and_no_time) {
  Connected(BasicRequest());
  v1::GetCapacityResponse response;
  ASSERT_TRUE(Call(&Stub::GetCapacity, v1::GetCapacityRequest(), &response, "token-a-read").ok());
  EXPECT_EQ(response.rows_size(), 0);
  EXPECT_FALSE(response.has_counted_at());
}

TEST_F(GatewayCapacityTest, Capacity_names_assignees_whom_Jira_shows_and_stores_no_name) {
  const std::string id = Connected(BasicRequest()).connection().connection_id();
  const jira_sim::Person agent = Agent(3);
  Keep(id, agent.account_id, 7);
  Keep(id, "", 2);
  Keep(id, "712020:gone", 1);
  v1::GetCapacityResponse response;
  ASSERT_TRUE(Call(&Stub::GetCapacity, v1::GetCapacityRequest(), &response).ok());
  EXPECT_EQ(response.counted_at().seconds(), 1'790'000'000);
  ASSERT_EQ(response.rows_size(), 3);
  EXPECT_TRUE(response.rows(0).unassigned());
  EXPECT_EQ(response.rows(0).open_issues(), 2);
  std::map<std::string, v1::GetCapacityResponse::Row> rows;
  for (const auto& row : response.rows()) rows[row.assignee_account_id()] = row;
  EXPECT_EQ(rows[agent.account_id].assignee_name(), agent.display_name);
  EXPECT_EQ(rows[agent.account_id].open_issues(), 7);
  EXPECT_EQ(rows[agent.account_id].project_key(), "SUPPORT");
  EXPECT_EQ(rows[agent.account_id].original_estimate_s(), 3600);
  EXPECT_DOUBLE_EQ(rows[agent.account_id].story_points(), 2.5);
  EXPECT_EQ(rows["712020:gone"].assignee_name(), "");
  for (const std::string& key : KeysInRedis()) {
    EXPECT_EQ(Redis({"DUMP", key}).find(agent.display_name), std::string::npos) << key;
  }
}

TEST_F(GatewayCapacityTest, Capacity_is_answered_without_names_while_Jira_is_down) {
  const std::string id = Connected(BasicRequest()).connection().connection_id();
  Keep(id, Agent(3).account_id, 7);
  jira_.reset();
  v1::GetCapacityResponse response;
  ASSERT_TRUE(Call(&Stub::GetCapacity, v1::GetCapacityRequest(), &response).ok());
  ASSERT_EQ(response.rows_size(), 1);
  EXPECT_EQ(response.rows(0).assignee_account_id(), Agent(3).account_id);
  EXPECT_EQ(response.rows(0).assignee_name(), "");
}

TEST_F(GatewayCapacityTest, Capacity_of_another_tenant_is_not_found) {
  const std::string id = Connected(BasicRequest()).connection().connection_id();
  v1::GetCapacityRequest request;
  request.mutable_connection()->set_connection_id(id);
  v1::GetCapacityResponse response;
  EXPECT_EQ(Call(&Stub::GetCapacity, request, &response, "token-b").error_code(), grpc::StatusCode::NOT_FOUND);
}

TEST_F(GatewayCapacityTest, Lead_whom_Jira_does_not_show_is_refused) {
  ExpectRefused(BasicRequest("connectors: {jira: {capacity: {snapshot_to: \"712020:00000000-nobody\"}}}"),
                grpc::StatusCode::INVALID_ARGUMENT, v1::CONFIG_INVALID, {"capacity.snapshot_to"});
  Connected(BasicRequest("connectors: {jira: {capacity: {snapshot_to: \"" + Agent(3).account_id + "\"}}}"));
}

}  // namespace
}  // namespace tajo::gateway
