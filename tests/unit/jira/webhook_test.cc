#include "common/jira/webhook.h"

#include <gtest/gtest.h>
#include <malloc.h>

#include <string>

#include "common/base/error.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::jira {
namespace {

constexpr char kIssue[] = R"("issue":{"id":"10042","self":"https://Acme.atlassian.net/rest/api/2/issue/10042",
  "key":"SUPPORT-7","fields":{"summary":"Printer \"on\" fire","created":"2026-03-26T10:00:00.000+0100",
  "updated":"2026-03-26T16:00:00.500+0000","resolutiondate":null,"resolution":null,"assignee":null,
  "status":{"id":"3","name":"In Progress","statusCategory":{"id":4,"key":"indeterminate"}},
  "priority":{"name":"High"},"issuetype":{"name":"Bug"},"project":{"id":"10000","key":"SUPPORT"},
  "reporter":{"accountId":"qm:1","accountType":"customer","emailAddress":"customer0001@example.com","displayName":"C","active":true},
  "creator":{"accountId":"unknown","emailAddress":"?","active":"true"},
  "fixVersions":[{"id":"10001"},{"id":10002}],"timespent":3600,"timeestimate":null,
  "customfield_10016":5,"customfield_10020":[{"id":12,"name":"S"},"com.atlassian.Sprint@1f[id=13,rapidViewId=3]"],
  "customfield_10050":{"value":"vip@example.com"},"customfield_10051":"not asked for"}})";

Normalised Read(const std::string& body, const IssueFields* fields = nullptr) {
  WebhookNormaliser normaliser;
  NormaliseOptions options;
  options.fields = fields;
  options.received_ms = 1'790'000'000'000;
  auto result = normaliser.Normalise(body, options);
  EXPECT_TRUE(result.ok()) << result.status();
  return result.ok() ? *std::move(result) : Normalised();
}

std::string Body(const std::string& members) {
  return "{" + members + "}";
}

TEST(WebhookNormaliser, IssueUpdate_KeepsWhatTheMappingNeedsAndNoMore) {
  IssueFields fields;
  fields.sprint = "customfield_10020";
  fields.story_points = "customfield_10016";
  fields.extra = {"customfield_10050"};
  const Normalised out = Read(Body(R"("timestamp":1774540800500,"webhookEvent":"jira:issue_updated",
    "issue_event_type_name":"issue_generic","matchedWebhookIds":[1000,2],"user":{"accountId":"557058:agent"},)" +
                                   std::string(kIssue) + R"(,"changelog":{"id":"10102","items":[
    {"field":"status","fieldtype":"jira","fieldId":"status","from":"1","fromString":"Open","to":"3","toString":"In Progress"}]})"),
                              &fields);
  EXPECT_TRUE(out.recognised);
  EXPECT_FALSE(out.inferred);
  EXPECT_EQ(out.site_host, "acme.atlassian.net");
  EXPECT_EQ(out.matched_webhook_ids, (std::vector<int64_t>{1000, 2}));
  ASSERT_EQ(out.events.size(), 1u);
  const v1::Event& event = out.events[0];
  EXPECT_EQ(event.source(), v1::Event::SOURCE_WEBHOOK);
  EXPECT_EQ(event.received_ms(), 1'790'000'000'000);
  EXPECT_EQ(event.occurred_ms(), 1774540800500);
  EXPECT_EQ(event.actor_account_id(), "557058:agent");
  const v1::Issue& issue = event.issue().issue();
  EXPECT_EQ(issue.id(), 10042);
  EXPECT_EQ(issue.summary(), "Printer \"on\" fire");
  EXPECT_EQ(issue.created_ms(), 1774515600000);
  EXPECT_EQ(issue.updated_ms(), 1774540800500);
  EXPECT_EQ(issue.status_category(), v1::IN_PROGRESS);
  EXPECT_EQ(issue.reporter().email(), "customer0001@example.com");
  EXPECT_EQ(issue.creator().account_id(), "");  // "unknown" is nobody
  EXPECT_EQ(issue.creator().email(), "");       // "?" is no address
  EXPECT_TRUE(issue.creator().active());
  EXPECT_FALSE(issue.has_assignee());
  EXPECT_EQ(issue.fix_version_ids_size(), 2);
  ASSERT_EQ(issue.sprint_ids_size(), 2);
  EXPECT_EQ(issue.sprint_ids(1), 13);
  EXPECT_DOUBLE_EQ(issue.story_points(), 5);
  EXPECT_EQ(issue.time_spent_s(), 3600);
  EXPECT_FALSE(issue.has_remaining_estimate_s());
  EXPECT_FALSE(issue.partial());
  ASSERT_EQ(issue.fields_size(), 1);
  EXPECT_EQ(issue.fields().at("customfield_10050"), R"({"value":"vip@example.com"})");
  const v1::History& history = event.issue().history();
  EXPECT_EQ(history.id(), "10102");
  ASSERT_EQ(history.changes_size(), 1);
  EXPECT_EQ(history.changes(0).to_text(), "In Progress");
  EXPECT_EQ(event.issue().issue_event_type(), "issue_generic");
}

TEST(WebhookNormaliser, RankAndEmptyItems_AreNoise) {
  const Normalised out = Read(Body(R"("webhookEvent":"jira:issue_updated",)" + std::string(kIssue) +
                                   R"(,"changelog":{"id":1,"items":[{"field":"Rank","toString":"Ranked higher"},{},
      {"field":"labels","from":null,"fromString":"a","to":null,"toString":"a"}]})"));
  ASSERT_EQ(out.events.size(), 1u);
  EXPECT_FALSE(out.events[0].issue().has_history());
}

TEST(WebhookNormaliser, EmptyChangelogItems_IsStillAnUpdate) {
  const Normalised out = Read(
      Body(R"("webhookEvent":"jira:issue_updated",)" + std::string(kIssue) + R"(,"changelog":{"id":"9","items":[]})"));
  ASSERT_EQ(out.events.size(), 1u);
  EXPECT_EQ(out.events[0].issue().kind(), v1::UPDATED);
  EXPECT_FALSE(out.events[0].issue().has_history());
}

TEST(WebhookNormaliser, AssigneeItem_PrefersTheAccountIds) {
  const Normalised out =
      Read(Body(R"("webhookEvent":"jira:issue_created",)" + std::string(kIssue) +
                R"(,"changelog":{"id":"9","items":[{"field":"assignee","fieldtype":"jira","from":"old-key",
      "fromString":"A","to":"new-key","toString":"B","tmpFromAccountId":"5b:1","tmpToAccountId":"5b:2"}]})"));
  ASSERT_EQ(out.events.size(), 1u);
  EXPECT_EQ(out.events[0].issue().kind(), v1::CREATED);
  const v1::FieldChange& change = out.events[0].issue().history().changes(0);
  EXPECT_EQ(change.from_id(), "5b:1");
  EXPECT_EQ(change.to_id(), "5b:2");
  EXPECT_EQ(change.field_id(), "assignee");
}

TEST(WebhookNormaliser, DescriptionItem_LosesItsWords) {
  const Normalised out = Read(Body(R"("webhookEvent":"jira:issue_updated",)" + std::string(kIssue) +
                                   R"(,"changelog":{"id":"9","items":[{"field":"description","fieldtype":"jira",
      "fromString":"secret a","toString":"secret b"}]})"));
  ASSERT_EQ(out.events[0].issue().history().changes_size(), 1);
  EXPECT_EQ(out.events[0].issue().history().changes(0).to_text(), "");
}

TEST(WebhookNormaliser, CommentInsideIssueUpdate_IsTwoEventsWithOneCommentId) {
  const Normalised out = Read(
      Body(R"("webhookEvent":"jira:issue_updated","issue_event_type_name":"issue_commented",)" + std::string(kIssue) +
           R"(,"comment":{"id":"500","author":{"accountId":"a"},"body":"*Done*, see [docs|https://example.com/d]",
      "created":"2026-03-26T16:00:00.000+0000","updated":"2026-03-26T16:00:00.000+0000","jsdPublic":true})"));
  ASSERT_EQ(out.events.size(), 2u);
  EXPECT_TRUE(out.events[0].has_issue());
  EXPECT_EQ(out.events[0].issue().issue().id(), 10042);
  EXPECT_EQ(out.events[1].comment().kind(), v1::CREATED);
  EXPECT_EQ(out.events[1].comment().comment().id(), "500");
  EXPECT_EQ(out.events[1].comment().comment().text(), "Done, see docs (https://example.com/d)");
  EXPECT_EQ(out.events[1].comment().issue().id(), 10042);
  EXPECT_TRUE(out.events[1].comment().comment().is_public());
}

bool IsPublic(const std::string& signs) {
  const Normalised out = Read(Body(
      R"("webhookEvent":"comment_created","comment":{"id":"1","self":"https://a.atlassian.net/rest/api/2/issue/10000/comment/1","body":"x")" +
      signs + "}"));
  EXPECT_EQ(out.events.size(), 1u);
  return !out.events.empty() && out.events[0].comment().comment().is_public();
}

TEST(WebhookNormaliser, CommentIsPrivate_ByEachOfThreeSigns) {
  EXPECT_TRUE(IsPublic(""));
  EXPECT_TRUE(IsPublic(R"(,"jsdPublic":true,"visibility":null,"properties":[])"));
  EXPECT_FALSE(IsPublic(R"(,"jsdPublic":false)"));
  EXPECT_FALSE(IsPublic(R"(,"jsdPublic":true,"visibility":{"type":"role","value":"Developers"})"));
  EXPECT_FALSE(IsPublic(R"(,"jsdPublic":true,"properties":[{"key":"sd.public.comment","value":{"internal":true}}])"));
  EXPECT_FALSE(IsPublic(R"(,"properties":[{"value":{"internal":"true"},"key":"sd.public.comment"}])"));
  EXPECT_TRUE(IsPublic(R"(,"properties":[{"key":"sd.public.comment","value":{"internal":false}}])"));
}

TEST(WebhookNormaliser, CommentIsPrivate_WhenASignCannotBeRead) {
  EXPECT_FALSE(IsPublic(R"(,"jsdPublic":"perhaps")"));
  EXPECT_FALSE(IsPublic(R"(,"properties":[{"key":"sd.public.comment","value":"internal"}])"));
  EXPECT_FALSE(IsPublic(R"(,"visibility":"x")"));
}

TEST(WebhookNormaliser, PrivateComment_LosesItsWords) {
  const Normalised out = Read(Body(
      R"("webhookEvent":"comment_created","comment":{"id":"1","self":"https://a.atlassian.net/rest/api/2/issue/10000/comment/1",
      "body":"between us","jsdPublic":false})"));
  ASSERT_EQ(out.events.size(), 1u);
  EXPECT_EQ(out.events[0].comment().comment().id(), "1");
  EXPECT_EQ(out.events[0].comment().comment().text(), "");
}

TEST(WebhookNormaliser, CommentWithoutIssue_FindsItsIssueInTheLink) {
  const Normalised out = Read(Body(
      R"("timestamp":1565964017153,"webhookEvent":"comment_created","comment":{"id":"12000",
      "self":"https://site-a.atlassian.net/rest/api/2/issue/10000/comment/12000","body":"hi\\!"})"));
  ASSERT_EQ(out.events.size(), 1u);
  EXPECT_EQ(out.events[0].comment().issue().id(), 10000);
  EXPECT_TRUE(out.events[0].comment().issue().partial());
  EXPECT_EQ(out.events[0].comment().comment().text(), "hi!");
  EXPECT_EQ(out.site_host, "site-a.atlassian.net");
}

TEST(WebhookNormaliser, CommentBody_MayBeADocumentOrNull) {
  const std::string head = R"("webhookEvent":"comment_updated","comment":{"id":1,"body":)";
  const Normalised adf = Read(Body(
      head +
      R"({"type":"doc","version":1,"content":[{"type":"paragraph","content":[{"type":"text","text":"Hello"}]}]}})"));
  EXPECT_EQ(adf.events.at(0).comment().comment().text(), "Hello");
  const Normalised null = Read(Body(head + "null}"));
  EXPECT_EQ(null.events.at(0).comment().comment().text(), "");
}

TEST(WebhookNormaliser, MalformedIssueLink_FallsBackToTheCommentsLink) {
  const Normalised out =
      Read(Body(R"("webhookEvent":"comment_deleted","issue":{"id":10357,"self":"/rest/api/2/10357","key":"A-1"},
    "comment":{"id":"1","self":"https://b.atlassian.net/rest/api/2/issue/10357/comment/1"})"));
  EXPECT_EQ(out.site_host, "b.atlassian.net");
  ASSERT_EQ(out.events.size(), 1u);
  EXPECT_EQ(out.events[0].comment().kind(), v1::DELETED);
}

TEST(WebhookNormaliser, GatewayLink_GivesTheCloudId) {
  const Normalised out = Read(Body(
      R"("webhookEvent":"jira:issue_deleted","issue":{"id":"1","self":"https://api.atlassian.com/ex/jira/11-22/rest/api/2/issue/1"})"));
  EXPECT_EQ(out.cloud_id, "11-22");
  EXPECT_EQ(out.site_host, "");
}

TEST(WebhookNormaliser, Worklog_HasItsIssueId) {
  const Normalised out = Read(Body(R"("timestamp":1790102915652,"webhookEvent":"worklog_created","worklog":{
    "self":"https://site-b.atlassian.net/rest/api/2/issue/10014/worklog/10066","author":{"accountId":"99:x"},
    "comment":"","started":"2026-09-21T08:16:58.108+0530","timeSpentSeconds":144000,"id":"10066","issueId":"10014"})"));
  ASSERT_EQ(out.events.size(), 1u);
  const v1::Worklog& worklog = out.events[0].worklog().worklog();
  EXPECT_EQ(worklog.issue_id(), 10014);
  EXPECT_EQ(worklog.time_spent_s(), 144000);
  EXPECT_EQ(worklog.started_ms(), 1789958818108);
  EXPECT_EQ(out.events[0].actor_account_id(), "99:x");
}

bool IsRestricted(const std::string& visibility) {
  const Normalised out =
      Read(Body(R"("webhookEvent":"worklog_created","worklog":{"id":"1","issueId":"2")" + visibility + "}"));
  EXPECT_EQ(out.events.size(), 1u);
  return !out.events.empty() && out.events[0].worklog().worklog().restricted();
}

TEST(WebhookNormaliser, WorklogIsRestricted_ByAnyVisibility) {
  EXPECT_FALSE(IsRestricted(""));
  EXPECT_FALSE(IsRestricted(R"(,"visibility":null)"));
  EXPECT_TRUE(IsRestricted(R"(,"visibility":{"type":"role","value":"Developers"})"));
  EXPECT_TRUE(IsRestricted(R"(,"visibility":"x")"));
}

TEST(WebhookNormaliser, TextsThatNobodyIsTold_ArentKept) {
  const Normalised worklog =
      Read(Body(R"("webhookEvent":"worklog_created","worklog":{"id":"1","issueId":"2","comment":"on the phone"})"));
  EXPECT_EQ(worklog.events.at(0).SerializeAsString().find("on the phone"), std::string::npos);
  const Normalised sprint = Read(Body(R"("webhookEvent":"sprint_closed","sprint":{"id":37,"goal":"ship it"})"));
  EXPECT_EQ(sprint.events.at(0).SerializeAsString().find("ship it"), std::string::npos);
}

TEST(WebhookNormaliser, MatchedIdsBeyondAThousand_ArentTaken) {
  std::string ids = "0";
  for (int i = 1; i < 1'500; ++i) ids += "," + std::to_string(i);
  const Normalised out = Read(Body(R"("matchedWebhookIds":[)" + ids + R"(],"webhookEvent":"board_created")"));
  EXPECT_EQ(out.webhook_event, "board_created");
  ASSERT_EQ(out.matched_webhook_ids.size(), 1'000u);
  EXPECT_EQ(out.matched_webhook_ids.back(), 999);
}

std::size_t BytesInUse() {
  const struct mallinfo2 use = mallinfo2();
  return use.uordblks + use.hblkhd;
}

TEST(WebhookNormaliser, HugeBody_LeavesNoBuffersBehind) {
  WebhookNormaliser normaliser;
  const std::string huge =
      Body(R"("webhookEvent":"board_created","board":{"name":")" + std::string(8u << 20, 'x') + "\"}");
  ASSERT_TRUE(normaliser.Normalise("{}", {}).ok());
  const std::size_t before = BytesInUse();
  ASSERT_TRUE(normaliser.Normalise(huge, {}).ok());
  EXPECT_LT(BytesInUse(), before + (1u << 20));
  EXPECT_TRUE(normaliser.Normalise("{}", {}).ok());
}

TEST(WebhookNormaliser, VersionReleased_HasNoDateWhereOnlyTheLocalOneIsGiven) {
  const Normalised out = Read(
      R"({"timestamp":1599604370956,"webhookEvent":"jira:version_released","version":{"self":"https://c.atlassian.net/rest/api/2/version/10000","id":"10000","description":"","name":"1.0","archived":false,"released":true,"overdue":false,"userReleaseDate":"09/Sep/20","projectId":10002}})");
  ASSERT_EQ(out.events.size(), 1u);
  const v1::VersionChange& change = out.events[0].version();
  EXPECT_EQ(change.kind(), v1::VersionChange::KIND_RELEASED);
  EXPECT_EQ(change.version().id(), 10000);
  EXPECT_EQ(change.version().release_date(), "");
  EXPECT_TRUE(change.version().released());
}

TEST(WebhookNormaliser, VersionMerge_IsAMergeInBothOfItsForms) {
  const Normalised merged =
      Read(Body(R"("webhookEvent":"jira:version_merged","version":{"id":"1"},"mergedTo":{"id":"2"})"));
  EXPECT_EQ(merged.events.at(0).version().kind(), v1::VersionChange::KIND_MERGED);
  EXPECT_EQ(merged.events.at(0).version().version().merged_to(), 2);
  const Normalised deleted = Read(Body(R"("webhookEvent":"jira:version_deleted","version":{"id":1,"mergedTo":2})"));
  EXPECT_EQ(deleted.events.at(0).version().kind(), v1::VersionChange::KIND_MERGED);
  const Normalised gone = Read(Body(R"("webhookEvent":"jira:version_deleted","version":{"id":1})"));
  EXPECT_EQ(gone.events.at(0).version().kind(), v1::VersionChange::KIND_DELETED);
}

TEST(WebhookNormaliser, SprintClosed_HasStateBoardAndTimes) {
  const Normalised out = Read(Body(
      R"("webhookEvent":"sprint_closed","sprint":{"id":37,"self":"https://d.atlassian.net/rest/agile/1.0/sprint/37",
    "state":"closed","name":"Sprint 1","startDate":"2026-03-01T10:00:00.000Z","completeDate":"2026-03-14T10:00:00.000Z","originBoardId":5,"goal":"ship"})"));
  const v1::SprintChange& change = out.events.at(0).sprint();
  EXPECT_EQ(change.kind(), v1::SprintChange::KIND_CLOSED);
  EXPECT_EQ(change.sprint().board_id(), 5);
  EXPECT_EQ(change.sprint().complete_ms(), 1773482400000);
  EXPECT_EQ(out.site_host, "d.atlassian.net");
}

TEST(WebhookNormaliser, SmallerKinds_AreRead) {
  EXPECT_EQ(
      Read(R"({"webhookEvent":"user_updated","user":{"accountId":"u1"}})").events.at(0).user().user().account_id(),
      "u1");
  EXPECT_EQ(Read(R"({"webhookEvent":"project_archived","project":{"id":7,"key":"P","name":"N"}})")
                .events.at(0)
                .project()
                .kind(),
            v1::ProjectChange::KIND_ARCHIVED);
  EXPECT_EQ(
      Read(
          R"({"webhookEvent":"issuelink_created","issueLink":{"id":1,"sourceIssueId":2,"destinationIssueId":3,"issueLinkType":{"name":"Blocks"}}})")
          .events.at(0)
          .issue_link()
          .type_name(),
      "Blocks");
  EXPECT_EQ(
      Read(
          R"({"webhookEvent":"attachment_created","attachment":{"id":"10000","author":{"accountId":"x"}},"issue":{"id":"5"}})")
          .events.at(0)
          .attachment()
          .issue_id(),
      5);
  EXPECT_EQ(Read(R"({"webhookEvent":"issue_property_set","property":{"key":"k","value":1},"issue":{"id":"5"}})")
                .events.at(0)
                .property()
                .key(),
            "k");
}

TEST(WebhookNormaliser, KindsThatConcernNobody_AreRecognisedAndGiveNothing) {
  for (const char* kind : {"board_created", "filter_updated", "option_watching_changed", "issuetype_deleted",
                           "jira_expression_evaluation_failed", "app_access_to_objects_blocked"}) {
    const Normalised out = Read(Body(std::string(R"("webhookEvent":")") + kind + "\""));
    EXPECT_TRUE(out.recognised) << kind;
    EXPECT_TRUE(out.events.empty()) << kind;
  }
}

TEST(WebhookNormaliser, UnknownKind_IsNoErrorAndNoEvent) {
  const Normalised out = Read(Body(R"("webhookEvent":"jira:issue_unknown",)" + std::string(kIssue)));
  EXPECT_FALSE(out.recognised);
  EXPECT_TRUE(out.events.empty());
  EXPECT_EQ(out.site_host, "acme.atlassian.net");
}

TEST(WebhookNormaliser, MissingKind_IsInferred) {
  const Normalised issue = Read(Body(R"("transition":{"to_status":"Done"},"comment":"",)" + std::string(kIssue)));
  EXPECT_TRUE(issue.inferred);
  EXPECT_EQ(issue.webhook_event, "jira:issue_updated");
  ASSERT_EQ(issue.events.size(), 1u);
  const Normalised nothing = Read(R"({"accountId":"1234","username":"x"})");
  EXPECT_FALSE(nothing.recognised);
  EXPECT_FALSE(nothing.inferred);
}

TEST(WebhookNormaliser, IssueWithOnlyItsKey_BecomesAHint) {
  const Normalised out = Read(R"({"webhookEvent":"jira:issue_updated","issue":{"key":"SUPPORT-7"}})");
  ASSERT_EQ(out.events.size(), 1u);
  EXPECT_EQ(out.events[0].hint().issue_key(), "SUPPORT-7");
}

TEST(WebhookNormaliser, NotOneJsonObject_IsUnreadable) {
  WebhookNormaliser normaliser;
  const std::string whole = Body(R"("webhookEvent":"jira:issue_updated",)" + std::string(kIssue));
  for (const std::string& body :
       {std::string(), std::string("hello"), std::string("[1,2]"), std::string("null"), std::string("\"text\""),
        std::string("{\"a\":1"), std::string("{\"a\":1}}"), std::string("{\"a\":1} {\"b\":2}"),
        std::string("{\"a\" 1}"), std::string("{\"a\":\"\xff\"}"), std::string("<html></html>"),
        whole.substr(0, whole.size() - 2)}) {
    const auto result = normaliser.Normalise(body, {});
    EXPECT_EQ(base::ReasonOf(result.status()), v1::WEBHOOK_UNREADABLE) << body;
  }
}

TEST(WebhookNormaliser, BodyCutAnywhere_IsUnreadableAndNeverHalfAnEvent) {
  WebhookNormaliser normaliser;
  const std::string whole = Body(R"("webhookEvent":"jira:issue_updated",)" + std::string(kIssue));
  ASSERT_TRUE(normaliser.Normalise(whole, {}).ok());
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(normaliser.Normalise(std::string_view(whole).substr(0, size), {}).ok()) << size;
  }
  EXPECT_TRUE(normaliser.Normalise(whole, {}).ok());  // and is as good as new
}

TEST(WebhookNormaliser, WrongTypesEverywhere_AreLeftOut) {
  const Normalised out = Read(R"({"webhookEvent":"jira:issue_updated","timestamp":[],"user":"x","matchedWebhookIds":{},
    "issue":{"id":"77","key":[],"fields":{"status":[1],"project":5,"created":{},"fixVersions":{"id":1},"reporter":[],"priority":"High"}},
    "changelog":{"id":{},"items":{"a":1}}})");
  ASSERT_EQ(out.events.size(), 1u);
  EXPECT_EQ(out.events[0].issue().issue().id(), 77);
  EXPECT_EQ(out.events[0].issue().issue().created_ms(), 0);
}

TEST(WebhookNormaliser, LoneSurrogate_CostsOneCharacterNotTheBody) {
  const Normalised out = Read(
      R"({"webhookEvent":"jira:issue_updated","issue":{"id":"1","fields":{"summary":"cut \ud83d and \ud83d\ude00"}}})");
  EXPECT_EQ(out.events.at(0).issue().issue().summary(), "cut \xEF\xBF\xBD and \xF0\x9F\x98\x80");
}

TEST(WebhookNormaliser, DeepNesting_IsNoDanger) {
  const std::string deep = std::string(5000, '[') + std::string(5000, ']');
  WebhookNormaliser normaliser;
  const auto result = normaliser.Normalise(R"({"x":)" + deep + R"(,"webhookEvent":"board_created"})", {});
  EXPECT_TRUE(result.ok() || base::ReasonOf(result.status()) == v1::WEBHOOK_UNREADABLE);
}

}  // namespace
}  // namespace tajo::jira
