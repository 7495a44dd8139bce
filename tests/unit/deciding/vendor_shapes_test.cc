#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "common/brevo/event.h"
#include "common/deciding/decide.h"
#include "common/deciding/timeline.h"
#include "common/jira/webhook.h"
#include "tests/unit/deciding/samples.h"

namespace tajo::deciding {
namespace {

using jira::v1::OutboxEvent;

// The two webhooks that Jira sends of one comment, in the shapes of its captures.
constexpr char kCommentCreated[] = R"({"timestamp":1790000070000,"webhookEvent":"comment_created",
  "comment":{"self":"https://your-domain.atlassian.net/rest/api/2/issue/10042/comment/555","id":"555",
  "author":{"accountId":"557058:agent"},"body":"We are on it","created":"2026-09-21T14:14:30.000+0000",
  "updated":"2026-09-21T14:14:30.000+0000","jsdPublic":true},
  "issue":{"id":"10042","self":"https://your-domain.atlassian.net/rest/api/2/issue/10042","key":"SUPPORT-7",
  "fields":{"summary":"The export stops","issuetype":{"name":"Bug"},"project":{"id":"10000","key":"SUPPORT"},
  "assignee":null,"priority":{"name":"High"},"status":{"id":"3","name":"In Progress"}}}})";
constexpr char kIssueCommented[] = R"({"timestamp":1790000070123,"webhookEvent":"jira:issue_updated",
  "issue_event_type_name":"issue_commented","user":{"accountId":"557058:agent"},
  "issue":{"id":"10042","self":"https://your-domain.atlassian.net/rest/api/2/issue/10042","key":"SUPPORT-7",
  "fields":{"summary":"The export stops","issuetype":{"name":"Bug"},"project":{"id":"10000","key":"SUPPORT"},
  "reporter":{"accountId":"712020:aaaa","accountType":"atlassian","emailAddress":"customer0001@example.com"},
  "created":"2026-09-21T14:13:21.000+0000","updated":"2026-09-21T14:14:30.000+0000","assignee":null,
  "priority":{"name":"High"},"status":{"id":"3","name":"In Progress","statusCategory":{"key":"indeterminate"}}}},
  "comment":{"self":"https://your-domain.atlassian.net/rest/api/2/issue/10042/comment/555","id":"555",
  "author":{"accountId":"557058:agent"},"body":"We are on it","created":"2026-09-21T14:14:30.000+0000",
  "updated":"2026-09-21T14:14:30.000+0000","jsdPublic":true}})";

std::vector<OutboxEvent> EventsOf(const std::string& webhook) {
  jira::WebhookNormaliser normaliser;
  const auto normalised = normaliser.Normalise(webhook, {});
  EXPECT_TRUE(normalised.ok()) << normalised.status();
  Facts tracked;
  tracked.record.emplace();
  tracked.record->contact = store::ContactId::OfEmail("customer0001@example.com");
  const Rules rules(SampleConfig());
  const UserLookup nobody = [](const std::string&) -> const jira::v1::User* { return nullptr; };
  std::vector<OutboxEvent> events;
  for (const auto& event : normalised->events) {
    for (auto& queued : Decide(event, tracked, nobody, rules, kNowMs).outbox) events.push_back(std::move(queued));
  }
  return events;
}

TEST(VendorShapes, comment_told_by_both_of_jiras_webhooks_is_one_event) {
  const auto created = EventsOf(kCommentCreated);
  const auto commented = EventsOf(kIssueCommented);
  ASSERT_EQ(created.size(), 1u);
  ASSERT_EQ(commented.size(), 1u);
  EXPECT_EQ(created[0].name(), "jira_comment_added");
  EXPECT_EQ(created[0].uid(), commented[0].uid());
}

bool BrevoTakes(const OutboxEvent& event) {
  brevo::TimelineEvent timeline;
  timeline.name = event.name();
  timeline.contact = {brevo::IdentifierType::kEmail, "customer0001@example.com"};
  timeline.at_ms = event.event_ms();
  timeline.properties_json = event.properties_json();
  const auto encoded = brevo::EncodeEvent(timeline);
  EXPECT_TRUE(encoded.ok()) << event.name() << ": " << encoded.status();
  return encoded.ok();
}

// Names and keys of ours have no colon, dot or blank, whatever stands in Jira's own texts.
TEST(VendorShapes, every_event_of_the_timeline_is_one_that_brevo_takes) {
  jira::v1::Issue issue = SampleIssue();
  issue.set_summary("Export: \"CSV\" v2.0 stops\x01 " + std::string(5000, 'x'));
  issue.set_issue_type("Support Request");
  const Subject subject = SubjectOf(issue, store::ContactId::OfEmail("customer0001@example.com"));
  jira::v1::History history;
  history.set_id("9001");
  for (const char* field : {"status", "resolution", "assignee", "priority", "issuetype", "summary", "duedate",
                            "Fix Version", "Sprint", "Key"}) {
    *history.add_changes() = Change(field, "a.b: c", std::string(4000, 'y'));
  }
  jira::v1::Version version;
  version.set_id(7);
  version.set_name("2.0 (\"golden\")");
  jira::v1::Sprint sprint;
  sprint.set_name("Sprint 1.0: go");
  sprint.set_state("closed");
  std::vector<OutboxEvent> events = HistoryEvents(subject, history);
  EXPECT_EQ(events.size(), 10u);
  events.push_back(CreatedEvent(subject, kNowMs));
  events.push_back(DeletedEvent(subject, kNowMs));
  events.push_back(WorklogEvent(subject, {}));
  events.push_back(VersionReleasedEvent(subject, version, kNowMs));
  events.push_back(SprintEvent(subject, sprint, kNowMs));
  for (const auto& event : events) EXPECT_TRUE(BrevoTakes(event)) << event.name();
}

TEST(VendorShapes, longest_comment_that_a_config_allows_is_not_too_large_for_brevo) {
  jira::v1::ConnectionConfig config = SampleConfig();
  config.mutable_comments()->set_max_characters(10'000);
  jira::v1::Comment comment;
  comment.set_id("555");
  for (int i = 0; i < 20'000; ++i) comment.mutable_text()->append("\xF0\x9F\x98\x80");
  const Subject subject = SubjectOf(SampleIssue(), store::ContactId::OfEmail("customer0001@example.com"));
  EXPECT_TRUE(BrevoTakes(CommentEvent(subject, comment, Rules(config), "")));
}

}  // namespace
}  // namespace tajo::deciding
