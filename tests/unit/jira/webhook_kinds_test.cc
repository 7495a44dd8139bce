#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "common/jira/webhook.h"

// Each documented kind of webhook becomes the event of its subject. The things are the examples of Jira's own
// documentation (API v3; sprints: the agile API), in the wrapping of contracts/jira.md, 2.5.
namespace tajo::jira {
namespace {

constexpr int64_t kSentMs = 1'590'456'000'123;
constexpr char kDocumentedSite[] = "your-domain.atlassian.net";

constexpr char kMia[] = R"({"accountId":"5b10a2844c20165700ede21g","accountType":"atlassian","active":true,
  "displayName":"Mia Krystof","emailAddress":"mia@example.com","key":"","name":"","timeZone":"Australia/Sydney",
  "self":"https://your-domain.atlassian.net/rest/api/3/user?accountId=5b10a2844c20165700ede21g"})";
constexpr char kExampleProject[] = R"({"self":"https://your-domain.atlassian.net/rest/api/3/project/EX","id":"10000",
  "key":"EX","name":"Example","assigneeType":"PROJECT_LEAD"})";
constexpr char kExampleAttachment[] = R"({"id":10000,"filename":"picture.jpg","mimeType":"image/jpeg","size":23123,
  "created":"2022-10-06T07:32:47.000+0000","author":{"accountId":"5b10a2844c20165700ede21g"},
  "self":"https://your-domain.atlassian.net/rest/api/3/attachments/10000"})";
constexpr char kExampleLink[] = R"({"id":10001,"sourceIssueId":10002,"destinationIssueId":10004,"sequence":1,
  "issueLinkType":{"id":1000,"name":"Duplicate","outwardName":"Duplicates","inwardName":"Duplicated by"},
  "systemLink":false})";
constexpr char kExampleVersion[] = R"({"self":"https://your-domain.atlassian.net/rest/api/3/version/10000","id":"10000",
  "name":"New Version 1","description":"An excellent version","archived":false,"released":false,"overdue":true,
  "releaseDate":"2010-07-06","userReleaseDate":"6/Jul/2010","projectId":10000})";
constexpr char kFutureSprint[] = R"({"id":37,"self":"https://your-domain.atlassian.net/rest/agile/1.0/sprint/23",
  "state":"future","name":"sprint 1","startDate":"2015-04-11T15:22:00.000+10:00",
  "endDate":"2015-04-20T01:22:00.000+10:00","originBoardId":5,"goal":"sprint 1 goal"})";
constexpr char kExampleWorklog[] = R"({"self":"https://your-domain.atlassian.net/rest/api/3/issue/10010/worklog/10000",
  "id":"100028","issueId":"10002","author":{"accountId":"5b10a2844c20165700ede21g"},
  "started":"2021-01-17T12:34:00.000+0000","updated":"2021-01-18T23:45:00.000+0000","timeSpent":"3h 20m",
  "timeSpentSeconds":12000})";
constexpr char kExampleIssue[] = R"({"id":"10002","key":"ED-1",
  "self":"https://your-domain.atlassian.net/rest/api/2/issue/10002","fields":{"summary":"Main order flow broken",
  "created":"2020-05-25T09:00:00.000+0000","updated":"2020-05-26T01:20:00.123+0000",
  "status":{"id":"3","name":"In Progress","statusCategory":{"key":"indeterminate"}},"timespent":12000}})";

// A webhook of that kind about that thing, as "<member>":<thing>.
Normalised ReadKind(const std::string& kind, const std::string& members) {
  NormaliseOptions options;
  options.received_ms = kSentMs + 400;
  auto read = NormaliseWebhook(
      R"({"timestamp":)" + std::to_string(kSentMs) + R"(,"webhookEvent":")" + kind + "\"," + members + "}", options);
  EXPECT_TRUE(read.ok()) << kind << ": " << read.status();
  if (!read.ok()) return {};
  EXPECT_TRUE(read->recognised) << kind;
  EXPECT_FALSE(read->inferred) << kind;
  for (const v1::Event& event : read->events) {
    EXPECT_EQ(event.source(), v1::Event::SOURCE_WEBHOOK) << kind;
    EXPECT_EQ(event.webhook_event(), kind);
    EXPECT_EQ(event.occurred_ms(), kSentMs) << kind;
    EXPECT_EQ(event.received_ms(), kSentMs + 400) << kind;
  }
  return *std::move(read);
}

// The one event of it; an empty one where there isn't one.
v1::Event OnlyEvent(const Normalised& read) {
  EXPECT_EQ(read.events.size(), 1u) << read.webhook_event;
  return read.events.size() == 1 ? read.events.front() : v1::Event();
}

TEST(WebhookNormaliser, ProjectThatGoesOrComesBack_SaysHowAndKeepsItsId) {
  const std::vector<std::pair<std::string, v1::ProjectChange::Kind>> kinds = {
      {"project_soft_deleted", v1::ProjectChange::KIND_SOFT_DELETED},
      {"project_restored_deleted", v1::ProjectChange::KIND_RESTORED},
      {"project_archived", v1::ProjectChange::KIND_ARCHIVED},
      {"project_restored_archived", v1::ProjectChange::KIND_UNARCHIVED},
  };
  for (const auto& [name, kind] : kinds) {
    const Normalised read = ReadKind(name, std::string(R"("project":)") + kExampleProject);
    const v1::ProjectChange change = OnlyEvent(read).project();
    EXPECT_EQ(change.kind(), kind) << name;
    EXPECT_EQ(change.project_id(), 10000) << name;
    EXPECT_EQ(change.project_key(), "EX") << name;
    EXPECT_EQ(change.name(), "Example") << name;
    EXPECT_EQ(read.site_host, kDocumentedSite) << name;
  }
}

TEST(WebhookNormaliser, UserCreatedOrDeleted_IsTheOneItWasDoneTo) {
  for (const auto& [name, kind] : {std::pair{"user_created", v1::CREATED}, std::pair{"user_deleted", v1::DELETED}}) {
    const Normalised read = ReadKind(name, std::string(R"("user":)") + kMia);
    const v1::Event event = OnlyEvent(read);
    EXPECT_EQ(event.user().kind(), kind) << name;
    EXPECT_EQ(event.user().user().account_id(), "5b10a2844c20165700ede21g") << name;
    EXPECT_EQ(event.user().user().account_type(), "atlassian") << name;
    EXPECT_EQ(event.user().user().email(), "mia@example.com") << name;
    EXPECT_EQ(event.actor_account_id(), "") << name << " doesn't say who did it";
    EXPECT_EQ(read.site_host, kDocumentedSite) << name;
  }
}

TEST(WebhookNormaliser, AttachmentDeleted_HasItsIdAlsoWithoutItsIssue) {
  const std::string attachment = std::string(R"("attachment":)") + kExampleAttachment;
  const Normalised read = ReadKind("attachment_deleted", attachment);
  const v1::AttachmentChange change = OnlyEvent(read).attachment();
  EXPECT_EQ(change.kind(), v1::DELETED);
  EXPECT_EQ(change.attachment_id(), 10000);
  EXPECT_EQ(change.issue_id(), 0);
  EXPECT_EQ(read.site_host, kDocumentedSite);

  const Normalised with_issue = ReadKind("attachment_deleted", attachment + R"(,"issue":{"id":"10002","key":"ED-1"})");
  EXPECT_EQ(OnlyEvent(with_issue).attachment().issue_id(), 10002);
}

TEST(WebhookNormaliser, IssuePropertyDeleted_FindsItsIssueBesideItOrInItsLink) {
  const Normalised beside =
      ReadKind("issue_property_deleted", R"("property":{"key":"issue.support"},"issue":)" + std::string(kExampleIssue));
  EXPECT_EQ(OnlyEvent(beside).property().kind(), v1::DELETED);
  EXPECT_EQ(OnlyEvent(beside).property().key(), "issue.support");
  EXPECT_EQ(OnlyEvent(beside).property().issue_id(), 10002);
  EXPECT_EQ(beside.site_host, kDocumentedSite);

  const Normalised linked = ReadKind("issue_property_deleted", R"("property":{"key":"issue.support",
      "self":"https://your-domain.atlassian.net/rest/api/3/issue/10002/properties/issue.support"})");
  EXPECT_EQ(OnlyEvent(linked).property().issue_id(), 10002);
  EXPECT_EQ(linked.site_host, kDocumentedSite);
}

TEST(WebhookNormaliser, IssueLinkDeleted_HasBothOfItsIssues) {
  const Normalised read = ReadKind("issuelink_deleted", std::string(R"("issueLink":)") + kExampleLink);
  const v1::IssueLinkChange change = OnlyEvent(read).issue_link();
  EXPECT_EQ(change.kind(), v1::DELETED);
  EXPECT_EQ(change.link_id(), 10001);
  EXPECT_EQ(change.source_issue_id(), 10002);
  EXPECT_EQ(change.destination_issue_id(), 10004);
  EXPECT_EQ(change.type_name(), "Duplicate");
}

TEST(WebhookNormaliser, VersionMovedOrUnreleased_IsNoRelease) {
  const std::vector<std::pair<std::string, v1::VersionChange::Kind>> kinds = {
      {"jira:version_moved", v1::VersionChange::KIND_MOVED},
      {"jira:version_unreleased", v1::VersionChange::KIND_UNRELEASED},
  };
  for (const auto& [name, kind] : kinds) {
    const Normalised read = ReadKind(name, std::string(R"("version":)") + kExampleVersion);
    const v1::VersionChange change = OnlyEvent(read).version();
    EXPECT_EQ(change.kind(), kind) << name;
    EXPECT_EQ(change.version().id(), 10000) << name;
    EXPECT_EQ(change.version().project_id(), 10000) << name;
    EXPECT_EQ(change.version().name(), "New Version 1") << name;
    EXPECT_EQ(change.version().release_date(), "2010-07-06") << name;
    EXPECT_FALSE(change.version().released()) << name;
    EXPECT_EQ(read.site_host, kDocumentedSite) << name;
  }
}

TEST(WebhookNormaliser, SprintCreatedOrDeleted_HasItsBoardAndTimes) {
  const std::vector<std::pair<std::string, v1::SprintChange::Kind>> kinds = {
      {"sprint_created", v1::SprintChange::KIND_CREATED},
      {"sprint_deleted", v1::SprintChange::KIND_DELETED},
  };
  for (const auto& [name, kind] : kinds) {
    const Normalised read = ReadKind(name, std::string(R"("sprint":)") + kFutureSprint);
    const v1::SprintChange change = OnlyEvent(read).sprint();
    EXPECT_EQ(change.kind(), kind) << name;
    EXPECT_EQ(change.sprint().id(), 37) << name << ": not the link's 23";
    EXPECT_EQ(change.sprint().name(), "sprint 1") << name;
    EXPECT_EQ(change.sprint().state(), "future") << name;
    EXPECT_EQ(change.sprint().board_id(), 5) << name;
    EXPECT_EQ(change.sprint().start_ms(), 1428729720000) << name;
    EXPECT_EQ(change.sprint().end_ms(), 1429456920000) << name;
    EXPECT_EQ(change.sprint().complete_ms(), 0) << name;
    EXPECT_EQ(read.site_host, kDocumentedSite) << name;
  }
}

TEST(WebhookNormaliser, WorklogDeleted_IsOfTheIssueThatItNames) {
  const Normalised read = ReadKind("worklog_deleted", std::string(R"("worklog":)") + kExampleWorklog);
  const v1::WorklogChange change = OnlyEvent(read).worklog();
  EXPECT_EQ(change.kind(), v1::DELETED);
  EXPECT_EQ(change.worklog().id(), "100028");
  EXPECT_EQ(change.worklog().issue_id(), 10002) << "not the link's 10010";
  EXPECT_EQ(change.worklog().author().account_id(), "5b10a2844c20165700ede21g");
  EXPECT_EQ(change.worklog().started_ms(), 1610886840000);
  EXPECT_EQ(change.worklog().time_spent_s(), 12000);
  EXPECT_EQ(read.site_host, kDocumentedSite);
}

// Of old Server: with the whole issue, and the worklog only sometimes.
TEST(WebhookNormaliser, WorklogUpdateOfTheOldKind_IsAChangeOfItsIssue) {
  const std::string members = R"("issue_event_type_name":"issue_work_logged","user":)" + std::string(kMia) +
                              R"(,"issue":)" + kExampleIssue + R"(,"changelog":{"id":"10103","items":[
      {"field":"timespent","fieldtype":"jira","from":null,"fromString":null,"to":"12000","toString":"12000"}]})";
  const Normalised read = ReadKind("jira:worklog_updated", members);
  const v1::Event event = OnlyEvent(read);
  EXPECT_EQ(event.issue().kind(), v1::UPDATED);
  EXPECT_EQ(event.issue().issue_event_type(), "issue_work_logged");
  EXPECT_EQ(event.issue().issue().id(), 10002);
  EXPECT_EQ(event.issue().issue().time_spent_s(), 12000);
  EXPECT_FALSE(event.issue().issue().partial());
  EXPECT_EQ(event.issue().history().changes(0).field(), "timespent");
  EXPECT_EQ(event.actor_account_id(), "5b10a2844c20165700ede21g");

  const Normalised with_worklog =
      ReadKind("jira:worklog_updated",
               R"("issue":)" + std::string(kExampleIssue) + R"(,"worklog":{"id":"100028","timeSpentSeconds":12000})");
  ASSERT_EQ(with_worklog.events.size(), 2u);
  EXPECT_EQ(with_worklog.events[0].issue().issue().id(), 10002);
  EXPECT_EQ(with_worklog.events[1].worklog().kind(), v1::UPDATED);
  EXPECT_EQ(with_worklog.events[1].worklog().worklog().id(), "100028");
  EXPECT_EQ(with_worklog.events[1].worklog().worklog().issue_id(), 10002);
}

}  // namespace
}  // namespace tajo::jira
