#include <fmt/format.h>

#include "common/store/ids.h"
#include "common/store/keys.h"
#include "tajo/jira/v1/record.pb.h"
#include "tests/integration/gateway/fixture.h"

namespace tajo::gateway {
namespace {

using Stub = v1::JiraConnector::Stub;

class DeadLettersTest : public GatewayTest {
 protected:
  DeadLettersTest() { keys_ = std::make_unique<store::Keys>(Connected(BasicRequest()).connection().connection_id()); }

  // As a worker leaves it.
  void Bury(const std::string& kind, const std::string& payload, v1::ErrorReason reason, int64_t last_error_ms) {
    v1::DeadLetterRecord letter;
    letter.set_kind(kind);
    letter.set_payload(payload);
    letter.set_reason(reason);
    letter.set_message("Brevo refuses anna@example.com");
    letter.set_attempts(3);
    letter.set_first_error_ms(last_error_ms - 1000);
    letter.set_last_error_ms(last_error_ms);
    Redis({"XADD", keys_->Dead(), "*", "r", letter.SerializeAsString(), "k", kind, "n", std::to_string(reason)});
  }
  void BuryEvent(int64_t issue_id, const std::string& key) {
    v1::Event event;
    event.set_webhook_event("jira:issue_updated");
    event.mutable_issue()->mutable_issue()->set_id(issue_id);
    event.mutable_issue()->mutable_issue()->set_key(key);
    event.mutable_issue()->mutable_issue()->mutable_reporter()->set_email("anna@example.com");
    Bury("event", event.SerializeAsString(), v1::CRASHED_REPEATEDLY, NowMs());
  }
  void BuryTimeline(const std::string& uid, v1::ErrorReason reason) {
    v1::OutboxEvent event;
    event.set_uid(uid + std::string(32 - uid.size(), '\1'));
    event.set_contact(store::ContactId::OfEmail("anna@example.com").Bytes());
    event.set_name("jira_issue_created");
    event.set_event_ms(NowMs());
    event.set_issue_id(10007);
    event.set_properties_json(R"({"issue_key":"SUPPORT-7"})");
    Bury("timeline", event.SerializeAsString(), reason, NowMs());
    Redis({"HSET", keys_->Contact(store::ContactId::OfEmail("anna@example.com")), "v", "1", "k", "1"});
  }
  int64_t NowMs() const { return base::ToMillis(clock_.Now()); }
  v1::ListDeadLettersResponse List(const v1::DeadLetterFilter& filter = {}, const std::string& token = "token-a") {
    v1::ListDeadLettersRequest request;
    *request.mutable_filter() = filter;
    v1::ListDeadLettersResponse response;
    const grpc::Status status = Call(&Stub::ListDeadLetters, request, &response, token);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response;
  }
  v1::ReplayDeadLettersResponse Replay(const v1::DeadLetterFilter& filter = {}, bool dry_run = false) {
    v1::ReplayDeadLettersRequest request;
    *request.mutable_filter() = filter;
    request.set_dry_run(dry_run);
    v1::ReplayDeadLettersResponse response;
    const grpc::Status status = Call(&Stub::ReplayDeadLetters, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response;
  }
  std::string Length(const std::string& stream) { return Redis({"XLEN", stream}); }

  std::unique_ptr<store::Keys> keys_;
};

TEST_F(DeadLettersTest, Letters_are_shown_with_what_they_are_and_personal_data_only_to_writers) {
  BuryEvent(10007, "SUPPORT-7");
  const v1::ListDeadLettersResponse written = List();
  ASSERT_EQ(written.dead_letters_size(), 1);
  const v1::DeadLetter& letter = written.dead_letters(0);
  EXPECT_EQ(letter.reason(), v1::CRASHED_REPEATEDLY);
  EXPECT_EQ(letter.attempts(), 3);
  EXPECT_EQ(letter.issue_id(), 10007);
  EXPECT_EQ(letter.issue_key(), "SUPPORT-7");
  EXPECT_EQ(letter.summary(), "jira:issue_updated of SUPPORT-7");
  EXPECT_LT(letter.first_error().seconds(), letter.last_error().seconds());
  EXPECT_NE(letter.payload_json().find("anna@example.com"), std::string::npos);
  const v1::ListDeadLettersResponse read = List({}, "token-a-read");
  ASSERT_EQ(read.dead_letters_size(), 1);
  EXPECT_EQ(read.dead_letters(0).DebugString().find("anna"), std::string::npos) << read.DebugString();
  EXPECT_EQ(read.dead_letters(0).summary(), letter.summary());
}

TEST_F(DeadLettersTest, Filter_by_issue_kind_and_reason_is_honoured_and_a_bad_one_named) {
  BuryEvent(10007, "SUPPORT-7");
  BuryEvent(10008, "SUPPORT-8");
  BuryTimeline("u1", v1::BREVO_REQUEST_INVALID);
  v1::DeadLetterFilter filter;
  filter.set_issue("SUPPORT-7");
  EXPECT_EQ(List(filter).dead_letters_size(), 2);
  filter.set_kind("event");
  EXPECT_EQ(List(filter).dead_letters_size(), 1);
  filter.Clear();
  filter.set_reason(v1::BREVO_REQUEST_INVALID);
  EXPECT_EQ(List(filter).dead_letters_size(), 1);
  v1::ReplayDeadLettersRequest bad;
  bad.mutable_filter()->set_kind("letter");
  v1::ReplayDeadLettersResponse response;
  EXPECT_EQ(DetailOf(Call(&Stub::ReplayDeadLetters, bad, &response)).field(), "filter.kind");
  EXPECT_EQ(DetailOf(Call(&Stub::ReplayDeadLetters, {}, &response, "token-a-read")).reason(), v1::PERMISSION_DENIED);
}

TEST_F(DeadLettersTest, Replay_puts_back_what_the_filter_admits_after_counting_it) {
  BuryEvent(10007, "SUPPORT-7");
  BuryEvent(10008, "SUPPORT-8");
  BuryTimeline("u1", v1::BREVO_REQUEST_INVALID);
  v1::DeadLetterFilter filter;
  filter.set_issue("SUPPORT-7");
  const auto counted = Replay(filter, true);
  EXPECT_EQ(counted.matched(), 2);
  EXPECT_EQ(counted.replayed(), 2);
  EXPECT_EQ(Length(keys_->Dead()), ":3\r\n");
  const auto replayed = Replay(filter);
  EXPECT_EQ(replayed.replayed(), 2);
  EXPECT_EQ(Length(keys_->Dead()), ":1\r\n");
  EXPECT_EQ(Length(keys_->Events()), ":1\r\n");
  EXPECT_EQ(Length(keys_->Outbox()), ":1\r\n");
  EXPECT_EQ(Replay(filter).matched(), 0);
}

TEST_F(DeadLettersTest, Replay_of_what_may_be_in_Brevo_already_has_to_name_it) {
  BuryTimeline("u1", v1::EVENT_AMBIGUOUS);
  const auto left = Replay();
  EXPECT_EQ(left.matched(), 1);
  EXPECT_EQ(left.ambiguous(), 1);
  EXPECT_EQ(left.replayed(), 0);
  v1::DeadLetterFilter filter;
  filter.set_reason(v1::EVENT_AMBIGUOUS);
  EXPECT_EQ(Replay(filter).replayed(), 1);
}

TEST_F(DeadLettersTest, Replay_of_a_forgotten_person_removes_the_letter) {
  v1::ForgetContactRequest forget;
  forget.set_email("anna@example.com");
  v1::ForgetContactResponse forgotten;
  ASSERT_TRUE(Call(&Stub::ForgetContact, forget, &forgotten).ok());
  BuryEvent(10007, "SUPPORT-7");
  const auto replayed = Replay();
  EXPECT_EQ(replayed.erased(), 1);
  EXPECT_EQ(replayed.replayed(), 0);
  EXPECT_EQ(Length(keys_->Events()), ":0\r\n");
  EXPECT_EQ(Length(keys_->Dead()), ":0\r\n");
}

TEST_F(DeadLettersTest, Replay_of_many_sees_them_all) {
  for (int i = 1; i <= 450; ++i) BuryEvent(10000 + i, fmt::format("SUPPORT-{}", i));
  EXPECT_EQ(Replay().replayed(), 450);
  EXPECT_EQ(Length(keys_->Dead()), ":0\r\n");
  EXPECT_EQ(Length(keys_->Events()), ":450\r\n");
}

}  // namespace
}  // namespace tajo::gateway
