#include "services/sync-worker/writing/event_sender.h"

#include <chrono>

#include "common/base/all_of.h"
#include "common/crypto/digest.h"
#include "services/sync-worker/writing/contact_writer.h"
#include "tests/integration/writing/fixture.h"

namespace tajo::worker {
namespace {

using nlohmann::json;
using ::testing::IsEmpty;

constexpr char kRefused[] = "anna@nowhere";

class EventSenderTest : public WritingTest {
 protected:
  void Begin(brevo_sim::Options options = {}, Limits limits = Limits::kOff) {
    Start(std::move(options), limits);
    sender_ = std::make_unique<EventSender>(*store_, *brevo_, Governor(), clock_, *log_, instruments_,
                                            EventSender::Options());
    Apply({Ticket(1, kAnna)});
    WriteContacts();
  }
  void WriteContacts() {
    ContactWriter writer(*store_, *brevo_, *brevo_, clock_, *log_, instruments_, ContactWriter::Options());
    ASSERT_TRUE(Run(writer.WriteLive()).ok());
  }
  // So many events of theirs, one of them with a key that Brevo refuses and our own check doesn't know.
  void Queue(int count, int poisoned = -1, const std::string& email = kAnna, base::Duration age = {}) {
    store::Application application;
    for (int i = 0; i < count; ++i) {
      jira::v1::OutboxEvent& event = application.outbox.emplace_back();
      std::string uid = std::to_string(++queued_);
      uid.resize(32, '\x01');
      event.set_uid(uid);
      event.set_contact(store::ContactId::OfEmail(email).Bytes());
      event.set_name("jira_issue_created");
      event.set_event_ms(base::ToMillis(clock_.Now() - age));
      const std::string name = i == poisoned ? "poison" : "uid";
      event.set_properties_json(json({{name, crypto::Hex(uid)}}).dump());
    }
    const auto applied = Run(store_->Apply(std::move(application)));
    ASSERT_TRUE(applied.ok()) << applied.status();
    ASSERT_EQ(applied->events_queued, count);
  }
  int64_t Sent() {
    const auto outcome = Run(sender_->SendOnce());
    EXPECT_TRUE(outcome.ok()) << outcome.status();
    return outcome.ok() ? outcome->sent : -1;
  }
  void LookAfter(std::chrono::minutes time) {
    clock_.Advance(time);
    const absl::Status looked = Run(sender_->Look());
    EXPECT_TRUE(looked.ok()) << looked;
  }
  base::Task<void> StopOnceNothingIsLeft() {
    while (true) {
      redis::Args command = {"XLEN", keys_.Outbox()};
      const auto left = co_await redis_->Execute(std::move(command));
      if (!left.ok() || left->Integer() == 0) break;
      co_await clock_.Sleep(std::chrono::seconds(1));
    }
    sender_->Stop();
  }
  int64_t Left() { return Redis({"XLEN", keys_.Outbox()}).Integer(); }
  static brevo_sim::Options Answering(brevo_sim::PartialBatch way) {
    brevo_sim::Options options;
    options.poison_property = "poison";
    options.partial_batch = way;
    return options;
  }

  std::unique_ptr<EventSender> sender_;
  int queued_ = 0;
};

TEST_F(EventSenderTest, BatchThatIsPartlyRefused207_LosesOnlyTheBadOne) {
  Begin(Answering(brevo_sim::PartialBatch::k207));
  Queue(5, 2);
  EXPECT_EQ(Sent(), 4);
  EXPECT_EQ(DeadLetters(), 1);
  EXPECT_EQ(Left(), 0);
  EXPECT_EQ(Truth()["events"], 4);
}

TEST_F(EventSenderTest, BatchRefusedForOneEvent400_IsSentAgainWithoutIt) {
  Begin(Answering(brevo_sim::PartialBatch::k400));
  Queue(5, 2);
  EXPECT_EQ(Sent(), 0);
  EXPECT_EQ(DeadLetters(), 1);
  EXPECT_EQ(Sent(), 4);
  EXPECT_EQ(Left(), 0);
  EXPECT_EQ(Truth()["duplicate_uids"], 0);
}

TEST_F(EventSenderTest, BatchWithASmallerCount202_IsLookedUpAndOnlyTheMissingOneSentAgain) {
  Begin(Answering(brevo_sim::PartialBatch::k202));
  Queue(5, 2);
  EXPECT_EQ(Sent(), 0);
  EXPECT_EQ(Left(), 5);
  LookAfter(std::chrono::minutes(1));
  EXPECT_EQ(Left(), 1) << "four were found in Brevo's log";
  LookAfter(std::chrono::minutes(4));
  LookAfter(std::chrono::minutes(10));
  Sent();
  EXPECT_EQ(DeadLetters(), 1) << "alone, Brevo says why";
  EXPECT_EQ(Left(), 0);
  EXPECT_EQ(Truth()["events"], 4);
  EXPECT_EQ(Truth()["duplicate_uids"], 0);
}

TEST_F(EventSenderTest, BatchRefusedAsAWhole_IsHalvedUntilTheBadOneIsAlone) {
  Begin();
  Queue(4);
  // Four, then its first half, then the first of that.
  Fault({{"match", {{"method", "POST"}, {"path", "/events/batch"}}},
         {"kind", "status"},
         {"status", 400},
         {"code", "bad_request"},
         {"count", 3}});
  EXPECT_EQ(Sent(), 3);
  EXPECT_EQ(DeadLetters(), 1);
  EXPECT_EQ(Left(), 0);
  EXPECT_EQ(Requests("POST /events/batch"), 5);
  EXPECT_EQ(Truth()["duplicate_uids"], 0);
}

TEST_F(EventSenderTest, LookThatFails_HoldsUpNoEvents) {
  Begin();
  Queue(1);
  Fault({{"match", {{"method", "POST"}, {"path", "/events"}}}, {"kind", "drop_after_effect"}, {"count", 1}});
  EXPECT_EQ(Sent(), 0);
  clock_.Advance(std::chrono::minutes(1));
  Fault({{"match", {{"method", "GET"}, {"path", "/events"}}}, {"kind", "status"}, {"status", 503}, {"count", 1000}});
  EXPECT_FALSE(Run(sender_->Look()).ok());
  Queue(2);
  EXPECT_EQ(Sent(), 2);
  EXPECT_EQ(Left(), 1);
  Http(net::Method::kDelete, "/_control/faults");
  LookAfter(std::chrono::minutes(1));
  EXPECT_EQ(Left(), 0);
  EXPECT_EQ(Truth()["events"], 3);
  EXPECT_EQ(Truth()["duplicate_uids"], 0);
}

TEST_F(EventSenderTest, LookLoop_FindsWhatIsAmbiguousAndEndsByStop) {
  Begin();
  Queue(1);
  Fault({{"match", {{"method", "POST"}, {"path", "/events"}}}, {"kind", "drop_after_effect"}, {"count", 1}});
  EXPECT_EQ(Sent(), 0);
  std::vector<base::Task<void>> tasks;
  tasks.push_back(sender_->LookLoop());
  tasks.push_back(StopOnceNothingIsLeft());
  Run(base::AllOf(std::move(tasks)));
  EXPECT_EQ(Left(), 0);
  EXPECT_EQ(Requests("GET /events"), 1);
  EXPECT_EQ(Truth()["events"], 1);
}

TEST_F(EventSenderTest, BatchThatIsLostTwice_GoesSingly) {
  Begin();
  Queue(3);
  Fault({{"match", {{"method", "POST"}, {"path", "/events/batch"}}},
         {"kind", "status"},
         {"status", 500},
         {"count", 1000}});
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(Sent(), 0);
    LookAfter(std::chrono::minutes(1));
    LookAfter(std::chrono::minutes(4));
    LookAfter(std::chrono::minutes(10));
  }
  EXPECT_EQ(Sent(), 3);
  EXPECT_EQ(Requests("POST /events/batch"), 2);
  EXPECT_EQ(Left(), 0);
  EXPECT_EQ(Truth()["events"], 3);
}

TEST_F(EventSenderTest, EventOfAContactThatWasGivenUp_GoesToTheDeadLettersToo) {
  Begin();
  Apply({Ticket(2, kRefused)});
  Queue(1, -1, kRefused);
  EXPECT_EQ(Sent(), 0);
  EXPECT_EQ(Left(), 1) << "its contact may be written yet";
  WriteContacts();
  EXPECT_EQ(DeadLetters(), 1);
  EXPECT_EQ(Sent(), 0);
  EXPECT_EQ(DeadLetters(), 2);
  EXPECT_EQ(Left(), 0);
  Apply({Ticket(3, kRefused)});
  Queue(1, -1, kRefused);
  EXPECT_EQ(Sent(), 0);
  EXPECT_EQ(Left(), 1) << "the contact is another now";
}

TEST_F(EventSenderTest, Stop_LeavesTheRestInTheOutbox) {
  Begin();
  Queue(450);
  Run([](EventSender& sender) -> base::Task<void> {
    sender.Stop();
    co_return;
  }(*sender_));
  EXPECT_EQ(Sent(), 0);
  EXPECT_EQ(Left(), 450);
  EXPECT_EQ(Requests("POST /events/batch"), 0);
}

TEST_F(EventSenderTest, BatchesAreCutByCount) {
  Begin();
  Queue(450);
  EXPECT_EQ(Sent(), 450);
  EXPECT_EQ(Requests("POST /events/batch"), 3);
  EXPECT_THAT(Violations(), IsEmpty());
}

TEST_F(EventSenderTest, HistoryInAPartFilledBatch_WaitsForThoseWhoseContactsAreOnTheirWay) {
  Begin();
  Apply({Ticket(2, kBert)});
  Queue(210, -1, kAnna, std::chrono::hours(1));
  Queue(200, -1, kBert, std::chrono::hours(1));
  EXPECT_EQ(Sent(), 200) << "ten are left for the next batch";
  EXPECT_EQ(Sent(), 0);
  WriteContacts();
  EXPECT_EQ(Sent(), 210) << "nobody else is on his way";
  EXPECT_EQ(Requests("POST /events/batch"), 3);
  EXPECT_EQ(Left(), 0);
}

TEST_F(EventSenderTest, HistoryThatWaitsForOthers_GoesAfterAMinute) {
  Begin();
  Apply({Ticket(2, kBert)});
  Queue(10, -1, kAnna, std::chrono::hours(1));
  Queue(1, -1, kBert, std::chrono::hours(1));
  const auto held = Run(sender_->SendOnce());
  ASSERT_TRUE(held.ok()) << held.status();
  ASSERT_TRUE(held->held_back.has_value());
  clock_.Advance(*held->held_back);
  EXPECT_EQ(Sent(), 10);
  EXPECT_EQ(Left(), 1);
}

TEST_F(EventSenderTest, WhatHappenedJustNow_WaitsForNobody) {
  Begin();
  Apply({Ticket(2, kBert)});
  Queue(10, -1, kAnna, std::chrono::hours(1));
  Queue(1, -1, kBert, std::chrono::hours(1));
  Queue(1);
  EXPECT_EQ(Sent(), 11);
}

TEST_F(EventSenderTest, BatchBucketOfAHundredAnHour_MakesItSendSingly) {
  brevo_sim::Options options;
  options.batch_bucket = brevo_sim::BatchBucket::kOther;
  Begin(options, Limits::kOn);
  Queue(5);
  EXPECT_EQ(Sent(), 5) << "the first batch tells whose bucket it is";
  EXPECT_EQ(Requests("POST /events/batch"), 1);
  Queue(5);
  EXPECT_EQ(Sent(), 5);
  EXPECT_EQ(Requests("POST /events/batch"), 1);
  EXPECT_EQ(Requests("POST /events"), 5);
  EXPECT_THAT(Violations(), IsEmpty());
}

}  // namespace
}  // namespace tajo::worker
