#include "common/store/replay.h"

#include "common/store/erasure.h"
#include "tajo/jira/v1/error.pb.h"
#include "tests/integration/store/store_fixture.h"

namespace tajo::store {
namespace {

class ReplayTest : public StoreTest {
 protected:
  ReplayTest() { Redis({"HSET", keys_.Connection(), "state", "2"}); }

  OwnerStore owner_ = Owner();
  Tombstones tombstones_{base::Secret("erasure key")};

  jira::v1::DeadLetterRecord Letter(const std::string& kind, const google::protobuf::MessageLite& payload) {
    jira::v1::DeadLetterRecord letter;
    letter.set_kind(kind);
    letter.set_payload(payload.SerializeAsString());
    letter.set_reason(jira::v1::BREVO_REQUEST_INVALID);
    return letter;
  }
  // As an entry of `dead`.
  void Bury(const jira::v1::DeadLetterRecord& letter) {
    Application application;
    application.dead_letters.push_back({letter});
    Must(owner_.Apply(std::move(application)));
  }
  jira::v1::Event IssueEvent(const std::string& reporter_email) {
    jira::v1::Event event;
    event.mutable_issue()->mutable_issue()->set_id(1);
    event.mutable_issue()->mutable_issue()->mutable_reporter()->set_email(reporter_email);
    return event;
  }
  // A timeline event that Brevo refused, of a contact that is there.
  void BuryTimeline(const std::string& uid, int64_t event_ms = kNowMs) {
    Must(owner_.Apply(Of({Ticket(1, kAnna, 1000)})));
    Application application;
    application.outbox.push_back(TimelineEvent(uid, kAnna, event_ms));
    Must(owner_.Apply(std::move(application)));
    const OutboxEntry entry = Must(owner_.PeekOutbox(10, "")).front();
    Must(owner_.MarkDead(entry, Letter("timeline", entry.event)));
  }
  std::vector<DeadLetter> Letters() { return Must(ReadDeadLetters(*redis_, "c_1", 100, "")); }
  ReplayResult Replay(ReplayOptions options = {}) {
    options.now_ms = base::ToMillis(clock_.Now());
    return Must(ReplayDeadLetters(*redis_, "c_1", tombstones_, Letters(), options));
  }
  ReplayOutcome Only(ReplayOptions options = {}) {
    const ReplayResult result = Replay(options);
    if (result.outcomes.size() != 1) throw std::runtime_error("not one letter");
    return result.outcomes.front();
  }
};

TEST_F(ReplayTest, Event_GoesToTheEndOfTheStream_OnceAndNamesWhoToWake) {
  Redis({"XADD", keys_.Events(), "*", "e", "earlier"});
  Bury(Letter("event", IssueEvent(kAnna)));
  const std::vector<DeadLetter> letters = Letters();
  const ReplayResult result = Replay();
  EXPECT_EQ(result.outcomes, std::vector{ReplayOutcome::kReplayed});
  EXPECT_EQ(result.owner_worker, "worker-1");
  EXPECT_TRUE(Letters().empty());
  const auto taken = Must(owner_.Take(10));
  ASSERT_EQ(taken.size(), 2u);
  EXPECT_EQ(taken[1].event.issue().issue().id(), 1);
  // Somebody who still sees the letter comes too late.
  ReplayOptions options;
  options.now_ms = kNowMs;
  const auto again = Must(ReplayDeadLetters(*redis_, "c_1", tombstones_, letters, options));
  EXPECT_EQ(again.outcomes, std::vector{ReplayOutcome::kGone});
  EXPECT_EQ(Number({"XLEN", keys_.Events()}), 2);
}

TEST_F(ReplayTest, Event_WithoutRoom_Stays) {
  Redis({"XADD", keys_.Events(), "*", "e", "earlier"});
  Bury(Letter("event", IssueEvent(kAnna)));
  ReplayOptions options;
  options.high_water = 1;
  EXPECT_EQ(Only(options), ReplayOutcome::kFull);
  EXPECT_EQ(Letters().size(), 1u);
}

TEST_F(ReplayTest, Contact_IsDirtyAgain_WithTheStateOfNow) {
  Must(owner_.Apply(Of({Ticket(1, kAnna, 1000)})));
  const ContactToWrite contact = Must(owner_.TakeDirty(1, Lane::kLive)).front();
  Must(owner_.Abandon(contact.contact, contact.version, Letter("contact", contact.desired)));
  EXPECT_TRUE(Must(owner_.TakeDirty(1, Lane::kLive)).empty());
  EXPECT_EQ(Only(), ReplayOutcome::kReplayed);
  const auto dirty = Must(owner_.TakeDirty(1, Lane::kLive));
  ASSERT_EQ(dirty.size(), 1u);
  EXPECT_EQ(dirty[0].desired.email(), kAnna);
  // An owner that gave the former version up, and says so late, doesn't take it away again.
  Must(owner_.Abandon(contact.contact, contact.version, Letter("contact", contact.desired)));
  EXPECT_TRUE(Letters().empty());
  EXPECT_EQ(Number({"ZCARD", keys_.Dirty()}), 1);
}

TEST_F(ReplayTest, ContactThatIsNotHereAnyMore_IsDone) {
  jira::v1::DesiredContact desired;
  desired.set_email(kBert);
  Bury(Letter("contact", desired));
  EXPECT_EQ(Only(), ReplayOutcome::kDone);
  EXPECT_TRUE(Letters().empty());
  EXPECT_EQ(Number({"EXISTS", keys_.Dirty()}), 0);
}

TEST_F(ReplayTest, Timeline_IsQueuedAgain_AndSentOnce) {
  BuryTimeline("u1");
  EXPECT_TRUE(Must(owner_.PeekOutbox(10, "")).empty());
  EXPECT_EQ(Only(), ReplayOutcome::kReplayed);
  auto entries = Must(owner_.PeekOutbox(10, ""));
  ASSERT_EQ(entries.size(), 1u);
  EXPECT_EQ(entries[0].ledger, 'q');
  EXPECT_EQ(entries[0].email, kAnna);
  // The same change found by a pass doesn't queue it a second time.
  Application application;
  application.outbox.push_back(TimelineEvent("u1", kAnna, kNowMs));
  EXPECT_EQ(Must(owner_.Apply(std::move(application))).events_known, 1);
  Must(owner_.MarkSent(entries));
  EXPECT_TRUE(Must(owner_.PeekOutbox(10, "")).empty());
}

TEST_F(ReplayTest, TimelineThatTheLedgerHasAsSent_IsNotSentAgain) {
  BuryTimeline("u1");
  const std::vector<DeadLetter> letters = Letters();
  Replay();
  Must(owner_.MarkSent(Must(owner_.PeekOutbox(10, ""))));
  Bury(letters.front().record);
  EXPECT_EQ(Only(), ReplayOutcome::kDone);
  EXPECT_TRUE(Must(owner_.PeekOutbox(10, "")).empty());
  EXPECT_TRUE(Letters().empty());
}

TEST_F(ReplayTest, TimelineOlderThanTheLedger_Stays) {
  BuryTimeline("u1", kNowMs - 29 * int64_t{86'400'000});
  clock_.Advance(std::chrono::hours(48));
  EXPECT_EQ(Only(), ReplayOutcome::kTooOld);
  EXPECT_EQ(Letters().size(), 1u);
}

TEST_F(ReplayTest, WhatCannotBeRead_Stays) {
  jira::v1::DeadLetterRecord letter;
  letter.set_kind("event");
  Bury(letter);
  letter.set_payload("\xff not protobuf");
  Bury(letter);
  const auto outcomes = Replay().outcomes;
  EXPECT_EQ(outcomes, (std::vector{ReplayOutcome::kUnreadable, ReplayOutcome::kUnreadable}));
  EXPECT_EQ(Letters().size(), 2u);
}

TEST_F(ReplayTest, ErasedPeople_AreNeverReplayed) {
  std::vector<ErasureOrder> orders(1);
  orders[0].contact = ContactId::OfEmail(kAnna);
  orders[0].account_id = "712020:anna";
  Must(Erase(*redis_, "c_1", tombstones_, orders, kNowMs));
  // Letters that were under way while they were erased.
  Bury(Letter("event", IssueEvent(kAnna)));
  Bury(Letter("timeline", TimelineEvent("u1", kAnna, kNowMs)));
  jira::v1::DesiredContact desired;
  desired.set_email("anna.new@example.com");
  desired.set_account_id("712020:anna");
  Bury(Letter("contact", desired));
  Bury(Letter("event", IssueEvent(kBert)));
  const auto outcomes = Replay().outcomes;
  EXPECT_EQ(outcomes, (std::vector{ReplayOutcome::kErased, ReplayOutcome::kErased, ReplayOutcome::kErased,
                                   ReplayOutcome::kReplayed}));
  EXPECT_TRUE(Letters().empty());
  EXPECT_EQ(Number({"XLEN", keys_.Events()}), 1);
  EXPECT_EQ(Number({"EXISTS", keys_.Outbox()}), 0);
}

TEST_F(ReplayTest, DryRun_SaysTheSameAndChangesNothing) {
  BuryTimeline("u1");
  Bury(Letter("event", IssueEvent(kAnna)));
  ReplayOptions options;
  options.dry_run = true;
  const auto outcomes = Replay(options).outcomes;
  EXPECT_EQ(outcomes, (std::vector{ReplayOutcome::kReplayed, ReplayOutcome::kReplayed}));
  EXPECT_EQ(Letters().size(), 2u);
  EXPECT_EQ(Number({"XLEN", keys_.Events()}), 0);
  EXPECT_TRUE(Must(owner_.PeekOutbox(10, "")).empty());
}

TEST_F(ReplayTest, ConnectionThatIsGone_GetsNothingBack) {
  Bury(Letter("event", IssueEvent(kAnna)));
  Redis({"DEL", keys_.Connection()});
  EXPECT_EQ(Only(), ReplayOutcome::kGone);
  EXPECT_EQ(Number({"XLEN", keys_.Events()}), 0);
}

}  // namespace
}  // namespace tajo::store
