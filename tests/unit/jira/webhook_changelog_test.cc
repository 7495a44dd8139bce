#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "common/jira/webhook.h"

// What a webhook's changelog says of the fields that customers are told about, beyond the status.
namespace tajo::jira {
namespace {

// A ticket's update with these items in its changelog, as Jira sends it.
v1::IssueChange ReadItems(const std::string& items, const std::string& event_type = "issue_updated",
                          const std::string& key = "SUPPORT-7") {
  const std::string body = R"({"timestamp":1774540800500,"webhookEvent":"jira:issue_updated",
    "issue_event_type_name":")" +
                           event_type + R"(","user":{"accountId":"557058:agent"},"issue":{"id":"10042","key":")" + key +
                           R"(","self":"https://your-domain.atlassian.net/rest/api/2/issue/10042","fields":{
    "summary":"Printer","created":"2026-03-26T10:00:00.000+0100","updated":"2026-03-26T16:00:00.500+0000",
    "status":{"id":"3","name":"In Progress","statusCategory":{"key":"indeterminate"}}}},
    "changelog":{"id":"10102","items":[)" +
                           items + "]}}";
  auto read = NormaliseWebhook(body, {});
  EXPECT_TRUE(read.ok()) << read.status();
  if (!read.ok() || read->events.size() != 1) return {};
  v1::IssueChange change = std::move(*read->events.front().mutable_issue());
  EXPECT_EQ(change.issue().id(), 10042);
  EXPECT_EQ(change.history().id(), "10102");
  EXPECT_EQ(change.history().created_ms(), 1774540800500);
  EXPECT_EQ(change.history().author_account_id(), "557058:agent");
  return change;
}

void ExpectItem(const v1::FieldChange& item, const std::string& field, const std::string& field_id,
                const std::pair<std::string, std::string>& ids, const std::pair<std::string, std::string>& texts) {
  EXPECT_EQ(item.field(), field);
  EXPECT_EQ(item.field_id(), field_id) << field;
  EXPECT_EQ(item.from_id(), ids.first) << field;
  EXPECT_EQ(item.to_id(), ids.second) << field;
  EXPECT_EQ(item.from_text(), texts.first) << field;
  EXPECT_EQ(item.to_text(), texts.second) << field;
}

TEST(WebhookNormaliser, SprintItem_MayHaveItsNamesOnly) {
  const auto change = ReadItems(R"({"field":"Sprint","fieldtype":"custom","fieldId":"customfield_10020","from":null,
    "fromString":null,"to":null,"toString":"sprint 1"})");
  ASSERT_EQ(change.history().changes_size(), 1);
  ExpectItem(change.history().changes(0), "Sprint", "customfield_10020", {"", ""}, {"", "sprint 1"});
}

TEST(WebhookNormaliser, SprintItem_NamesAllSprintsOfTheTicket) {
  const auto change = ReadItems(R"({"field":"Sprint","fieldtype":"custom","fieldId":"customfield_10020","from":"37",
    "fromString":"sprint 1","to":"37, 72","toString":"sprint 1, sprint 2"})");
  ASSERT_EQ(change.history().changes_size(), 1);
  ExpectItem(change.history().changes(0), "Sprint", "customfield_10020", {"37", "37, 72"},
             {"sprint 1", "sprint 1, sprint 2"});
}

// A version that replaces another is two items of one history. Old shapes lack the field's id.
TEST(WebhookNormaliser, FixVersionItems_AreOneTakenAwayAndOneAdded) {
  const auto change = ReadItems(R"({"field":"Fix Version","fieldtype":"jira","fieldId":"fixVersions","from":"11364",
    "fromString":"7.1","to":null,"toString":null},{"field":"Fix Version","fieldtype":"jira","from":null,
    "fromString":null,"to":"13200","toString":"7.2"})");
  ASSERT_EQ(change.history().changes_size(), 2);
  ExpectItem(change.history().changes(0), "Fix Version", "fixVersions", {"11364", ""}, {"7.1", ""});
  ExpectItem(change.history().changes(1), "Fix Version", "fixVersions", {"", "13200"}, {"", "7.2"});
}

TEST(WebhookNormaliser, ResolutionItem_ComesBesideItsStatusAndGoesWhenReopened) {
  const auto resolved = ReadItems(R"({"field":"resolution","fieldtype":"jira","fieldId":"resolution","from":null,
    "fromString":null,"to":"10000","toString":"Done"},{"field":"status","fieldtype":"jira","fieldId":"status",
    "from":"3","fromString":"In Progress","to":"10001","toString":"Done"})",
                                  "issue_generic");
  ASSERT_EQ(resolved.history().changes_size(), 2);
  ExpectItem(resolved.history().changes(0), "resolution", "resolution", {"", "10000"}, {"", "Done"});
  EXPECT_EQ(resolved.history().changes(1).field(), "status");

  const auto reopened = ReadItems(R"({"field":"resolution","fieldtype":"jira","fieldId":"resolution","from":"10000",
    "fromString":"Done","to":null,"toString":null})",
                                  "issue_generic");
  ASSERT_EQ(reopened.history().changes_size(), 1);
  ExpectItem(reopened.history().changes(0), "resolution", "resolution", {"10000", ""}, {"Done", ""});
}

TEST(WebhookNormaliser, MovedIssue_HasItsNewKeyAndSaysTheFormerOne) {
  const auto change = ReadItems(R"({"field":"project","fieldtype":"jira","fieldId":"project","from":"10000",
    "fromString":"Support","to":"10001","toString":"Product"},{"field":"Key","fieldtype":"jira","fieldId":"issuekey",
    "from":null,"fromString":"SUPPORT-7","to":null,"toString":"PRODUCT-6"})",
                                "issue_moved", "PRODUCT-6");
  EXPECT_EQ(change.issue_event_type(), "issue_moved");
  EXPECT_EQ(change.issue().key(), "PRODUCT-6");
  EXPECT_EQ(change.issue().project_key(), "PRODUCT");
  ASSERT_EQ(change.history().changes_size(), 2);
  ExpectItem(change.history().changes(0), "project", "project", {"10000", "10001"}, {"Support", "Product"});
  ExpectItem(change.history().changes(1), "Key", "issuekey", {"", ""}, {"SUPPORT-7", "PRODUCT-6"});
}

}  // namespace
}  // namespace tajo::jira
