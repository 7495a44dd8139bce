#include <fmt/format.h>

#include <algorithm>

#include "common/store/ids.h"
#include "common/store/keys.h"
#include "tests/integration/gateway/fixture.h"

namespace tajo::gateway {
namespace {

using Stub = v1::JiraConnector::Stub;
using nlohmann::json;

class PreviewTest : public GatewayTest {
 protected:
  json Change(const json& order) {
    return json::parse(Http(net::Method::kPost, jira_->Url() + "/_control/change", order.dump()).body);
  }
  // A live ticket of the customer's; its key.
  std::string Ticket(const std::string& type = "Bug") {
    return Change({{"op", "create"},
                   {"project", "SUPPORT"},
                   {"type", type},
                   {"summary", "Can't log in"},
                   {"reporter", kCustomer}})["issue"];
  }
  grpc::Status Preview(const std::string& issue, v1::PreviewMappingResponse* response, const std::string& yaml = "") {
    v1::PreviewMappingRequest request;
    request.set_issue_key(issue);
    request.set_config_yaml(yaml);
    return Call(&Stub::PreviewMapping, request, response, "token-a-read");
  }
  v1::PreviewMappingResponse Previewed(const std::string& issue, const std::string& yaml = "") {
    v1::PreviewMappingResponse response;
    const grpc::Status status = Preview(issue, &response, yaml);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response;
  }
};

const v1::PreviewedAttribute* Find(const v1::PreviewMappingResponse& response, const std::string& name) {
  const auto& mapped = response.mapped();
  const auto found = std::find_if(mapped.begin(), mapped.end(), [&](const auto& one) { return one.name() == name; });
  return found == mapped.end() ? nullptr : &*found;
}

TEST_F(PreviewTest, Ticket_shows_customer_attributes_lists_and_events_and_writes_nothing) {
  Connected(BasicRequest());
  const std::string key = Ticket();
  Change({{"op", "transition"}, {"issue", key}, {"to", "In Progress"}});
  const std::set<std::string> before = KeysInRedis();
  const v1::PreviewMappingResponse preview = Previewed(key);
  EXPECT_EQ(preview.issue_key(), key);
  EXPECT_TRUE(preview.admitted());
  EXPECT_EQ(preview.contact_email(), kCustomer);
  ASSERT_EQ(preview.sources_size(), 1);
  EXPECT_EQ(preview.sources(0).source(), "reporter");
  EXPECT_TRUE(preview.sources(0).chosen());
  ASSERT_NE(Find(preview, "LAST_TICKET_STATUS"), nullptr);
  EXPECT_EQ(Find(preview, "LAST_TICKET_STATUS")->value_json(), "\"In Progress\"");
  EXPECT_EQ(Find(preview, "LAST_TICKET_STATUS")->source(), "issue_status");
  EXPECT_EQ(Find(preview, "LAST_TICKET_STATUS")->type(), "text");
  EXPECT_EQ(Find(preview, "LAST_TICKET_DATE")->type(), "date");
  EXPECT_EQ(preview.attributes().at("LAST_TICKET_KEY"), fmt::format("\"{}\"", key));
  ASSERT_EQ(preview.list_ids_size(), 1);
  EXPECT_EQ(preview.list_ids(0), 22);
  EXPECT_TRUE(preview.is_last_ticket());
  ASSERT_EQ(preview.timeline_size(), 2) << preview.DebugString();
  EXPECT_EQ(preview.timeline(0).name(), "jira_issue_created");
  EXPECT_EQ(preview.timeline(1).name(), "jira_issue_status_changed");
  EXPECT_EQ(preview.timeline(1).state(), "would be sent");
  EXPECT_EQ(json::parse(preview.timeline(1).properties_json())["to_status"], "In Progress");
  EXPECT_EQ(KeysInRedis(), before);
  EXPECT_EQ(Control(brevo_->Url() + "/_control/truth")["contacts"], 0);
  EXPECT_EQ(lines_->Text().find(kCustomer), std::string::npos);
}

TEST_F(PreviewTest, Issue_may_be_named_by_its_id_and_an_unknown_one_names_the_field) {
  Connected(BasicRequest());
  const std::string key = Ticket();
  const int64_t id = Previewed(key).issue_id();
  EXPECT_EQ(Previewed(std::to_string(id)).issue_key(), key);
  v1::PreviewMappingResponse response;
  const grpc::Status missing = Preview("SUPPORT-99999", &response);
  EXPECT_EQ(DetailOf(missing).reason(), v1::JIRA_NOT_FOUND);
  EXPECT_EQ(DetailOf(missing).field(), "issue_key");
  EXPECT_EQ(DetailOf(Preview("SUPPORT", &response)).field(), "issue_key");
}

TEST_F(PreviewTest, Mapping_of_the_request_is_tried_without_being_stored) {
  Connected(BasicRequest());
  const std::string key = Ticket("Task");
  const std::string yaml = R"(
connectors:
  jira:
    projects: [{key: "SUPPORT", sync_to_list: 23}]
    issue_types: [Bug]
field_mapping:
  emailAddress: email
  issue_summary: TICKET_TITLE
)";
  const v1::PreviewMappingResponse left_out = Previewed(key, yaml);
  EXPECT_FALSE(left_out.admitted());
  ASSERT_EQ(left_out.refused_by_size(), 1);
  EXPECT_EQ(left_out.refused_by(0), "connectors.jira.issue_types");
  EXPECT_EQ(left_out.contact_email(), "");
  EXPECT_NE(left_out.without_contact().find("connectors.jira.issue_types"), std::string::npos);
  const v1::PreviewMappingResponse preview = Previewed(Ticket("Bug"), yaml);
  EXPECT_TRUE(preview.admitted());
  ASSERT_EQ(preview.mapped_size(), 1);
  EXPECT_EQ(preview.mapped(0).name(), "TICKET_TITLE");
  EXPECT_EQ(preview.mapped(0).value_json(), "\"Can't log in\"");
  EXPECT_EQ(preview.list_ids(0), 23);
  EXPECT_TRUE(Previewed(key).admitted());
  v1::PreviewMappingResponse response;
  EXPECT_EQ(DetailOf(Preview(key, &response, "connectors: {jira: {projcts: []}}")).reason(), v1::CONFIG_INVALID);
  EXPECT_EQ(DetailOf(Preview(key, &response, "connectors: {jira: {contact_source: [Buyer]}}")).reason(),
            v1::CONFIG_INVALID);
}

TEST_F(PreviewTest, Filter_of_the_configs_own_jql_is_judged_by_Jira) {
  Connected(BasicRequest());
  const std::string key = Ticket();
  const std::string yaml = R"(connectors: {jira: {jql: "status = Closed"}})";
  const v1::PreviewMappingResponse preview = Previewed(key, yaml);
  ASSERT_EQ(preview.refused_by_size(), 1);
  EXPECT_EQ(preview.refused_by(0), "connectors.jira.jql");
}

TEST_F(PreviewTest, Ticket_that_is_not_the_last_one_says_so) {
  const store::Keys keys(Connected(BasicRequest()).connection().connection_id());
  const std::string key = Ticket();
  const store::ContactId contact = store::ContactId::OfEmail(kCustomer);
  Redis({"ZADD", keys.Tickets(contact), "9000000000000", std::string("\0\0\0\0\0\1\0\0", 8)});
  EXPECT_FALSE(Previewed(key).is_last_ticket());
}

TEST_F(PreviewTest, Erased_customer_is_written_to_no_more) {
  Connected(BasicRequest());
  const std::string key = Ticket();
  v1::ForgetContactRequest forget;
  forget.set_email(kCustomer);
  v1::ForgetContactResponse forgotten;
  ASSERT_TRUE(Call(&Stub::ForgetContact, forget, &forgotten).ok());
  const v1::PreviewMappingResponse preview = Previewed(key);
  EXPECT_EQ(preview.contact_email(), "");
  EXPECT_EQ(preview.mapped_size(), 0);
  EXPECT_EQ(preview.timeline_size(), 0);
  EXPECT_NE(preview.without_contact().find("erased"), std::string::npos);
}

}  // namespace
}  // namespace tajo::gateway
