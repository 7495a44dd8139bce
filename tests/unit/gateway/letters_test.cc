#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/base/error.h"
#include "services/gateway/letter_filter.h"
#include "services/gateway/letter_view.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::gateway {
namespace {

namespace v1 = ::tajo::jira::v1;
using ::testing::HasSubstr;

v1::DeadLetterRecord EventLetter() {
  v1::Event event;
  event.set_webhook_event("jira:issue_updated");
  v1::IssueChange& change = *event.mutable_issue();
  change.mutable_issue()->set_id(10007);
  change.mutable_issue()->set_key("SUPPORT-7");
  change.mutable_issue()->set_summary("Anna can't log in");
  change.mutable_issue()->mutable_reporter()->set_email("anna@example.com");
  v1::FieldChange& item = *change.mutable_history()->add_changes();
  item.set_field("status");
  item.set_to_text("Anna knows");
  v1::DeadLetterRecord letter;
  letter.set_kind("event");
  letter.set_payload(event.SerializeAsString());
  letter.set_reason(v1::CRASHED_REPEATEDLY);
  letter.set_last_error_ms(1'790'000'000'000);
  return letter;
}

v1::DeadLetterRecord TimelineLetter() {
  v1::OutboxEvent event;
  event.set_name("jira_comment_added");
  event.set_issue_id(10008);
  event.set_properties_json(R"({"issue_key":"SUPPORT-8","comment":"Hello Bert"})");
  v1::DeadLetterRecord letter;
  letter.set_kind("timeline");
  letter.set_payload(event.SerializeAsString());
  letter.set_reason(v1::BREVO_REQUEST_INVALID);
  return letter;
}

TEST(ViewOf, says_what_it_is_without_anybodys_words) {
  const LetterView event = ViewOf(EventLetter());
  EXPECT_EQ(event.issue_id, 10007);
  EXPECT_EQ(event.issue_key, "SUPPORT-7");
  EXPECT_EQ(event.summary, "jira:issue_updated of SUPPORT-7: status");
  const LetterView timeline = ViewOf(TimelineLetter());
  EXPECT_EQ(timeline.issue_key, "SUPPORT-8");
  EXPECT_EQ(timeline.summary, "jira_comment_added of SUPPORT-8");
  v1::DesiredContact desired;
  desired.set_email("anna@example.com");
  (*desired.mutable_attributes())["LAST_TICKET_KEY"] = "\"SUPPORT-7\"";
  (*desired.mutable_attributes())["FIRSTNAME"] = "\"Anna\"";
  v1::DeadLetterRecord contact;
  contact.set_kind("contact");
  contact.set_payload(desired.SerializeAsString());
  EXPECT_EQ(ViewOf(contact).summary, "a contact's FIRSTNAME, LAST_TICKET_KEY");
}

TEST(ViewOf, unreadable_payload_is_told) {
  v1::DeadLetterRecord letter;
  letter.set_kind("event");
  EXPECT_EQ(ViewOf(letter).summary, "a payload that can't be read");
  letter.set_kind("timeline");
  letter.set_payload("\xff");
  EXPECT_EQ(ViewOf(letter).summary, "a payload that can't be read");
}

TEST(PayloadJson, has_all_of_it) {
  EXPECT_THAT(PayloadJson(EventLetter()), HasSubstr("anna@example.com"));
  EXPECT_THAT(PayloadJson(TimelineLetter()), HasSubstr("Hello Bert"));
}

bool Admitted(const v1::DeadLetterFilter& filter, const v1::DeadLetterRecord& record) {
  const auto read = LetterFilter::Read(filter);
  EXPECT_TRUE(read.ok()) << read.status();
  return read->Admits({"1-0", record}, ViewOf(record));
}

TEST(LetterFilter, each_part_must_hold) {
  v1::DeadLetterFilter filter;
  EXPECT_TRUE(Admitted(filter, EventLetter()));
  filter.set_issue("support-7");
  EXPECT_TRUE(Admitted(filter, EventLetter()));
  EXPECT_FALSE(Admitted(filter, TimelineLetter()));
  filter.set_issue("10007");
  EXPECT_TRUE(Admitted(filter, EventLetter()));
  filter.set_kind("timeline");
  EXPECT_FALSE(Admitted(filter, EventLetter()));
  filter.clear_kind();
  filter.set_reason(v1::BREVO_REQUEST_INVALID);
  EXPECT_FALSE(Admitted(filter, EventLetter()));
  filter.Clear();
  filter.mutable_to()->set_seconds(1'790'000'000);
  EXPECT_FALSE(Admitted(filter, EventLetter()));
  filter.mutable_to()->set_seconds(1'790'000'001);
  filter.mutable_from()->set_seconds(1'790'000'000);
  EXPECT_TRUE(Admitted(filter, EventLetter()));
  filter.Clear();
  filter.add_ids("2-0");
  EXPECT_FALSE(Admitted(filter, EventLetter()));
  filter.add_ids("1-0");
  EXPECT_TRUE(Admitted(filter, EventLetter()));
}

TEST(LetterFilter, what_may_be_in_brevo_already_has_to_be_named) {
  v1::DeadLetterFilter filter;
  EXPECT_FALSE(LetterFilter::Read(filter)->Names(v1::EVENT_AMBIGUOUS));
  filter.set_reason(v1::EVENT_AMBIGUOUS);
  EXPECT_TRUE(LetterFilter::Read(filter)->Names(v1::EVENT_AMBIGUOUS));
  filter.clear_reason();
  filter.add_ids("1-0");
  EXPECT_TRUE(LetterFilter::Read(filter)->Names(v1::EVENT_AMBIGUOUS));
}

TEST(LetterFilter, bad_part_is_named) {
  const auto field = [](const v1::DeadLetterFilter& filter) {
    return base::FieldOf(LetterFilter::Read(filter).status());
  };
  v1::DeadLetterFilter filter;
  filter.set_kind("letters");
  EXPECT_EQ(field(filter), "filter.kind");
  filter.Clear();
  filter.set_reason(static_cast<v1::ErrorReason>(7777));
  EXPECT_EQ(field(filter), "filter.reason");
  filter.Clear();
  filter.set_issue("SUPPORT");
  EXPECT_EQ(field(filter), "filter.issue");
  filter.Clear();
  filter.add_ids("*");
  EXPECT_EQ(field(filter), "filter.ids");
  filter.Clear();
  filter.mutable_from()->set_seconds(10);
  filter.mutable_to()->set_seconds(10);
  EXPECT_EQ(field(filter), "filter.to");
}

}  // namespace
}  // namespace tajo::gateway
